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
    """Positions and the sentences that PyTorch decoded there.

    sliders (N, K), residual (N, Z), z (N, Z): float32.
    tokens (N, max_length): int32, padded with the end token.
    """

    sliders: Array
    residual: Array
    z: Array
    tokens: NDArray[np.int32]


def write_probe(path: Path, probe: Probe) -> None:
    """Write the probe of a text model as safetensors."""
    _write_tensors(
        path,
        {
            "sliders": probe.sliders,
            "residual": probe.residual,
            "z": probe.z,
            "tokens": probe.tokens,
        },
    )


def write_picture_probe(
    path: Path, sliders: Array, residual: Array, z: Array, pixels: NDArray[np.uint8]
) -> None:
    """Write the probe of an image model as safetensors: pixels (N, H, W, C) from 0 to 255."""
    _write_tensors(path, {"sliders": sliders, "residual": residual, "z": z, "pixels": pixels})


def read_probe(path: Path) -> Probe:
    """Read a file that `write_probe` wrote. Raises ZlideError for any other file."""
    return Probe(**_read_tensors(path, "sliders", "residual", "z", "tokens"))


def read_picture_probe(path: Path) -> tuple[Array, Array, Array, NDArray[np.uint8]]:
    """Read a file that `write_picture_probe` wrote: sliders, residual, z, pixels.

    Raises ZlideError for any other file.
    """
    tensors = _read_tensors(path, "sliders", "residual", "z", "pixels")
    return tensors["sliders"], tensors["residual"], tensors["z"], tensors["pixels"]


def _write_tensors(path: Path, tensors: dict[str, NDArray[Any]]) -> None:
    from safetensors.numpy import save

    path.write_bytes(save(tensors))


def _read_tensors(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """Read a safetensors file with exactly these tensors. Raise ZlideError for any other file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    expected = f"expected {', '.join(names[:-1])} and {names[-1]}"
    remedy = "export the bundle again"
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZlideError(path, f"{expected}, found: {reason_of(error)}", remedy) from error
    if tensors.keys() != set(names):
        found = ", ".join(sorted(tensors)) or "none"
        raise ZlideError(path, f"{expected}, found: {found}", remedy)
    return tensors
