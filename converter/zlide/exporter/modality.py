"""The steps of an export that differ between text and images."""

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
    """A decoder and an optional encoder. The constructor checks their contracts."""

    decoder: Any
    """The frozen decoder, with its weights as they are shipped."""

    positions: int
    """Number of positions at which PyTorch, lowered PyTorch and TensorFlow are compared."""

    precision: PrecisionChoice
    """The precision of the weights, and how many samples it changes."""

    remarks: tuple[str, ...]
    """Remarks for the author, one line each."""

    def convert_decoder(self, folder: Path) -> Parts:
        """Lower the decoder and write its graphs. Raises ZlideError if they decode otherwise."""

    def convert_encoder(self, folder: Path) -> Parts:
        """Lower the encoder and write its graphs, or return no parts if there is no encoder."""

    def pack(self, folder: Path, parts: Parts) -> dict[str, Any]:
        """Write the other files, and return the manifest's keys of decoder, encoder and samples."""
