"""Verify the bundles of a site: a browser decodes, PyTorch gives the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zlide.bundle import MANIFEST, AxesSet, Manifest, read_bundle, read_manifest, read_probe, sha256
from zlide.checkpoint import MODEL, Checkpoint, read_checkpoint
from zlide.errors import ZlideError
from zlide.files import require_kind
from zlide.modalities import (
    AXES_TOLERANCE,
    Findings,
    Reference,
    modality_of,
    random_positions_and_examples,
)
from zlide.quantization import quantize_weights
from zlide.site import read_site
from zlide.verify.ask_browser import Backend, ProgressCallback, ask_browser
from zlide.verify.compare_content import require_same_content

POSITIONS = 1000
"""Random positions, unless another number is asked for."""


@dataclass(frozen=True)
class Verdict:
    """The result of one bundle.

    reference: what it was compared with, in words: a checkpoint, or the bundle's own probe and why.
    z_difference: the largest difference in z, from sliders to z and back.
    encoded, encoder_difference, encoder_tolerance: number of encoded samples, the largest
    difference of their posterior means in any dimension, and the largest that is allowed.
    tensors: live tensors in the worker after 10 and after 500 decodes; None if not counted.
    milliseconds: the median time of a decode.
    """

    name: str
    reference: str
    browser: str
    backend: str
    samples: Findings
    z_difference: float
    encoded: int
    encoder_difference: float
    encoder_tolerance: float
    tensors: tuple[int | None, int | None]
    milliseconds: float

    @property
    def passed(self) -> bool:
        """Samples, axes and encoder agree with PyTorch, and no tensor leaks."""
        first, last = self.tensors
        return (
            self.samples.equal
            and self.z_difference <= AXES_TOLERANCE
            and self.encoder_difference <= self.encoder_tolerance
            and (first is None or last is None or first == last)
        )


def verify(  # noqa: PLR0913 (what a user may choose)
    site: Path,
    *,
    positions: int | None = None,
    seed: int = 0,
    browser: str = "chromium",
    backend: Backend = "wasm",
    checkpoints: Sequence[Path] = (),
    progress: ProgressCallback | None = None,
) -> Iterator[Verdict]:
    """Verify each bundle of `site` at random positions and at all of its examples.

    positions: number of random positions, half of them near an example; None means 1,000. A bundle
    without a checkpoint is compared with the samples in its probe; None means all of them.
    checkpoints: folders of checkpoints, of which the one with the hash in the manifest is the
    reference. If there are none, `weights/` in the current folder is searched.
    progress: called with the number of decoded and encoded samples and their total.
    Raises ZlideError for a damaged site, for a checkpoint of another model, for more positions than
    a probe has, and for a browser that fails or falls silent.
    """
    require_kind(
        site,
        "a site",
        dict.fromkeys(("a checkpoint", "a bundle"), "make a site of it with `zlide build`"),
    )
    pending = [
        (path, _plan_reference(site / path, positions, seed, checkpoints))
        for path in read_site(site)
    ]  # all bundles are checked before the first browser starts
    for path, compute in pending:
        reference, description = compute()
        yield check_bundle(
            site,
            path,
            reference,
            description=description,
            browser=browser,
            backend=backend,
            progress=progress,
        )


def check_bundle(  # noqa: PLR0913 (as above)
    site: Path,
    path: str,
    reference: Reference,
    *,
    description: str = "PyTorch",
    browser: str = "chromium",
    backend: Backend = "wasm",
    progress: ProgressCallback | None = None,
) -> Verdict:
    """Decode with the bundle at `path` of `site` in a browser, and compare with `reference`.

    description: the reference in words, for the verdict.
    Raises ZlideError for a page that cannot decode, and for a browser that fails or falls silent.
    """
    found, parts = ask_browser(
        site,
        path,
        reference,
        browser=browser,
        backend=backend,
        progress=progress or (lambda _done, _total: None),
    )
    manifest = read_manifest(site / path / MANIFEST)
    milliseconds, tensors = found["milliseconds"], found["tensors"]
    return Verdict(
        name=manifest.name,
        reference=description,
        browser=found["agent"],
        backend=found["backend"],
        samples=reference.compare(found, parts),
        z_difference=_z_difference(manifest.axes[0], reference, found),
        encoded=len(reference.encoded),
        encoder_difference=_encoder_difference(reference, found),
        encoder_tolerance=reference.tolerance,
        tensors=(tensors["after10"], tensors["after500"]),
        milliseconds=float(np.median(milliseconds)) if milliseconds else float("nan"),
    )


def _plan_reference(
    bundle: Path, positions: int | None, seed: int, checkpoints: Sequence[Path]
) -> Callable[[], tuple[Reference, str]]:
    """Return a function that computes the reference of a bundle and describes it in words.

    Raises ZlideError for a bundle that cannot be compared.
    """
    manifest = read_bundle(bundle)
    checkpoint = _find_checkpoint(manifest, checkpoints)
    if checkpoint is None:
        return _plan_probe(bundle, manifest, positions)

    def compute() -> tuple[Reference, str]:
        quantize_weights(checkpoint.model, manifest.precision)
        require_same_content(bundle, manifest, checkpoint)
        count = POSITIONS if positions is None else positions
        reference = reference_from_checkpoint(checkpoint, count, seed)
        return reference, f"PyTorch, from {checkpoint.folder}"

    return compute


def _plan_probe(
    bundle: Path, manifest: Manifest, positions: int | None
) -> Callable[[], tuple[Reference, str]]:
    reason = _reason_for_probe(manifest)
    modality = modality_of(manifest.decoder.kind).read(bundle, manifest)
    probe = read_probe(bundle / manifest.probe, modality.tensor)
    available = len(probe.z)
    if positions is not None and positions > available:
        raise ZlideError(
            f"{manifest.name}, --positions",
            f"expected at most {available} positions, as many as the bundle's probe has, "
            f"found {positions:,} ({reason})",
            "leave out --positions, or name the model's checkpoint with --checkpoint",
        )
    count = available if positions is None else positions
    description = f"the bundle's own probe, at {count} of its {available} positions ({reason})"
    return lambda: (modality.reference_from_probe(probe.first(count)), description)


def _find_checkpoint(manifest: Manifest, checkpoints: Sequence[Path]) -> Checkpoint | None:
    if manifest.checkpoint is None:
        if checkpoints:
            raise ZlideError(
                manifest.name,
                "expected a bundle that names its checkpoint, found none in its manifest",
                "leave out --checkpoint, or export it with metadata=zlide.Metadata(checkpoint=…)",
            )
        return None
    folders = list(checkpoints) or sorted(
        path.parent for path in Path("weights").glob(f"*/{MODEL}")
    )
    for folder in folders:
        path = folder / MODEL
        if path.is_file() and sha256(path) == manifest.checkpoint:
            return read_checkpoint(folder)
    if checkpoints:
        raise ZlideError(
            ", ".join(map(str, checkpoints)),
            f"expected the checkpoint {manifest.checkpoint[:12]}… "
            f"that {manifest.name} was exported from, found another",
            "export it again, or name its own checkpoint with --checkpoint",
        )
    return None


def _reason_for_probe(manifest: Manifest) -> str:
    """Return why a bundle is compared with its probe and not with a checkpoint."""
    if manifest.checkpoint is None:
        return "the bundle names no checkpoint"
    for path in Path("weights").glob(f"*/{MODEL}"):
        if path.parent.name.lower() == manifest.name:
            return f"{path.parent} is another model; build the site again to show it"
    return "its checkpoint was not found; name it with --checkpoint"


def reference_from_checkpoint(checkpoint: Checkpoint, count: int, seed: int) -> Reference:
    """Return `count` random positions, half of them near an example, and all examples."""
    latents, model = list(checkpoint.examples.values()), checkpoint.model
    positions = random_positions_and_examples(checkpoint.axes, latents, count, seed)
    return checkpoint.modality.reference(
        model.decoder, model.encoder, positions, list(checkpoint.examples)
    )


def _encoder_difference(reference: Reference, found: dict[str, Any]) -> float:
    """Return the largest difference of the posterior means in any dimension."""
    expected = reference.encoded
    if len(found["encoded"]) != len(expected):
        raise ZlideError(
            "verify",
            f"expected {len(expected)} encoded samples, the page sent {len(found['encoded'])}",
            "build the site again",
        )
    means = np.asarray(found["encoded"], np.float32).reshape(expected.shape)
    return float(np.abs(means - expected).max(initial=0.0))


def _z_difference(axes: AxesSet, reference: Reference, found: dict[str, Any]) -> float:
    """Return the largest difference in z.

    It is taken over z itself, over the sliders that z leads back to, in units of z, and over the
    residual.
    """
    sliders, residual = reference.positions.located
    stdev = np.array([axis.stdev for axis in axes.axes], np.float32)  # (K,)
    located = found["located"]
    differences = (
        np.asarray(found["z"], np.float32) - reference.positions.z,
        (np.asarray(located["sliders"], np.float32) - sliders) * stdev,
        np.asarray(located["residual"], np.float32) - residual,
    )
    return float(np.max([np.abs(part).max(initial=0.0) for part in differences]))
