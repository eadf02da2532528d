"""Sliders, in σ, to z and back: z = mean + (sliders · stdev) @ axes + residual."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.errors import ZlideError, disk_errors

Array = NDArray[np.float32]

LEAST_SHARE = 1e-6
"""An axis that carries less than this share of the variance is dead: its slider would do nothing."""


@dataclass(frozen=True)
class Axes:
    """K directions in a latent space of Z dimensions.

    mean (Z,), axes (K, Z), stdev (K,) > 0, share (K,) of the variance or None where that means nothing; all float32.
    name: of the set; names: of the axes, "axis 1" and so on when not given; shown: so many before "more axes"; range: of a slider, in σ.
    Raises ZlideError for widths that disagree, values that are not finite, and axes that are not of full rank.
    """

    mean: Array
    axes: Array
    stdev: Array
    share: Array | None = None
    name: str = "pca"
    names: tuple[str, ...] = ()
    shown: int = 5
    range: float = 3.0

    def __post_init__(self) -> None:
        where = f"axes {self.name}"
        for field in ("mean", "axes", "stdev", "share"):
            if (value := getattr(self, field)) is not None:
                object.__setattr__(self, field, np.ascontiguousarray(value, dtype=np.float32))
        k, z = self.axes.shape if self.axes.ndim == 2 else (0, 0)
        expected = {"axes": (k, z), "mean": (z,), "stdev": (k,), "share": (k,)}
        found = {f: getattr(self, f).shape for f in expected if getattr(self, f) is not None}
        wrong = [f"{f} {shape}, expected {expected[f]}" for f, shape in found.items() if k and shape != expected[f]]
        if k == 0 or wrong:
            raise ZlideError(where, "expected axes (K, Z), mean (Z,), stdev (K,), found " + (", ".join(wrong) or f"axes {self.axes.shape}"))
        if bad := [f for f in found if not np.isfinite(getattr(self, f)).all()]:
            raise ZlideError(where, f"{', '.join(bad)} holds NaN or infinity", "compute the axes again from finite latents")
        if len(dead := np.flatnonzero(self.stdev <= 0)):
            raise ZlideError(where, f"axis {dead[0] + 1} carries no variance: its standard deviation is {self.stdev[dead[0]]:g}", f"keep {dead[0]}")
        if not self.names:
            object.__setattr__(self, "names", tuple(f"axis {i + 1}" for i in range(k)))
        if len(self.names) != k:
            raise ZlideError(where, f"expected {k} names, one for each axis, found {len(self.names)}")
        rank = int(np.linalg.matrix_rank(self.axes))
        if rank < k:
            raise ZlideError(where, f"expected {k} independent axes, found rank {rank}", "leave out axes that others already span")

    @property
    def count(self) -> int:
        """K, the number of sliders."""
        return len(self.stdev)

    @property
    def latent(self) -> int:
        """Z, the width of the latent space."""
        return len(self.mean)

    @property
    def scaled(self) -> Array:
        """One row an axis, one σ long: (K, Z)."""
        return self.axes * self.stdev[:, None]

    @property
    def back(self) -> Array:
        """The pseudo-inverse of `scaled`, (Z, K): from z − mean to sliders."""
        return np.linalg.pinv(self.scaled.astype(np.float64)).astype(np.float32)

    def to_z(self, sliders: ArrayLike, residual: ArrayLike = 0.0) -> Array:
        """sliders (B, K) in σ, residual (B, Z) → z (B, Z)."""
        return np.asarray(self.mean + np.asarray(sliders, np.float32) @ self.scaled + np.asarray(residual, np.float32), np.float32)

    def from_z(self, z: ArrayLike) -> tuple[Array, Array]:
        """z (B, Z) → sliders (B, K) and the residual (B, Z) that the axes do not span."""
        centred = np.asarray(z, np.float32) - self.mean
        sliders = centred @ self.back
        return sliders, centred - sliders @ self.scaled

    def write(self, path: Path) -> None:
        """Write an `.npz` of plain arrays."""
        beside = path.with_name(path.stem + ".partial.npz")
        arrays = {"mean": self.mean, "axes": self.axes, "stdev": self.stdev}
        if self.share is not None:
            arrays["share"] = self.share
        with disk_errors(path):
            np.savez(beside, **arrays)
            beside.rename(path)


def fit_pca(latents: ArrayLike, keep: int = 16) -> Axes:
    """The first `keep` principal components of the posterior means `latents` (N, Z), by scikit-learn.

    Signs are settled by scikit-learn (`svd_flip`), so that the same latents give the same axes.
    Raises ZlideError when an axis to keep carries less than `LEAST_SHARE` of the variance: five sentences have four axes, not five.
    """
    from sklearn.decomposition import PCA

    latents = np.asarray(latents, np.float64)
    if latents.ndim != 2 or not np.isfinite(latents).all():
        raise ZlideError("axes pca", f"expected finite latents (N, Z), found {latents.shape}", "check the encoder for NaN")
    if keep > min(latents.shape):
        problem = f"{keep} axes cannot come from {latents.shape[0]} latents of {latents.shape[1]} dimensions"
        raise ZlideError("axes pca", problem, "give more latents or keep fewer axes")
    pca = PCA(n_components=keep, svd_solver="full").fit(latents)
    share = pca.explained_variance_ratio_
    dead = np.flatnonzero(~(share >= LEAST_SHARE))
    if len(dead):
        problem = f"axis {dead[0] + 1} carries no variance: its share is {share[dead[0]]:.1e}"
        raise ZlideError("axes pca", problem, f"keep {dead[0]} axes, or give more latents")
    return Axes(mean=pca.mean_, axes=pca.components_, stdev=np.sqrt(pca.explained_variance_), share=share)


def raw_dimensions(mean: ArrayLike, stdev: ArrayLike, dimensions: Sequence[int]) -> Axes:
    """Single dimensions of z as sliders, as World Models had them: rows of the identity. mean, stdev (Z,)."""
    mean, stdev = np.asarray(mean, np.float32), np.asarray(stdev, np.float32)
    chosen = list(dimensions)
    rows = np.eye(len(mean), dtype=np.float32)[chosen]
    return Axes(mean=mean, axes=rows, stdev=stdev[chosen], name="raw", names=tuple(f"z[{i}]" for i in chosen))


def read_axes(path: Path) -> Axes:
    """Read what `Axes.write` wrote. Never unpickles. Raises ZlideError for a file that is not one."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Axes(**{name: arrays[name] for name in arrays.files})
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ZlideError(path, f"expected arrays mean, axes, stdev and share, found: {error}", "write them with Axes.write or np.savez") from error
