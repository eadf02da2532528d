"""The contracts that decoders and encoders keep, and how PyTorch runs them."""

from __future__ import annotations

from zlide.decoders.contracts import ImageDecoder, ImageEncoder, TextDecoder, TextEncoder
from zlide.decoders.decoding import Decoded, DecodingMode, decode_sentences
from zlide.decoders.encode import encode_sentences
from zlide.decoders.greedy import decode_greedily, decode_with_margins
from zlide.decoders.sampling import Sampling
from zlide.decoders.values import decode_values

__all__ = [
    "Decoded",
    "DecodingMode",
    "ImageDecoder",
    "ImageEncoder",
    "Sampling",
    "TextDecoder",
    "TextEncoder",
    "decode_greedily",
    "decode_sentences",
    "decode_values",
    "decode_with_margins",
    "encode_sentences",
]
