"""The parts of a manifest that its samples, decoders and encoders are made of."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _check_path(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or ":" in path or str(pure) != path:
        raise ValueError("expected a relative path inside the bundle")
    return path


BundlePath = Annotated[str, Field(min_length=1), AfterValidator(_check_path)]


class Part(BaseModel):
    """A part of a manifest: no unknown keys, and never changed."""

    # Keys with a default may be left out in Python, but are always in the JSON.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Graph(Part):
    """A TensorFlow.js graph model, with its inputs and outputs in the order of the contract."""

    path: BundlePath  # of model.json; the shards are beside it
    inputs: list[str]
    outputs: list[str]


class Tokens(Part):
    """The vocabulary file, one word a line in the order of ids, and the special tokens."""

    vocabulary: BundlePath
    begin: int = Field(ge=0)
    end: int = Field(ge=0)
    max_length: int = Field(ge=1)  # decoding stops after this many words
    lower: bool  # the page lowers the case of typed text before it looks words up
