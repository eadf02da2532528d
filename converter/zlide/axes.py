"""Sliders, in σ, to z and back: z = mean + (sliders · stdev) @ axes + residual."""

from __future__ import annotations

import math
import re
import textwrap
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.arrays import as_array, as_float32
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import reason_of

Array = NDArray[np.float32]

_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    RuntimeError,
    MemoryError,
    zlib.error,
    zipfile.BadZipFile,
)  # what a damaged archive raises

LEAST_SHARE = 1e-6
"""An axis that carries less than this share of the variance is dead: its slider would do nothing."""

LONGEST_NAME, LONGEST_NOTE = 28, 240
"""Characters that a slider's row has room for, and those of a sentence beside it."""

NAME = "^[a-z0-9][a-z0-9_-]*$"
"""What a model and a set of axes may be called: they are names of folders, and parts of addresses."""


@dataclass(frozen=True)
class Axes:
    """K directions in a latent space of Z dimensions.

    mean (Z,), axes (K, Z), stdev (K,) > 0, share (K,) of the variance or None where that means nothing; all become float32.
    name: of the set; names: of the axes, up to 28 characters each, "axis 1" and so on when not given; notes: a sentence on what changes
    along each, or None; shown: so many before "more axes", all where there are fewer; range: of a slider, in σ.
    Raises ZlideError for widths that disagree, values that are not finite, axes that are not of full rank, and a name, names, notes,
    shown or range that a page cannot show.
    """

    mean: Array
    axes: Array
    stdev: Array
    share: Array | None = None
    name: str = "pca"
    names: tuple[str, ...] = ()
    notes: tuple[str | None, ...] = ()
    default_count: int = 5
    range: float = 3.0

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and re.fullmatch(NAME, self.name)):
            raise ZlideError(
                "axes",
                f"expected a name in lower case, digits, - and _, found {self.name!r}",
                "rename them",
            )
        where = f"axes {self.name}"
        for field in ("mean", "axes", "stdev", "share"):
            if field != "share" or self.share is not None:
                object.__setattr__(
                    self, field, as_float32(getattr(self, field), f"{where}, {field}")
                )
        self._check_numbers(where)
        self._check_page(where)

    def _check_numbers(self, where: str) -> None:
        k, z = self.axes.shape if self.axes.ndim == 2 else (0, 0)
        expected = {"axes": (k, z), "mean": (z,), "stdev": (k,), "share": (k,)}
        found = {f: getattr(self, f).shape for f in expected if getattr(self, f) is not None}
        wrong = [
            f"{f} {shape}, expected {expected[f]}"
            for f, shape in found.items()
            if k and shape != expected[f]
        ]
        if k == 0 or wrong:
            raise ZlideError(
                where,
                "expected axes (K, Z), mean (Z,), stdev (K,), found "
                + (", ".join(wrong) or f"axes {self.axes.shape}"),
            )
        if bad := [f for f in found if not np.isfinite(getattr(self, f)).all()]:
            raise ZlideError(
                where,
                f"{', '.join(bad)} holds NaN or infinity",
                "compute the axes again from finite latents",
            )
        if len(dead := np.flatnonzero(self.stdev <= 0)):
            problem = f"axis {dead[0] + 1} carries no variance: its standard deviation is {self.stdev[dead[0]]:g}"
            raise ZlideError(where, problem, "leave it out")
        rank = int(np.linalg.matrix_rank(self.axes))
        if rank < k:
            raise ZlideError(
                where,
                f"expected {k} independent axes, found rank {rank}",
                "leave out axes that others already span",
            )

    def _check_page(self, where: str) -> None:
        names = self.names or _numbered(self.count)
        if (
            isinstance(names, str)
            or not all(isinstance(name, str) for name in names)
            or len(names) != self.count
        ):
            raise ZlideError(
                where, f"expected {self.count} names, one for each axis, found {names!r}"
            )
        notes = self.notes or (None,) * self.count
        if (
            isinstance(notes, str)
            or not all(isinstance(note, str | None) for note in notes)
            or len(notes) != self.count
        ):
            raise ZlideError(
                where,
                f"expected {self.count} notes, one for each axis, None where there is none, found {notes!r}",
            )
        _check_texts(where, names, notes)
        if not isinstance(self.default_count, Integral) or self.default_count < 1:
            raise ZlideError(
                where,
                f"default_count is {self.default_count!r}, expected a whole number, at least 1",
                "leave it out to show five",
            )
        if not (isinstance(self.range, Real) and math.isfinite(self.range) and self.range > 0):
            raise ZlideError(
                where,
                f"range is {self.range!r}, expected a number of σ above 0",
                "leave it out for 3",
            )
        for field, value in {
            "names": tuple(names),
            "notes": tuple(notes),
            "default_count": int(self.default_count),
            "range": float(self.range),
        }.items():
            object.__setattr__(self, field, value)

    @property
    def count(self) -> int:
        """K, the number of sliders."""
        return len(self.stdev)

    @property
    def latent_size(self) -> int:
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
        return np.asarray(
            self.mean
            + np.asarray(sliders, np.float32) @ self.scaled
            + np.asarray(residual, np.float32),
            np.float32,
        )

    def from_z(self, z: ArrayLike) -> tuple[Array, Array]:
        """z (B, Z) → sliders (B, K) and the residual (B, Z) that the axes do not span."""
        centred = np.asarray(z, np.float32) - self.mean
        sliders = centred @ self.back
        return sliders, centred - sliders @ self.scaled

    def write(self, path: Path) -> None:
        """Write an `.npz` of plain arrays: the numbers, and what is said of the axes where it is more than their number."""
        arrays = {"mean": self.mean, "axes": self.axes, "stdev": self.stdev}
        if self.share is not None:
            arrays["share"] = self.share
        if self.name != "pca" or self.names != _numbered(self.count):
            arrays |= {"name": np.array(self.name), "names": np.array(self.names)}
        if any(self.notes):
            arrays["notes"] = np.array([note or "" for note in self.notes])
        with atomic_file(path) as beside, beside.open("wb") as file:
            np.savez(file, **arrays)


def fit_pca(latents: ArrayLike, keep: int = 16) -> Axes:
    """The first `keep` principal components of the posterior means `latents` (N, Z), by scikit-learn.

    Signs are settled by scikit-learn (`svd_flip`), so that the same latents give the same axes.
    Raises ZlideError when an axis to keep carries less than `LEAST_SHARE` of the variance: five sentences have four axes, not five.
    """
    latents = _finite(latents)
    if not isinstance(keep, Integral) or keep < 1:
        raise ZlideError(
            "axes pca",
            f"keep is {keep!r}, expected a whole number of axes, at least 1",
            "leave it out for 16",
        )
    if keep > min(latents.shape):
        problem = f"{keep} axes cannot come from {latents.shape[0]} latents of {latents.shape[1]} dimensions"
        raise ZlideError("axes pca", problem, "give more latents or keep fewer axes")
    return _components(latents, int(keep), least=int(keep))


def fit_living(latents: ArrayLike, most: int = 16) -> Axes:
    """The same, of the first components up to `most` that carry variance: an encoder that learned little leaves some without.

    Raises ZlideError when none does.
    """
    latents = _finite(latents)
    return _components(latents, min(most, *latents.shape), least=1)


def _finite(latents: ArrayLike) -> NDArray[np.float64]:
    latents = as_array(latents, "axes pca").astype(np.float64)
    if latents.ndim != 2:
        raise ZlideError(
            "axes pca",
            f"expected latents (N, Z), found {latents.shape}",
            "give the posterior means, one a row",
        )
    if not np.isfinite(latents).all():
        raise ZlideError("axes pca", "the latents hold NaN or infinity", "check the encoder")
    return latents


def _components(latents: NDArray[np.float64], most: int, *, least: int) -> Axes:
    """The first components, at least so many and at most so many, up to where one carries no variance."""
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # of no variance at all
        pca = PCA(n_components=most, svd_solver="full").fit(latents)
    share = np.nan_to_num(pca.explained_variance_ratio_)
    alive = int((share >= LEAST_SHARE).sum())
    if alive < least:
        problem = f"axis {alive + 1} carries no variance: its share is {share[alive]:.1e}"
        raise ZlideError(
            "axes pca",
            problem,
            f"keep {alive} axes, or give more latents" if alive else "give latents that differ",
        )
    stdev = np.sqrt(pca.explained_variance_[:alive])
    return Axes(mean=pca.mean_, axes=pca.components_[:alive], stdev=stdev, share=share[:alive])


def raw_dimensions(mean: ArrayLike, stdev: ArrayLike, dimensions: Sequence[int]) -> Axes:
    """Single dimensions of z as sliders, as World Models had them: rows of the identity. mean, stdev (Z,); dimensions from 0 to Z − 1.

    Raises ZlideError for dimensions that there are not or that occur twice, and for what `Axes` refuses.
    """
    mean, stdev = as_float32(mean, "axes raw, mean"), as_float32(stdev, "axes raw, stdev")
    if mean.ndim != 1 or mean.shape != stdev.shape:
        problem = f"expected mean (Z,) and stdev (Z,), found {mean.shape} and {stdev.shape}"
        raise ZlideError(
            "axes raw",
            problem,
            "give those of the posterior means, as latents.mean(0) and latents.std(0)",
        )
    chosen = as_array(dimensions, "axes raw, dimensions")
    whole = chosen.ndim == 1 and chosen.dtype.kind in "iu"
    if not (
        whole
        and len(chosen)
        and len(np.unique(chosen)) == len(chosen)
        and chosen.min() >= 0
        and chosen.max() < len(mean)
    ):
        problem = f"expected different dimensions from 0 to {len(mean) - 1}, found {_few(chosen.tolist())}"
        raise ZlideError("axes raw", problem, "give at least one, and each once")
    rows = np.eye(len(mean), dtype=np.float32)[chosen]
    return Axes(
        mean=mean,
        axes=rows,
        stdev=stdev[chosen],
        name="raw",
        names=tuple(f"z[{i}]" for i in chosen),
    )


def read_axes(path: Path) -> Axes:
    """Read what `Axes.write` wrote. Never unpickles. Raises ZlideError, with the file's name, for a file that is not one or whose axes cannot be."""
    remedy = "write them with Axes.write or np.savez"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held: dict[str, Any] = {name: arrays[name] for name in arrays.files}
            if {"name", "names"} <= held.keys():
                held |= {"name": str(held["name"]), "names": tuple(map(str, held["names"]))}
            if "notes" in held:
                held["notes"] = tuple(str(note) or None for note in held["notes"])
            _refuse_others(held)
            return Axes(**held)
    except ZlideError as error:
        raise ZlideError(path, f"{error.where}: {error.problem}", error.remedy or remedy) from error
    except _UNREADABLE as error:
        raise ZlideError(
            path, f"expected arrays mean, axes, stdev and share, found: {reason_of(error)}", remedy
        ) from error


def _refuse_others(held: dict[str, Any]) -> None:
    """Raise ValueError for arrays of which axes are not made, and where some are missing."""
    missing = [f"no {name}" for name in ("mean", "axes", "stdev") if name not in held]
    if wrong := missing + [
        f"also {name}" for name in held if name not in {field.name for field in fields(Axes)}
    ]:
        raise ValueError(", ".join(wrong))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"axis {i + 1}" for i in range(count))


def _check_texts(where: str, names: Sequence[str], notes: Sequence[str | None]) -> None:
    """Raise ZlideError for a name or a note that a page cannot show beside a slider, and for axes that are called alike."""
    texts = [(i, "name", name, LONGEST_NAME) for i, name in enumerate(names)]
    texts += [(i, "note", note, LONGEST_NOTE) for i, note in enumerate(notes) if note is not None]
    for i, what, text, max_length in texts:
        if (
            " ".join(text.split()) != text
            or not text.isprintable()
            or not 0 < len(text) <= max_length
        ):
            found = f"{_few(repr(text))} of {len(text):,}"
            problem = f"expected a {what} of axis {i + 1} in one line of 1 to {max_length} characters, single spaces between words, found {found}"
            raise ZlideError(
                where,
                problem,
                f"shorten the {what}"
                if len(text) > max_length
                else f"mend the {what}, or leave it out",
            )
    for i, name in enumerate(names):
        if (first := names.index(name)) < i:
            raise ZlideError(
                where,
                f"axes {first + 1} and {i + 1} are both called {name!r}",
                "give each a name of its own",
            )


def _few(values: object) -> str:
    return textwrap.shorten(str(values), 60, placeholder=" …")
