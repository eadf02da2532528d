"""Read and write `probe.safetensors`: positions, and the samples that PyTorch decoded there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError
from zlide.messages import reason_of

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Probe:
    """Positions and the samples that PyTorch decoded there.

    sliders (N, K), residual (N, Z), z (N, Z): float32.
    samples (N, …): tokens (N, max_length) int32 of sentences, padded with the end token; pixels
    (N, H, W, C) uint8 of pictures, from 0 to 255; of other kinds whatever they choose.
    """

    sliders: Array
    residual: Array
    z: Array
    samples: NDArray[Any]

    def first(self, count: int) -> Probe:
        """Return the first `count` positions."""
        return Probe(
            self.sliders[:count], self.residual[:count], self.z[:count], self.samples[:count]
        )


def write_probe(path: Path, probe: Probe, name: str) -> None:
    """Write a probe as safetensors; `name` is the name of the tensor of its samples."""
    from safetensors.numpy import save

    tensors = {"sliders": probe.sliders, "residual": probe.residual, "z": probe.z}
    path.write_bytes(save({**tensors, name: probe.samples}))


def read_probe(path: Path, name: str) -> Probe:
    """Read a file that `write_probe` wrote. Raises ZlideError for any other file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    expected = f"expected sliders, residual, z and {name}"
    remedy = "export the bundle again"
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZlideError(path, f"{expected}, found: {reason_of(error)}", remedy) from error
    if tensors.keys() != {"sliders", "residual", "z", name}:
        found = ", ".join(sorted(tensors)) or "none"
        raise ZlideError(path, f"{expected}, found: {found}", remedy)
    return Probe(tensors["sliders"], tensors["residual"], tensors["z"], tensors[name])
