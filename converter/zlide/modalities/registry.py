"""The modalities by the kind that manifests give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from zlide.axes import NAME_PATTERN
from zlide.bundle import DecoderSpec, EncoderSpec, register_specs
from zlide.errors import ZlideError
from zlide.modalities.image.modality import ImageModality
from zlide.modalities.modality import Modality
from zlide.modalities.text.modality import TextModality
from zlide.modalities.values import ValuesModality

MAX_KIND_LENGTH = 40
"""Characters of a kind, which is part of paths and of errors."""

_MODALITIES: dict[str, type[Modality]] = {
    modality.kind: modality for modality in (TextModality, ImageModality)
}


def modality_of(kind: str) -> type[Modality]:
    """Return the modality of a kind. Raises ZlideError for a kind that is not registered."""
    if kind not in _MODALITIES:
        known = ", ".join(sorted(_MODALITIES))
        problem = f"expected a kind of output that is one of {known}, found {kind!r}"
        raise ZlideError("modality", problem, "register it with zlide.register_modality")
    return _MODALITIES[kind]


def register_modality(modality: type[Modality]) -> None:
    """Let zlide export, inspect and verify another kind of output.

    modality: a class that has what `zlide.modalities.Modality` has. A class of the same module and
    name, such as one that a notebook cell defines again, replaces the earlier one.
    Raises ZlideError for a kind that another class has, or that is not a short name of lower-case
    letters, digits, - and _, and for a class that lacks members. Nothing is registered then.
    """
    kind: Any = getattr(modality, "kind", None)
    if not isinstance(kind, str) or not re.fullmatch(NAME_PATTERN, kind):
        problem = f"expected a kind of lower-case letters, digits, - and _, found {kind!r}"
        raise ZlideError("modality", problem, "rename it")
    if len(kind) > MAX_KIND_LENGTH:
        problem = f"expected a kind of at most {MAX_KIND_LENGTH} characters, found {len(kind)}"
        raise ZlideError("modality", problem, "rename it")
    _check_spec(modality, "decoder_spec", DecoderSpec)
    if getattr(modality, "encoder_spec", "") is not None:
        _check_spec(modality, "encoder_spec", EncoderSpec)
    if missing := [*_missing_members(modality), *_missing_members_of_specs(modality)]:
        problem = f"expected all members of a modality, did not find {', '.join(missing)}"
        raise ZlideError(f"modality {kind}", problem, "set them in the class")
    registered = _MODALITIES.get(kind, modality)
    if _name(registered) != _name(modality):
        problem = f"expected a new kind, found {kind!r}, which is {registered.__name__}"
        raise ZlideError("modality", problem, "rename it")
    register_specs(kind, modality.decoder_spec, modality.encoder_spec)
    _MODALITIES[kind] = modality


def _check_spec(modality: type[Modality], name: str, expected: type) -> None:
    """Raise ZlideError unless the class has a subclass of `expected` under `name`."""
    spec: Any = getattr(modality, name, None)
    if not (isinstance(spec, type) and issubclass(spec, expected)):
        problem = f"expected a subclass of {expected.__name__} as {name}, found {spec!r}"
        raise ZlideError(f"modality {modality.kind}", problem, "set it in the class")


def _missing_members(modality: type[Modality]) -> Iterator[str]:
    """Yield the attributes and methods that the class has to set, and does not."""
    abstract: frozenset[str] = getattr(modality, "__abstractmethods__", frozenset())
    expected = {*vars(Modality), *Modality.__annotations__, *abstract}
    if issubclass(modality, ValuesModality):
        expected |= ValuesModality.__annotations__.keys()
        if modality.encoder_spec and modality.encoder_entry is ValuesModality.encoder_entry:
            yield "encoder_entry"
    for name in sorted(name for name in expected if not name.startswith("_")):
        if name in abstract or not hasattr(modality, name):
            yield name


def _missing_members_of_specs(modality: type[Modality]) -> Iterator[str]:
    decoder, encoder = modality.decoder_spec, modality.encoder_spec
    for name in ("samples", "agreement"):
        if not hasattr(decoder, name):
            yield f"{decoder.__name__}.{name}"
    if issubclass(modality, ValuesModality) and decoder.poster_bytes is DecoderSpec.poster_bytes:
        yield f"{decoder.__name__}.poster_bytes"
    for spec in (decoder, encoder):
        if spec is not None and spec.widths in {DecoderSpec.widths, EncoderSpec.widths}:
            yield f"{spec.__name__}.widths"


def _name(modality: type[Modality]) -> tuple[str, str]:
    return modality.__module__, modality.__qualname__
