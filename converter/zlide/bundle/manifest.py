"""The bundle format, `zlide-bundle/2`, whose only source is the model `Manifest`.

`make schema` generates `webapp/manifest.schema.json` and the page's TypeScript types from it.
Keys are spelled the same in Python, JSON and TypeScript.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, ValidationError, model_validator

from zlide.axes import NAME_PATTERN
from zlide.bundle.kinds import AnyDecoder, AnyEncoder
from zlide.bundle.parts import BundlePath, Graph, Part, Tokens
from zlide.bundle.specs import UNKNOWN_KIND
from zlide.errors import ZlideError
from zlide.files import read_json
from zlide.messages import reason_of, validation_problems

FORMAT = "zlide-bundle/2"

HASH_PATTERN = "^[0-9a-f]{64}$"
"""Regular expression for a SHA-256 in hexadecimal."""


Hash = Annotated[str, Field(pattern=HASH_PATTERN)]
Precision = Literal["float32", "float16", "uint8"]
"""How weights are stored. The page, and PyTorch in comparisons, compute with them in float32."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)


class Axis(Part):
    """An axis and the text of its slider's row."""

    name: str
    note: str | None = None  # one sentence: what changes along the axis
    stdev: float = Field(gt=0)  # length in z of one σ
    share: float | None  # of the variance, 0 to 1; null where shares have no meaning


class Points(Part):
    """Positions of training samples on a set of K axes, for the map.

    path: `count` rows of K numbers, 16-bit signed little-endian, in thousandths of σ, clipped to
    ±32.767 σ. The distance of a position from the mean is the length of
    `whitening` · (sliders − mean), its Mahalanobis distance.
    """

    path: BundlePath
    count: int = Field(ge=1)
    mean: list[float]  # (K,)
    whitening: list[list[float]]  # lower triangle: i + 1 numbers in row i
    p99: float = Field(ge=0)  # 99th percentile of the samples' distances
    max: float = Field(ge=0)  # largest distance of a sample


class AxesSet(Part):
    """A set of axes and its graphs.

    to: sliders (B, K) in σ, residual (B, Z) → z (B, Z). from: z → sliders, residual.
    """

    model_config = ConfigDict(populate_by_name=True)

    name: str  # "pca", "raw"
    default_count: int = Field(ge=1)  # axes shown before "more axes"
    range: float = Field(gt=0)  # sliders go from −range to range, in σ
    axes: list[Axis]
    to: Graph
    from_: Graph = Field(alias="from")
    points: Points | None = None  # null if no training samples were given


class Poster(Part):
    """The decoded sample of an example, which the page shows before the weights arrive."""

    text: str
    decoded: str  # words, or the bytes of a picture (H, W, C) in base64
    sliders: list[float]


class File(Part):
    """A file of the bundle."""

    path: BundlePath
    bytes: int = Field(ge=0)
    sha256: Hash


class Manifest(Part):
    """`manifest.json`: the description of a bundle."""

    format: Literal["zlide-bundle/2"] = "zlide-bundle/2"
    name: str = Field(pattern=NAME_PATTERN)
    title: str
    license: str | None  # SPDX identifier or a sentence
    latent_size: int = Field(ge=1)
    decoder: AnyDecoder
    encoder: AnyEncoder | None
    tokens: Tokens | None  # for kinds with tokens: text
    axes: list[AxesSet] = Field(min_length=1)  # positions of examples refer to the first set
    examples: BundlePath | None  # [{text, sliders, residual}]
    pictures: BundlePath | None = None  # PNG of the examples' pictures in one column; images only
    posters: list[Poster]
    probe: BundlePath  # safetensors: positions, and the samples that PyTorch decoded there
    precision: Precision
    checkpoint: Hash | None  # SHA-256 of the safetensors file that the weights came from
    reference: Hash | None = None  # SHA-256 of the file beside the bundle, for `zlide verify`
    files: list[File]
    versions: dict[str, str]  # of zlide and of the packages that converted the graphs

    @model_validator(mode="after")
    def _has_tokens_if_needed(self) -> Manifest:
        if self.decoder.has_tokens != (self.tokens is not None):
            expected, found = ("tokens", "none") if self.tokens is None else ("no tokens", "some")
            raise ValueError(f"expected {expected} for the kind {self.decoder.kind}, found {found}")
        return self

    def write(self) -> str:
        """Return the text of `manifest.json`; equal manifests give equal bytes."""
        return json.dumps(self.model_dump(by_alias=True), indent=1, ensure_ascii=False) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Read and check a `manifest.json`.

    Raises a ZlideError that names every problem, and one for a manifest of another format version.
    """
    try:
        data = read_json(path)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        problem = f"cannot be read: {reason_of(error)}"
        raise ZlideError(path, problem, "export the bundle again") from error
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        problem = f"expected format {FORMAT}, found {found!r}"
        remedy = "run `zlide export` or zlide.export again with this version of zlide"
        raise ZlideError(path, problem, remedy)
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        remedy = "export the bundle again"
        if any(details["type"] == UNKNOWN_KIND for details in error.errors()):
            remedy = f"give the class of the kind to zlide.register_modality, or {remedy}"
        raise ZlideError(path, validation_problems(error, Manifest), remedy) from error


def schema() -> str:
    """Return the JSON Schema of written manifests, for `webapp/manifest.schema.json`."""
    return (
        json.dumps(Manifest.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"
    )
