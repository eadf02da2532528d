"""What an export is given, refused before the work instead of after it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zlide.arrays import as_float32
from zlide.axes import NAME_PATTERN, Axes
from zlide.errors import ZlideError

FEWEST = 10
"""Posterior means with which there is something to say of how they spread."""

FARTHEST = 10_000
"""σ, beyond which they are of another space than the axes."""


def folder_at(to: object) -> Path:
    """A path, or text that is one."""
    if (
        not isinstance(to, str | os.PathLike)
        or isinstance(os.fspath(to), bytes)
        or not str(to).strip()
    ):
        raise ZlideError(
            "to",
            f"expected the path of a folder, found {to!r}",
            "give it as text or as a pathlib.Path",
        )
    return Path(to)


def folder_name(to: Path) -> str:
    """The model's name: its folder's, in lower case. Raises ZlideError for a name that no address can hold."""
    name = to.resolve().name
    if not re.fullmatch(NAME_PATTERN, name.lower()):
        raise ZlideError(
            to,
            f"expected a folder named in letters a to z, digits, - and _, found {name!r}",
            "choose another name",
        )
    return name.lower()


def title_or(name: str, title: object) -> str:
    """The title, or the name where there is none."""
    if title is not None and not (isinstance(title, str) and title.strip()):
        raise ZlideError(
            "title", f"expected text, found {title!r}", "leave it out for the name of the folder"
        )
    return name if title is None else title


def sets_of(axes: Axes | Sequence[Axes]) -> list[Axes]:
    """One or several sets of axes, each of another name and all of one width, in a list."""
    sets = list(axes) if isinstance(axes, Sequence) else [axes]
    remedy = "make them with zlide.fit_pca, zlide.raw_dimensions or zlide.Axes"
    if not sets:
        raise ZlideError("axes", "expected at least one set of axes, found none", remedy)
    if strange := [one for one in sets if not isinstance(one, Axes)]:
        raise ZlideError(
            "axes",
            f"expected zlide.Axes or a list of them, found {type(strange[0]).__name__}",
            remedy,
        )
    names = [one.name for one in sets]
    if len(set(names)) < len(names):
        raise ZlideError(
            "axes",
            f"expected sets of different names, found {', '.join(names)}",
            "dataclasses.replace(axes, name=…) renames one",
        )
    if len({one.latent_size for one in sets}) > 1:
        found = ", ".join(f"{one.name} with {one.latent_size}" for one in sets)
        raise ZlideError(
            "axes",
            f"expected sets of one latent space, found {found} dimensions",
            "fit them to the same latents",
        )
    return sets


def latents_of(examples: object, axes: Axes) -> dict[str, NDArray[np.float32]]:
    """text → latent (Z,), each as wide as the axes."""
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
            raise ZlideError("examples", f"expected a text for each latent, found {text!r}", remedy)
        latents[text] = z = as_float32(value, f"examples, {text!r}")
        if z.shape != (axes.latent_size,):
            problem = f"expected a latent ({axes.latent_size},), as wide as the axes {axes.name}, found {z.shape}"
            raise ZlideError(f"examples, {text!r}", problem, remedy)
        if not np.isfinite(z).all():
            raise ZlideError(
                f"examples, {text!r}", "its latent holds NaN or infinity", "encode it again"
            )
    return latents


def points_of(means: object, sets: Sequence[Axes]) -> NDArray[np.float32] | None:
    """Posterior means (N, Z), as wide as the axes and as many as it takes to say how they spread; None where none are given."""
    if means is None:
        return None
    points, latent = as_float32(means, "points"), sets[0].latent_size
    if points.ndim != 2 or points.shape[1] != latent:
        problem = f"expected posterior means (N, {latent}), as wide as the axes {sets[0].name}, found {points.shape}"
        raise ZlideError(
            "points", problem, "give those of some thousand training samples, one a row"
        )
    least = max(FEWEST, *(one.count + 1 for one in sets))
    if len(points) < least:
        raise ZlideError(
            "points",
            f"expected at least {least} posterior means, found {len(points)}",
            "give some thousand, or leave them out",
        )
    if bad := np.flatnonzero(~np.isfinite(points).all(axis=1)).tolist():
        raise ZlideError(
            "points",
            f"row {bad[0]} holds NaN or infinity, {len(bad)} of {len(points)} do",
            "encode them again",
        )
    for one in sets:
        if not (farthest := float(np.abs(one.from_z(points)[0]).max())) <= FARTHEST:
            problem = f"expected them within {FARTHEST:,} σ on the axes {one.name}, found one {farthest:.2g} σ out"
            raise ZlideError("points", problem, "give posterior means of the same latent space")
    return points
