"""Check the arguments of an export before the work starts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.arrays import as_float32
from zlide.axes import Axes
from zlide.bundle import PRECISIONS
from zlide.converters import Converter
from zlide.errors import ZlideError
from zlide.messages import is_unicode
from zlide.modalities import (
    ImageModality,
    Modality,
    TextModality,
    modality_of,
    vocabulary_of_list,
)
from zlide.pictures import Pictures
from zlide.vocabulary import Vocabulary

MIN_POINTS = 10
"""Fewest posterior means that give a useful covariance."""

MAX_SIGMA = 10_000
"""Farthest that points may lie out, in σ; beyond it they belong to another latent space."""


def check_path(to: object) -> Path:
    """Return `to` as a path. Raises ZlideError if it is not a path or is empty."""
    if (
        not isinstance(to, str | os.PathLike)
        or isinstance(os.fspath(to), bytes)
        or not str(to).strip()
        or "\0" in str(to)
    ):
        raise ZlideError(
            "to",
            f"expected the path of a folder, found {to!r}",
            "give it as text or as a pathlib.Path",
        )
    return Path(to)


def check_title(title: object, name: str) -> str:
    """Return the title, or `name` if it is None. Raises ZlideError if it is not text or blank."""
    if title is None:
        return name
    if not (isinstance(title, str) and title.strip() and is_unicode(title)):
        remedy = "leave it out to use the name of the folder"
        raise ZlideError("title", f"expected text, found {title!r}", remedy)
    return title


def check_precision(precision: object) -> None:
    """Raise ZlideError if `precision` is neither None nor one of `PRECISIONS`."""
    if precision is not None and precision not in PRECISIONS:
        raise ZlideError(
            "precision",
            f"expected {' or '.join(PRECISIONS)}, found {precision!r}",
            "leave it out to let zlide choose the smallest that works",
        )


def check_converter(converter: object) -> Converter:
    """Return the converter of this name. Raises ZlideError if there is none."""
    for each in Converter:
        if converter == each:
            return each
    problem = f"expected {' or '.join(Converter)}, found {converter!r}"
    raise ZlideError("converter", problem, "leave it out to use our own")


def check_axes(axes: Axes | Sequence[Axes]) -> list[Axes]:
    """Return one or several sets of axes as a list.

    Raises ZlideError if there are none, two have one name, or their latent sizes differ.
    """
    sets = list(axes) if isinstance(axes, Sequence) else [axes]
    remedy = "make them with zlide.fit_pca, zlide.raw_dimensions or zlide.Axes"
    if not sets:
        raise ZlideError("axes", "expected at least one set of axes, found none", remedy)
    if others := [item for item in sets if not isinstance(item, Axes)]:
        raise ZlideError(
            "axes",
            f"expected zlide.Axes or a list of them, found {type(others[0]).__name__}",
            remedy,
        )
    names = [item.name for item in sets]
    if len(set(names)) < len(names):
        raise ZlideError(
            "axes",
            f"expected sets of different names, found {', '.join(names)}",
            "rename one with dataclasses.replace(axes, name=…)",
        )
    if len({item.latent_size for item in sets}) > 1:
        found = ", ".join(f"{item.latent_size} for {item.name}" for item in sets)
        raise ZlideError(
            "axes",
            f"expected sets of one latent size, found {found}",
            "fit them to the same latents",
        )
    return sets


def check_examples(examples: object, axes: Axes) -> dict[str, NDArray[np.float32]]:
    """Return text → latent (Z,) float32. Raises ZlideError for other keys, shapes or numbers."""
    if examples is None:
        return {}
    remedy = f'give {{"a sentence": z}} with its posterior mean, z ({axes.latent_size},)'
    if not isinstance(examples, Mapping):
        raise ZlideError(
            "examples",
            f"expected a mapping from text to latent, found {type(examples).__name__}",
            remedy,
        )
    latents = {}
    for text, value in examples.items():
        if not (isinstance(text, str) and text.strip()):
            raise ZlideError("examples", f"expected text as each key, found {text!r}", remedy)
        where = f"examples, {text!r}"
        latents[text] = z = as_float32(value, where)
        if z.shape != (axes.latent_size,):
            expected = f"a latent ({axes.latent_size},), the latent size of the axes {axes.name}"
            raise ZlideError(where, f"expected {expected}, found {z.shape}", remedy)
        if not np.isfinite(z).all():
            problem = "expected finite numbers, found NaN or infinity in its latent"
            raise ZlideError(where, problem, "encode it again")
    return latents


def check_points(points: object, sets: Sequence[Axes]) -> NDArray[np.float32] | None:
    """Return posterior means (N, Z) float32, or None if there are none.

    Raises ZlideError if they are of another latent size, not finite, fewer than `MIN_POINTS` or
    than the axes of a set, or more than `MAX_SIGMA` out.
    """
    if points is None:
        return None
    means, latent_size = as_float32(points, "points"), sets[0].latent_size
    if means.ndim != 2 or means.shape[1] != latent_size:
        problem = f"expected posterior means (N, {latent_size}), found {means.shape}"
        remedy = "give those of some thousand training samples, one in each row"
        raise ZlideError("points", problem, remedy)
    least = max(MIN_POINTS, *(axes.count + 1 for axes in sets))
    if len(means) < least:
        problem = f"expected at least {least} posterior means, found {len(means)}"
        raise ZlideError("points", problem, "give some thousand, or leave them out")
    if bad := np.flatnonzero(~np.isfinite(means).all(axis=1)).tolist():
        problem = (
            f"expected finite numbers, found NaN or infinity in {len(bad)} of {len(means)} rows, "
            f"first in row {bad[0]}"
        )
        raise ZlideError("points", problem, "encode them again")
    for axes in sets:
        if not (farthest := float(np.abs(axes.from_z(means)[0]).max())) <= MAX_SIGMA:
            problem = (
                f"expected points within {MAX_SIGMA:,} σ on the axes {axes.name}, "
                f"found one at {farthest:.2g} σ"
            )
            raise ZlideError("points", problem, "give posterior means of the same latent space")
    return means


def modality_for(modality: Any, vocabulary: Any, pictures: Any) -> Modality:
    """Return `modality`, or that of a model with this vocabulary or these pictures.

    Without any of them it is that of pictures. Raises ZlideError if more than one is given, and
    for a modality whose class is not registered.
    """
    given = {"modality": modality, "vocabulary": vocabulary, "pictures": pictures}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        found = "both" if names == ["vocabulary", "pictures"] else " and ".join(names)
        raise ZlideError(
            "export",
            f"expected {'modality, ' if modality is not None else ''}vocabulary or pictures, "
            f"found {found}",
            "give vocabulary for text only, and pictures for images only",
        )
    if modality is not None:
        return _check_registered(modality)
    if vocabulary is not None:
        is_list = not isinstance(vocabulary, Vocabulary)
        return TextModality(vocabulary_of_list(vocabulary) if is_list else vocabulary)
    if not isinstance(pictures, Pictures | None):
        problem = f"expected zlide.Pictures(frames), found {type(pictures).__name__}"
        raise ZlideError("pictures", problem, "wrap them in zlide.Pictures(…)")
    return ImageModality(pictures)


def _check_registered(modality: Any) -> Modality:
    kind = getattr(modality, "kind", None)
    if not isinstance(kind, str) or not isinstance(modality, modality_of(kind)):
        found = type(modality).__name__
        problem = f"expected an object of a registered class, found {found}"
        raise ZlideError("modality", problem, "give its class to zlide.register_modality")
    checked: Modality = modality
    return checked
