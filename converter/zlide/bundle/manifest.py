"""The bundle's format, `zlide-bundle/2`: this model is its only source.

`webapp/manifest.schema.json` and the page's TypeScript types are generated from it (`make schema`).
Every key is one word and is spelled the same in Python, JSON and TypeScript.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from zlide.axes import NAME
from zlide.errors import ZlideError
from zlide.messages import reason_of

FORMAT = "zlide-bundle/2"


HASH = "^[0-9a-f]{64}$"
"""A SHA-256 as it is written."""


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path or ":" in path or str(pure) != path:
        raise ValueError(f"expected a relative path inside the bundle, found {path!r}")
    return path


BundlePath = Annotated[str, Field(min_length=1), AfterValidator(_inside)]
Hash = Annotated[str, Field(pattern=HASH)]
Precision = Literal["float32", "float16", "uint8"]
"""How weights travel. "PyTorch" in every comparison means the rounded weights, widened to float32 again."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)


class _Part(BaseModel):
    # A key with a default may be left out where a manifest is made, never in one that was written.
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


class Graph(_Part):
    """A TensorFlow.js graph model: where it is, and its inputs and outputs in the order of the contract."""

    path: BundlePath  # of model.json; its shards lie beside it
    inputs: list[str]
    outputs: list[str]


class TextDecoder(_Part):
    """start: z → state…; step: token, state… → logits, greedy token, state…"""

    kind: Literal["text"] = "text"
    start: Graph
    step: Graph


class Size(_Part):
    """Of a picture: pixels high and wide, and channels: 1 for grey, 3 for red, green, blue."""

    height: int = Field(ge=1, le=4096)
    width: int = Field(ge=1, le=4096)
    channels: Literal[1, 3]


class ImageDecoder(_Part):
    """image: z → pixels (B, H, W, C) in [0, 1]."""

    kind: Literal["image"] = "image"
    image: Graph
    size: Size


class TextEncoder(_Part):
    """start: token → state… (of the token only the batch counts); read: forward token, backward token, state… → state…;
    finish: state… → posterior mean (B, Z). The page reads the words alone, without begin and end."""

    kind: Literal["text"] = "text"
    start: Graph
    read: Graph
    finish: Graph


class ImageEncoder(_Part):
    """image: pixels (B, H, W, C) in [0, 1] → posterior mean (B, Z).

    Whatever a reader gives is cropped around its centre to `aspect`, width by height, and scaled to `size`, as the training frames were:
    each pixel is the triangle-weighted mean of what it covers.
    """

    kind: Literal["image"] = "image"
    image: Graph
    size: Size
    aspect: float = Field(gt=0)


class Tokens(_Part):
    """The vocabulary, one word a line, line number = id, and how a sentence begins and ends."""

    vocabulary: BundlePath
    begin: int = Field(ge=0)
    end: int = Field(ge=0)
    max_length: int = Field(ge=1)  # decoding stops after so many words even without an end
    lower: bool  # whether typed text is lower-cased before it is looked up


class Axis(_Part):
    name: str
    note: str | None = None  # one sentence: what a reader sees change along it
    stdev: float = Field(gt=0)  # length in z of one σ
    share: (
        float | None
    )  # of the variance of the posterior means, 0…1; null where that means nothing


class Points(_Part):
    """Where encoded training samples lie on a set of K axes, and how far from them a position is.

    path: a row of K whole numbers for each of `count` samples: little-endian, 16 bits with a sign, in thousandths of σ; no numbers lie
    beyond ±32.767 σ. A position is as far out as the vector `whitening` · (sliders − mean) is long, which is its Mahalanobis distance.
    """

    path: BundlePath
    count: int = Field(ge=1)
    mean: list[float]  # (K,)
    whitening: list[list[float]]  # lower triangle: i + 1 numbers in row i
    p99: float = Field(ge=0)  # 99 of 100 samples are no farther out
    max: float = Field(ge=0)  # none is


class AxesSet(_Part):
    """Sliders in σ ↔ z: to: sliders (B, K), residual (B, Z) → z (B, Z); from: z → sliders, residual."""

    model_config = ConfigDict(populate_by_name=True)

    name: str  # "pca", "raw"
    default_count: int = Field(ge=1)  # so many axes before "more axes"
    range: float = Field(gt=0)  # sliders go from −range to range, in σ
    axes: list[Axis]
    to: Graph
    from_: Graph = Field(alias="from")
    points: Points | None = None  # null where no training samples were given


class Poster(_Part):
    """What an example decodes to: something to look at before the weights arrive."""

    text: str
    decoded: str  # words, or the bytes of a picture, row by row, 0…255, in base64
    sliders: list[float]


class File(_Part):
    path: BundlePath
    bytes: int = Field(ge=0)
    sha256: Hash


class Manifest(_Part):
    """`manifest.json`: all that the page must know about a model."""

    format: Literal["zlide-bundle/2"] = "zlide-bundle/2"
    name: str = Field(pattern=NAME)
    title: str
    license: str | None  # SPDX identifier or a sentence
    latent_size: int = Field(ge=1)
    decoder: TextDecoder | ImageDecoder = Field(discriminator="kind")
    encoder: TextEncoder | ImageEncoder | None
    tokens: Tokens | None  # text only
    axes: list[AxesSet] = Field(
        min_length=1
    )  # the first is where the page begins, and what examples refer to
    examples: BundlePath | None  # [{text, sliders, residual}]
    pictures: BundlePath | None = (
        None  # PNG: the pictures of the examples, one below the other; images only
    )
    posters: list[Poster]
    probe: BundlePath  # safetensors: z, and what PyTorch decoded there
    precision: Precision
    checkpoint: Hash | None  # SHA-256 of the safetensors file that the weights came from
    files: list[File]
    versions: dict[str, str]  # versions of what made it

    @model_validator(mode="after")
    def _text_needs_tokens(self) -> Manifest:
        if (self.decoder.kind == "text") != (self.tokens is not None):
            raise ValueError("tokens are needed for text, and for nothing else")
        return self

    def write(self) -> str:
        """The text of `manifest.json`: stable order, so that the same bundle gives the same bytes."""
        return json.dumps(self.model_dump(by_alias=True), indent=1, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read and check a `manifest.json`. Raises ZlideError, with every problem at once, in one line."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ZlideError(
            path, f"cannot be read: {reason_of(error)}", "export the bundle again"
        ) from error
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        raise ZlideError(
            path,
            f"expected format {FORMAT}, found {found!r}",
            "export the bundle again with this version of zlide",
        )
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        problems = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ZlideError(path, problems, "export the bundle again") from error


def schema() -> str:
    """The JSON Schema of a manifest as it is written, `kind` and `format` included: what `webapp/manifest.schema.json` holds."""
    return (
        json.dumps(Manifest.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"
    )
