"""`probe.safetensors`: positions, and what PyTorch decoded there."""

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
    """Positions and what PyTorch decoded there. sliders (N, K), residual (N, Z), z (N, Z) float32; tokens (N, longest) int32, padded with end."""

    sliders: Array
    residual: Array
    z: Array
    tokens: NDArray[np.int32]


def write_probe(path: Path, probe: Probe) -> None:
    """As safetensors: a header that names its tensors, and no code."""
    from safetensors.numpy import save

    path.write_bytes(
        save(
            {
                "sliders": probe.sliders,
                "residual": probe.residual,
                "z": probe.z,
                "tokens": probe.tokens,
            }
        )
    )


def write_picture_probe(
    path: Path, sliders: Array, residual: Array, z: Array, pixels: NDArray[np.uint8]
) -> None:
    """The same of pictures: pixels (N, H, W, C), 0…255."""
    from safetensors.numpy import save

    path.write_bytes(save({"sliders": sliders, "residual": residual, "z": z, "pixels": pixels}))


def read_probe(path: Path) -> Probe:
    """What `write_probe` wrote."""
    return Probe(**_read_tensors(path, "sliders", "residual", "z", "tokens"))


def read_picture_probe(path: Path) -> tuple[Array, Array, Array, NDArray[np.uint8]]:
    """What `write_picture_probe` wrote: sliders, residual, z, pixels."""
    held = _read_tensors(path, "sliders", "residual", "z", "pixels")
    return held["sliders"], held["residual"], held["z"], held["pixels"]


def _read_tensors(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """A safetensors file of exactly these tensors. Raises ZlideError for another."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    expected, remedy = (
        f"expected {', '.join(names[:-1])} and {names[-1]}",
        "export the bundle again",
    )
    try:
        held = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZlideError(path, f"{expected}, found: {reason_of(error)}", remedy) from error
    if held.keys() != set(names):
        raise ZlideError(path, f"{expected}, found: {', '.join(sorted(held)) or 'none'}", remedy)
    return held
