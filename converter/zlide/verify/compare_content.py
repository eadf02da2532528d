"""Compare the content of a bundle that no graph computes with its checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zlide.axes import Axes
from zlide.bundle import AxesSet, Manifest, read_examples
from zlide.checkpoint import Checkpoint, SentenceCheckpoint
from zlide.errors import ZlideError
from zlide.verify.reference import AXES_TOLERANCE, image, text
from zlide.vocabulary import read_words


def require_same_content(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> None:
    """Raise ZlideError if vocabulary, examples, posters or axes are not those of `checkpoint`.

    The weights of `checkpoint` have the precision of the bundle.
    """
    differences = [
        *_vocabulary_differences(bundle, manifest, checkpoint),
        *_example_differences(bundle, manifest, checkpoint),
        *([] if _posters_match(manifest, checkpoint) else ["posters"]),
        *_axes_differences(manifest, checkpoint),
    ]
    if differences:
        raise ZlideError(
            bundle,
            f"expected the {', '.join(differences)} of {checkpoint.folder}, found others",
            "export it again",
        )


def _vocabulary_differences(
    bundle: Path, manifest: Manifest, checkpoint: Checkpoint
) -> Iterator[str]:
    if not isinstance(checkpoint, SentenceCheckpoint):
        return
    tokens, expected = manifest.tokens, checkpoint.vocabulary
    if tokens is None:
        yield "modality"
        return
    if read_words(bundle / tokens.vocabulary) != list(expected.words):
        yield "vocabulary"
    keys = ("begin", "end", "max_length", "lower")
    if any(getattr(tokens, key) != getattr(expected, key) for key in keys):
        yield "tokens"


def _example_differences(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> Iterator[str]:
    expected = checkpoint.examples
    found = read_examples(bundle / manifest.examples, checkpoint.axes) if manifest.examples else {}
    if list(found) != list(expected) or any(
        np.abs(found[name] - expected[name]).max() > AXES_TOLERANCE for name in expected
    ):
        yield "examples"


def _posters_match(manifest: Manifest, checkpoint: Checkpoint) -> bool:
    if isinstance(checkpoint, SentenceCheckpoint):
        return text.posters_match(manifest.posters, checkpoint)
    return image.posters_match(manifest.posters, checkpoint)


def _axes_differences(manifest: Manifest, checkpoint: Checkpoint) -> Iterator[str]:
    sets = (checkpoint.axes,) if isinstance(checkpoint, SentenceCheckpoint) else checkpoint.sets
    if [axes.name for axes in sets] != [axes.name for axes in manifest.axes]:
        yield "sets of axes"
    for found_set, expected_set in zip(manifest.axes, sets, strict=False):
        found, expected = _manifest_values(found_set), _checkpoint_values(expected_set)
        yield from (f"{key} of the axes" for key in expected if found[key] != expected[key])


def _manifest_values(axes: AxesSet) -> dict[str, object]:
    return {
        "range": axes.range,
        "default_count": axes.default_count,
        "names": [axis.name for axis in axes.axes],
        "stdevs": [axis.stdev for axis in axes.axes],
        "shares": [axis.share for axis in axes.axes],
    }


def _checkpoint_values(axes: Axes) -> dict[str, object]:
    return {
        "range": axes.range,
        "default_count": min(axes.default_count, axes.count),
        "names": list(axes.names),
        "stdevs": axes.stdev.tolist(),
        "shares": [None] * axes.count if axes.share is None else axes.share.tolist(),
    }
