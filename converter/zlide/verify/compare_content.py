"""Compare the content of a bundle that no graph computes with its checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zlide.axes import Axes
from zlide.bundle import AxesSet, Manifest, read_examples
from zlide.checkpoint import Checkpoint
from zlide.errors import ZlideError
from zlide.modalities import AXES_TOLERANCE


def require_same_content(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> None:
    """Raise ZlideError if vocabulary, examples, posters or axes are not those of `checkpoint`.

    The weights of `checkpoint` have the precision of the bundle.
    """
    differences = [
        *_kind_differences(bundle, manifest, checkpoint),
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


def _kind_differences(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> Iterator[str]:
    if manifest.decoder.kind != checkpoint.modality.kind:
        yield "modality"
    else:
        yield from checkpoint.modality.content_differences(bundle, manifest)


def _example_differences(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> Iterator[str]:
    expected = checkpoint.examples
    found = read_examples(bundle / manifest.examples, checkpoint.axes) if manifest.examples else {}
    if list(found) != list(expected) or any(
        np.abs(found[name] - expected[name]).max() > AXES_TOLERANCE for name in expected
    ):
        yield "examples"


def _posters_match(manifest: Manifest, checkpoint: Checkpoint) -> bool:
    """Return whether each poster shows an example, its sliders and the sample decoded there."""
    posters, latents = manifest.posters, checkpoint.examples
    if not all(poster.text in latents for poster in posters):
        return False
    if not posters:
        return True
    z = np.stack([latents[poster.text] for poster in posters])
    sliders, _ = checkpoint.axes.from_z(z)
    differences = np.abs(np.array([poster.sliders for poster in posters]) - sliders)
    return bool(differences.max() <= AXES_TOLERANCE) and checkpoint.modality.posters_match(
        checkpoint.model.decoder, z, [poster.decoded for poster in posters]
    )


def _axes_differences(manifest: Manifest, checkpoint: Checkpoint) -> Iterator[str]:
    sets = checkpoint.sets
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
