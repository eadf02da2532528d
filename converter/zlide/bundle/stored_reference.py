"""Read and write `NAME.reference.safetensors`: samples of PyTorch for `zlide verify`.

The file is beside the bundle NAME and is not part of it. The manifest has its hash.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError
from zlide.files import is_link
from zlide.messages import reason_of

Array = NDArray[np.float32]
Tensors = Mapping[str, NDArray[Any]]
"""Tensors (N, …) by name. Each has a row for each position."""

REFERENCE_SUFFIX = ".reference.safetensors"
MAX_REFERENCE_BYTES = 64_000_000
"""Largest size of the samples in a file. With larger samples it has fewer positions."""

_FORMAT = "zlide-reference/1"
_DTYPES = ("F32", "F16", "I32")
"""The dtypes of samples, as safetensors names them."""

_AGAIN = "export the bundle again"


@dataclass(frozen=True)
class StoredReference:
    """Positions and what PyTorch decoded there, with the weights at the bundle's precision.

    sliders (N, K), residual (N, Z), z (N, Z): float32.
    samples: tokens and margins of sentences, pixels of pictures, values of other kinds.
    """

    sliders: Array
    residual: Array
    z: Array
    samples: Tensors

    def at(self, rows: slice | NDArray[np.intp]) -> StoredReference:
        """Return some of the positions."""
        samples = {name: tensor[rows] for name, tensor in self.samples.items()}
        return StoredReference(self.sliders[rows], self.residual[rows], self.z[rows], samples)

    def shortened(self) -> StoredReference:
        """Return as many evenly spaced positions as `MAX_REFERENCE_BYTES` allows, at least one."""
        size, count = sum(tensor.nbytes for tensor in self.samples.values()), len(self.z)
        if size <= MAX_REFERENCE_BYTES:
            return self
        kept = max(1, MAX_REFERENCE_BYTES * count // size)
        return self.at(np.linspace(0, count - 1, kept).astype(np.intp))


def reference_path(bundle: Path) -> Path:
    """Return the path of the reference that belongs to the bundle in the folder `bundle`."""
    bundle = bundle.resolve()
    return bundle.with_name(bundle.name + REFERENCE_SUFFIX)


def write_stored_reference(path: Path, reference: StoredReference) -> None:
    """Write a reference as safetensors."""
    from safetensors.numpy import save_file

    tensors = {"sliders": reference.sliders, "residual": reference.residual, "z": reference.z}
    tensors |= {name: np.ascontiguousarray(each) for name, each in reference.samples.items()}
    save_file(tensors, path, metadata={"format": _FORMAT})
    path.chmod(0o644)


def refuse_other_file(path: Path) -> None:
    """Raise ZlideError if there is something at `path` that `write_stored_reference` did not write.

    A file that somebody else has damaged counts as another file.
    """
    from safetensors import SafetensorError, safe_open

    if not os.path.lexists(path):
        return
    try:
        if not is_link(path):
            with safe_open(path, framework="numpy") as file:
                if (file.metadata() or {}).get("format") == _FORMAT:
                    return
    except (OSError, SafetensorError):
        pass
    raise ZlideError(path, "expected a reference of zlide, found another file", "move it elsewhere")


def read_stored_reference(path: Path, axes: int, latent_size: int) -> StoredReference:
    """Read the reference of a bundle with this number of axes in its first set.

    Shapes and dtypes are checked before any tensor is read. Raises ZlideError for any other file,
    and for positions that are not finite. The samples are checked by the modality.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            if (file.metadata() or {}).get("format") != _FORMAT:
                problem = f"expected a reference in the format {_FORMAT}, found another file"
                raise ZlideError(path, problem, _AGAIN)
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
            shapes = {name: tuple(each.get_shape()) for name, each in slices.items()}
            _check_shapes(path, shapes, axes, latent_size)
            _check_dtypes(path, {name: each.get_dtype() for name, each in slices.items()})
            tensors = {name: file.get_tensor(name) for name in shapes}
    except (OSError, SafetensorError) as error:
        problem = f"expected a reference in safetensors, found: {reason_of(error)}"
        raise ZlideError(path, problem, _AGAIN) from error
    sliders, residual, z = (tensors.pop(name) for name in ("sliders", "residual", "z"))
    if not all(np.isfinite(tensor).all() for tensor in (sliders, residual, z)):
        raise ZlideError(path, "expected finite positions, found NaN or infinity", _AGAIN)
    return StoredReference(sliders, residual, z, tensors)


def _check_shapes(
    path: Path, shapes: Mapping[str, tuple[int, ...]], axes: int, latent_size: int
) -> None:
    """Raise ZlideError unless there are positions, and samples with as many rows."""
    count = next((shape[0] for shape in shapes.values() if shape), 0)
    expected = {
        "sliders": (count, axes),
        "residual": (count, latent_size),
        "z": (count, latent_size),
    }
    samples = shapes.keys() - expected.keys()
    fits = all(shapes.get(name) == shape for name, shape in expected.items())
    if count and samples and fits and all(shapes[name][:1] == (count,) for name in samples):
        return
    found = ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "no tensors"
    problem = (
        f"expected sliders (N, {axes}), residual (N, {latent_size}), z (N, {latent_size}) and "
        f"samples of N rows, found {found}"
    )
    raise ZlideError(path, problem, _AGAIN)


def _check_dtypes(path: Path, dtypes: Mapping[str, str]) -> None:
    wrong = [f"{name} of {dtype}" for name, dtype in sorted(dtypes.items()) if dtype not in _DTYPES]
    wrong += [
        f"{name} of {dtypes[name]}"
        for name in ("sliders", "residual", "z")
        if dtypes[name] != "F32" and dtypes[name] in _DTYPES
    ]
    if wrong:
        problem = f"expected positions of F32 and samples of {', '.join(_DTYPES)}"
        raise ZlideError(path, f"{problem}, found {', '.join(wrong)}", _AGAIN)
