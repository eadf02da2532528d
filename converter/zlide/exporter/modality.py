"""What is particular to each kind of sample that a decoder makes: how to try it, convert it, compare it and pack it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zlide.graph import Parts
from zlide.quantization import PrecisionChoice

Latents = Mapping[str, NDArray[np.float32]]
"""Name of an example → its latent (Z,)."""


class Modality(Protocol):
    """A decoder and, where there is one, its encoder, whose contract has been checked when it is made."""

    decoder: Any
    """As published: its weights as they travel."""

    positions: int
    """At so many PyTorch, lowered PyTorch and TensorFlow are compared."""

    chosen: PrecisionChoice
    """How the weights travel, and at how many positions they make another sample then."""

    remarks: tuple[str, ...]
    """What the author should know, one line each."""

    def convert_decoder(self, folder: Path) -> Parts:
        """Lower the decoder and write its graphs. Raises ZlideError where they do not decode as PyTorch does."""

    def convert_encoder(self, folder: Path) -> Parts:
        """The same of the encoder; nothing where there is none."""

    def pack(self, folder: Path, parts: Parts) -> dict[str, Any]:
        """Write what is no graph, and return what the manifest says of decoder, encoder and samples."""
