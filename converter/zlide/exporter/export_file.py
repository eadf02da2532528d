"""Export a decoder in an ONNX file, with the principal components of its latents as axes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import fit_pca_up_to
from zlide.bundle import Precision
from zlide.errors import ZlideError, disk_errors
from zlide.exporter.arguments import MIN_POINTS
from zlide.exporter.pipeline import OnStage, Report, export


def export_file(
    decoder: Path,
    latents: Path,
    to: Path,
    precision: Precision | None = None,
    progress: OnStage | None = None,
) -> Report:
    """Export the ONNX file of a decoder of pictures to a bundle in `to`.

    latents: an .npy file with posterior means of training samples, (N, Z). The axes are their
    principal components, at most 16, and the map shows the means.
    Raises ZlideError for a file that is not of this kind, and where `zlide.export` does.
    """
    means = _read_latents(latents)
    axes = fit_pca_up_to(means)
    points = means if len(means) >= max(MIN_POINTS, axes.count + 1) else None
    return export(decoder, axes, to=to, points=points, precision=precision, progress=progress)


def _read_latents(path: Path) -> NDArray[Any]:
    remedy = "write it with numpy.save(path, latents), one posterior mean in each row"
    if not path.is_file():
        raise ZlideError(path, "expected latents in an .npy file, found none", remedy)
    try:
        with disk_errors(path):
            found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OverflowError) as error:  # Overflow: of a negative size
        raise ZlideError(
            path, f"expected latents in an .npy file, found: {error}", remedy
        ) from error
    if not isinstance(found, np.ndarray):
        raise ZlideError(path, "expected one array, found an .npz file", remedy)
    return np.array(found)
