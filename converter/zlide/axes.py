"""Sets of axes, which map sliders in σ to z and back.

z = mean + (sliders · stdev) @ axes + residual
"""

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

# A damaged archive raises any of these.
_READ_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    RuntimeError,
    MemoryError,
    zlib.error,
    zipfile.BadZipFile,
)

MIN_SHARE = 1e-6
"""Smallest share of the variance of an axis. Below it, the slider would have no effect."""

MAX_NAME_LENGTH, MAX_NOTE_LENGTH = 28, 240
"""Characters that fit in a slider's row, and in the note beside it."""

NAME_PATTERN = "^[a-z0-9][a-z0-9_-]*$"
"""Regular expression for names of models and of sets of axes, which become folders and URLs."""


@dataclass(frozen=True)
class Axes:
    """K directions in a latent space of Z dimensions.

    mean (Z,), axes (K, Z), stdev (K,) > 0: any numbers, stored as float32.
    share: each axis's share of the variance, (K,), or None where shares have no meaning.
    name: the name of the set.
    names: one name per axis, at most 28 characters each; "axis 1", "axis 2", … by default.
    notes: one sentence per axis on what changes along it, or None.
    default_count: the number of axes that the page shows before "more axes".
    range: sliders go from −range to range, in σ.

    Raises ZlideError for shapes that disagree, for values that are not finite, and for axes
    without full rank; also for names, notes, counts and ranges that the page cannot show.
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
        if not (isinstance(self.name, str) and re.fullmatch(NAME_PATTERN, self.name)):
            problem = f"expected a name of lower-case letters, digits, - and _, found {self.name!r}"
            raise ZlideError("axes", problem, "rename them")
        where = f"axes {self.name}"
        for field in ("mean", "axes", "stdev", "share"):
            if (value := getattr(self, field)) is not None or field != "share":
                object.__setattr__(self, field, as_float32(value, f"{where}, {field}"))
        self._check_shapes(where)
        self._check_values(where)
        self._check_texts(where)
        self._check_page_settings(where)

    def _check_shapes(self, where: str) -> None:
        k, z = self.axes.shape if self.axes.ndim == 2 else (0, 0)
        expected = {"axes": (k, z), "mean": (z,), "stdev": (k,), "share": (k,)}
        wrong = [
            f"{field} {array.shape}, expected {expected[field]}"
            for field, array in self._arrays().items()
            if k and array.shape != expected[field]
        ]
        if k == 0 or wrong:
            found = ", ".join(wrong) or f"axes {self.axes.shape}"
            raise ZlideError(where, f"expected axes (K, Z), mean (Z,), stdev (K,), found {found}")

    def _check_values(self, where: str) -> None:
        if bad := [
            field for field, array in self._arrays().items() if not np.isfinite(array).all()
        ]:
            problem = f"expected finite numbers, found NaN or infinity in {', '.join(bad)}"
            raise ZlideError(where, problem, "compute the axes again from finite latents")
        if len(dead := np.flatnonzero(self.stdev <= 0)):
            stdev = self.stdev[dead[0]]
            problem = f"axis {dead[0] + 1} carries no variance: its standard deviation is {stdev:g}"
            raise ZlideError(where, problem, "leave it out")
        rank = int(np.linalg.matrix_rank(self.axes))
        if rank < self.count:
            problem = f"expected {self.count} independent axes, found rank {rank}"
            raise ZlideError(where, problem, "leave out axes that are combinations of others")

    def _check_texts(self, where: str) -> None:
        names = self.names or _default_names(self.count)
        notes = self.notes or (None,) * self.count
        for field, texts, allowed in (("names", names, str), ("notes", notes, str | None)):
            one_per_axis = not isinstance(texts, str) and len(texts) == self.count
            if not (one_per_axis and all(isinstance(text, allowed) for text in texts)):
                problem = f"expected {self.count} {field}, one for each axis, found {texts!r}"
                remedy = "use None for an axis without a note" if field == "notes" else ""
                raise ZlideError(where, problem, remedy)
        for i, (name, note) in enumerate(zip(names, notes, strict=True)):
            _check_text(where, f"name of axis {i + 1}", name, MAX_NAME_LENGTH)
            if note is not None:
                _check_text(where, f"note of axis {i + 1}", note, MAX_NOTE_LENGTH)
            if (first := names.index(name)) < i:
                problem = f"axes {first + 1} and {i + 1} are both called {name!r}"
                raise ZlideError(where, problem, "give each axis its own name")
        object.__setattr__(self, "names", tuple(names))
        object.__setattr__(self, "notes", tuple(notes))

    def _check_page_settings(self, where: str) -> None:
        count, range_ = self.default_count, self.range
        if not isinstance(count, Integral) or count < 1:
            problem = f"default_count is {count!r}, expected a whole number, at least 1"
            raise ZlideError(where, problem, "leave it out to show five")
        if not (isinstance(range_, Real) and math.isfinite(range_) and range_ > 0):
            problem = f"range is {range_!r}, expected a number of σ above 0"
            raise ZlideError(where, problem, "leave it out for 3")
        object.__setattr__(self, "default_count", int(count))
        object.__setattr__(self, "range", float(range_))

    def _arrays(self) -> dict[str, Array]:
        arrays = {"axes": self.axes, "mean": self.mean, "stdev": self.stdev}
        return arrays if self.share is None else {**arrays, "share": self.share}

    @property
    def count(self) -> int:
        """K, the number of axes."""
        return len(self.stdev)

    @property
    def latent_size(self) -> int:
        """Z, the number of dimensions of z."""
        return len(self.mean)

    @property
    def scaled(self) -> Array:
        """The axes, each scaled to the length of one σ, (K, Z)."""
        return self.axes * self.stdev[:, None]

    @property
    def back(self) -> Array:
        """The pseudo-inverse of `scaled`, (Z, K), which maps z − mean to sliders."""
        return np.linalg.pinv(self.scaled.astype(np.float64)).astype(np.float32)

    def to_z(self, sliders: ArrayLike, residual: ArrayLike = 0.0) -> Array:
        """Map sliders (B, K) in σ and residuals (B, Z) to z (B, Z)."""
        offset = np.asarray(sliders, np.float32) @ self.scaled
        return np.asarray(self.mean + offset + np.asarray(residual, np.float32), np.float32)

    def from_z(self, z: ArrayLike) -> tuple[Array, Array]:
        """Map z (B, Z) to sliders (B, K) and the residuals (B, Z) that the axes do not span."""
        centred: Array = np.subtract(z, self.mean, dtype=np.float32)
        sliders: Array = np.matmul(centred, self.back)
        residuals: Array = np.subtract(centred, sliders @ self.scaled)
        return sliders, residuals

    def write(self, path: Path) -> None:
        """Write the numbers to an `.npz` file, and names and notes if they are not the defaults."""
        arrays: dict[str, Any] = dict(self._arrays())
        if self.name != "pca" or self.names != _default_names(self.count):
            arrays |= {"name": np.array(self.name), "names": np.array(self.names)}
        if any(self.notes):
            arrays["notes"] = np.array([note or "" for note in self.notes])
        with atomic_file(path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)


def fit_pca(latents: ArrayLike, keep: int = 16) -> Axes:
    """Fit the first `keep` principal components of the posterior means `latents` (N, Z).

    scikit-learn fixes the signs (`svd_flip`), so that the same latents give the same axes.
    Raises ZlideError for latents that are not finite, for more axes than latents or dimensions,
    and for an axis with less than `MIN_SHARE` of the variance. Five latents span four axes.
    """
    latents = _check_latents(latents)
    if not isinstance(keep, Integral) or keep < 1:
        problem = f"keep is {keep!r}, expected a whole number of axes, at least 1"
        raise ZlideError("axes pca", problem, "leave it out for 16")
    if keep > min(latents.shape):
        n, z = latents.shape
        most = f"at most {min(n, z)} axes from {n} latents of {z} dimensions"
        problem = f"expected {most}, found keep={keep}"
        raise ZlideError("axes pca", problem, "give more latents or keep fewer axes")
    return _fit_components(latents, int(keep), min_count=int(keep))


def fit_pca_up_to(latents: ArrayLike, max_count: int = 16) -> Axes:
    """Fit as `fit_pca` does, but keep only the components with variance, at most `max_count`.

    An encoder that learned little leaves some components without variance.
    Raises ZlideError for latents that are not finite, and if no component has variance.
    """
    latents = _check_latents(latents)
    return _fit_components(latents, min(max_count, *latents.shape), min_count=1)


def _check_latents(latents: ArrayLike) -> NDArray[np.float64]:
    latents = as_array(latents, "axes pca").astype(np.float64)
    if latents.ndim != 2:
        problem = f"expected latents (N, Z), found {latents.shape}"
        raise ZlideError("axes pca", problem, "give the posterior means, one a row")
    if not np.isfinite(latents).all():
        problem = "expected finite latents, found NaN or infinity"
        raise ZlideError("axes pca", problem, "check the encoder")
    return latents


def _fit_components(latents: NDArray[np.float64], max_count: int, *, min_count: int) -> Axes:
    """Fit the components before the first one without variance, at most `max_count`."""
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # scikit-learn divides by a total variance of 0
        pca = PCA(n_components=max_count, svd_solver="full").fit(latents)
    share = np.nan_to_num(pca.explained_variance_ratio_)
    count = int((share >= MIN_SHARE).sum())
    if count < min_count:
        problem = f"axis {count + 1} carries no variance: its share is {share[count]:.1e}"
        remedy = f"keep {count} axes, or give more latents" if count else "give latents that differ"
        raise ZlideError("axes pca", problem, remedy)
    stdev = np.sqrt(pca.explained_variance_[:count])
    return Axes(mean=pca.mean_, axes=pca.components_[:count], stdev=stdev, share=share[:count])


def raw_dimensions(mean: ArrayLike, stdev: ArrayLike, dimensions: Sequence[int]) -> Axes:
    """Return axes that are single dimensions of z, as in World Models (arXiv:1803.10122).

    mean, stdev: those of the posterior means, (Z,). dimensions: different indices from 0 to Z − 1.
    Raises ZlideError for dimensions that do not exist or repeat, and where `Axes` does.
    """
    mean, stdev = as_float32(mean, "axes raw, mean"), as_float32(stdev, "axes raw, stdev")
    if mean.ndim != 1 or mean.shape != stdev.shape:
        problem = f"expected mean (Z,) and stdev (Z,), found {mean.shape} and {stdev.shape}"
        remedy = "give those of the posterior means, as latents.mean(0) and latents.std(0)"
        raise ZlideError("axes raw", problem, remedy)
    indices = as_array(dimensions, "axes raw, dimensions")
    is_list = indices.ndim == 1 and indices.dtype.kind in "iu" and len(indices) > 0
    if not (
        is_list
        and len(np.unique(indices)) == len(indices)
        and indices.min() >= 0
        and indices.max() < len(mean)
    ):
        found = _truncate(indices.tolist())
        problem = f"expected different dimensions from 0 to {len(mean) - 1}, found {found}"
        raise ZlideError("axes raw", problem, "give at least one, and each once")
    return Axes(
        mean=mean,
        axes=np.eye(len(mean), dtype=np.float32)[indices],
        stdev=stdev[indices],
        name="raw",
        names=tuple(f"z[{i}]" for i in indices),
    )


def read_axes(path: Path) -> Axes:
    """Read a file that `Axes.write` wrote, without unpickling.

    Raises ZlideError, starting with `path`, for any other file and for axes that `Axes` refuses.
    """
    remedy = "write them with Axes.write or np.savez"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values: dict[str, Any] = {name: arrays[name] for name in arrays.files}
        if {"name", "names"} <= values.keys():
            values |= {"name": str(values["name"]), "names": tuple(map(str, values["names"]))}
        if "notes" in values:
            values["notes"] = tuple(str(note) or None for note in values["notes"])
        _check_keys(values)
        return Axes(**values)
    except ZlideError as error:
        raise ZlideError(path, f"{error.where}: {error.problem}", error.remedy or remedy) from error
    except _READ_ERRORS as error:
        problem = f"expected arrays mean, axes, stdev and share, found: {reason_of(error)}"
        raise ZlideError(path, problem, remedy) from error


def _check_keys(values: dict[str, Any]) -> None:
    """Raise ValueError for keys that `Axes` does not take, and for missing ones."""
    known = {field.name for field in fields(Axes)}
    wrong = [f"no {name}" for name in ("mean", "axes", "stdev") if name not in values]
    wrong += [f"also {name}" for name in values if name not in known]
    if wrong:
        raise ValueError(", ".join(wrong))


def _default_names(count: int) -> tuple[str, ...]:
    return tuple(f"axis {i + 1}" for i in range(count))


def _check_text(where: str, label: str, text: str, max_length: int) -> None:
    """Raise ZlideError for a name or a note that the page cannot show beside a slider."""
    is_one_line = " ".join(text.split()) == text and text.isprintable()
    if is_one_line and 0 < len(text) <= max_length:
        return
    problem = (
        f"expected a {label} in one line of 1 to {max_length} characters, single spaces between "
        f"words, found {_truncate(repr(text))} of {len(text):,}"
    )
    remedy = "shorten it" if len(text) > max_length else "correct it, or leave it out"
    raise ZlideError(where, problem, remedy)


def _truncate(values: object) -> str:
    return textwrap.shorten(str(values), 60, placeholder=" …")
