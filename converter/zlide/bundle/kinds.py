"""The kinds of output that a manifest may have: text, image, and those that are registered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from zlide.bundle.image_specs import ImageDecoder, ImageEncoder
from zlide.bundle.specs import ByKind, DecoderSpec, EncoderSpec
from zlide.bundle.text_specs import TextDecoder, TextEncoder

_DECODERS: dict[str, type[DecoderSpec]] = {"text": TextDecoder, "image": ImageDecoder}
_ENCODERS: dict[str, type[EncoderSpec]] = {"text": TextEncoder, "image": ImageEncoder}

AnyDecoder = Annotated[
    DecoderSpec,
    ByKind(_DECODERS, Annotated[TextDecoder | ImageDecoder, Field(discriminator="kind")]),
]
AnyEncoder = Annotated[EncoderSpec, ByKind(_ENCODERS, TextEncoder | ImageEncoder)]


def register_specs(
    kind: str, decoder: type[DecoderSpec], encoder: type[EncoderSpec] | None
) -> None:
    """Let manifests have a decoder, and an encoder if there is one, of another kind."""
    _DECODERS[kind] = decoder
    if encoder is None:
        _ENCODERS.pop(kind, None)
    else:
        _ENCODERS[kind] = encoder
