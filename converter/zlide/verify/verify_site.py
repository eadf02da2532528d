"""Verify the bundles of a site: a browser decodes, PyTorch gives the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zlide.bundle import MANIFEST, AxesSet, read_manifest
from zlide.errors import ZlideError
from zlide.files import require_kind
from zlide.modalities import AXES_TOLERANCE, Findings, Reference
from zlide.site import read_site
from zlide.verify.ask_browser import Backend, ProgressCallback, ask_browser
from zlide.verify.author_module import AuthorModule
from zlide.verify.plan_reference import Sources, plan_references


@dataclass(frozen=True)
class Verdict:
    """The result of one bundle.

    reference: what it was compared with, in words: a module, a checkpoint, the samples that the
    export stored, or the bundle's own probe and why.
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
    references: Sequence[Path] = (),
    modules: Sequence[AuthorModule] = (),
    progress: ProgressCallback | None = None,
) -> Iterator[Verdict]:
    """Verify each bundle of `site` at random positions and at all of its examples.

    positions: number of random positions, half of them near an example; None means 1,000. A bundle
    without a checkpoint is compared with the first samples that its export stored, or else with
    those in its probe; None means all of them.
    checkpoints: folders of checkpoints, of which the one with the hash in the manifest is the
    reference. If there are none, `weights/` in the current folder is searched.
    references: files that exports wrote beside bundles; by default they are searched by name.
    modules: the authors' own modules, which decode new positions.
    progress: called with the number of decoded and encoded samples and their total.
    Raises ZlideError for a damaged site, for a checkpoint or a reference of another model, for more
    positions than are stored, and for a browser that fails or falls silent.
    """
    require_kind(
        site,
        "a site",
        dict.fromkeys(("a checkpoint", "a bundle"), "make a site of it with `zlide build`"),
    )
    folders = read_site(site)
    sources = Sources(positions, seed, checkpoints, references, modules)
    pending = plan_references(site, folders, sources)  # before the first browser starts
    for path, compute in zip(folders, pending, strict=True):
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
