"""The decoder and the encoder in a manifest: a class for each kind, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from zlide.bundle.parts import Graph, Part, Tokens

Widths = list[int | None]
"""The width of each input or output of a graph; None where the contract does not fix it.

A width is the number of values in a row: 80 for (B, 80) and for (B, 40, 2).
"""

FindWidth = Callable[[Graph, str], int | None]
"""Returns the width that a graph declares for an input or output, None if it declares none."""


UNKNOWN_KIND = "unknown_kind"
"""The type of pydantic's error for a kind that nobody registered."""


class Spec(Part):
    """The graphs of a decoder or of an encoder. Subclasses fix `kind` to the kind's name."""

    if TYPE_CHECKING:
        kind: str

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        """Return the widths of the inputs and outputs of each graph, by the graph's key.

        This is the contract of the graphs. The page checks it, too.
        """
        raise NotImplementedError


class DecoderSpec(Spec):
    """The graphs of a decoder, and how its samples lie in a bundle."""

    has_tokens: ClassVar[bool] = False
    """True if the manifest has `tokens`."""

    samples: ClassVar[str]
    """The noun for several samples."""

    agreement: ClassVar[str]
    """How equal samples agree, such as "word for word"."""

    def summary(self, tokens: Tokens | None) -> str:  # noqa: ARG002 (for kinds with tokens)
        """Return the kind and what limits its samples, for `zlide inspect`."""
        return self.kind

    def poster_bytes(self) -> int | None:
        """Return the number of bytes in a poster's `decoded`, or None if it is plain text."""
        return None

    def file_problems(self, folder: Path, tokens: Tokens | None, width: FindWidth) -> list[str]:  # noqa: ARG002 (for kinds with files)
        """Return one line for each contradiction between the graphs and other files."""
        return []

    def check_pictures(self, path: Path, count: int) -> None:
        """Raise ZlideError unless the file at `path` holds the pictures of `count` examples."""


class EncoderSpec(Spec):
    """The graphs of an encoder."""


class ByKind:
    """Validates a decoder or an encoder of a manifest by the class that its kind has.

    specs: the classes by kind. The JSON Schema has those that are there at the start, so that
    the committed schema depends on no later registration.
    """

    def __init__(self, specs: dict[str, type[Any]], union: Any) -> None:
        self.specs = specs
        self.union = union

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, _: self.validate(value),
            handler.generate_schema(self.union),
            serialization=core_schema.simple_ser_schema("any"),
        )

    def validate(self, value: Any) -> Any:
        """Return the decoder or encoder of a JSON object. Raises what pydantic expects."""
        if isinstance(value, Spec):
            return value
        if not isinstance(value, dict):
            raise PydanticCustomError("kind", "expected an object")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in self.specs:
            expected = ", ".join(sorted(self.specs))
            raise PydanticCustomError(
                UNKNOWN_KIND,
                "expected kind to be one of {expected}, found {found}",
                {"expected": expected, "found": "none" if kind is None else repr(kind)},
            )
        return self.specs[kind].model_validate(value)
