"""A real browser opens the built site and reports what it decoded; PyTorch says whether that is right."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import numpy as np

from zlide.axes import Axes
from zlide.bundle import (
    MANIFEST,
    AxesSet,
    Manifest,
    read_bundle,
    read_examples,
    read_manifest,
    read_probe,
    sha256,
)
from zlide.checkpoint import MODEL, Checkpoint, SentenceCheckpoint, read_checkpoint
from zlide.errors import ZlideError
from zlide.files import require_kind
from zlide.quantization import quantize_weights
from zlide.site import read_site, serve
from zlide.verify.browser import headless
from zlide.verify.reference import Findings, Reference, image, text
from zlide.vocabulary import read_words

AXES_TOLERANCE = 1e-4  # of z, per dimension
POSITIONS = 1000  # random ones, unless others are asked for
SILENCE = 120.0  # seconds without a word from the browser after which it is given up

Progress = Callable[[int, int], None]
Backend = Literal["wasm", "webgl"]


@dataclass(frozen=True)
class Verdict:
    """How a bundle fared. `truth` says what it was compared with: PyTorch from a checkpoint, or only the bundle's own probe, and why."""

    name: str
    truth: str
    browser: str
    backend: str
    samples: Findings
    z_difference: float  # of what the axes make of sliders, and of where they lead z back to, a σ being as long as it is in z
    encoded: int
    encoder_difference: float
    encoder_tolerance: float
    tensors: tuple[int | None, int | None]  # alive after 10 and after 500 decodes
    milliseconds: float  # median of a decode

    @property
    def good(self) -> bool:
        """Whether the page may be trusted."""
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
    against: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Iterator[Verdict]:
    """Check every bundle of `site` at `positions` random positions, half of them around an example, and at all examples.

    positions: 1,000 where it is None. A bundle without a checkpoint holds PyTorch's samples of a few positions, its probe: all of
    them are compared where `positions` is None, and more cannot be asked for.
    against: folders of checkpoints; the one whose hash the manifest carries is the truth. Without any, `weights/` here is searched.
    Raises ZlideError for a site that is damaged, a checkpoint that is not the bundle's, more positions than a probe holds, and a
    browser that fails or falls silent.
    """
    require_kind(
        site,
        "a site",
        dict.fromkeys(("a checkpoint", "a bundle"), "make a site of it with `zlide build`"),
    )
    for path, reference_of_checkpoint in [
        (path, _truth_of(site / path, positions, seed, against)) for path in read_site(site)
    ]:
        truth, of = reference_of_checkpoint()
        yield check_bundle(
            site, path, truth, of=of, browser=browser, backend=backend, progress=progress
        )


def _truth_of(
    bundle: Path, positions: int | None, seed: int, against: Sequence[Path]
) -> Callable[[], tuple[Reference, str]]:
    """What a bundle is to be compared with, and whose it is, computed when it is called. Raises ZlideError for what cannot be compared."""
    manifest = read_bundle(bundle)
    checkpoint = _find_checkpoint(manifest, against)
    if checkpoint is None:
        held, why = len(_by_probe(bundle, manifest).places.z), _why_probe(manifest)
        if positions is not None and positions > held:
            problem = f"expected at most {held} positions, all that the bundle's probe holds, found {positions:,} ({why})"
            raise ZlideError(
                f"{manifest.name}, --positions",
                problem,
                "leave out --positions, or name the model's checkpoint with --checkpoint",
            )
        compared = held if positions is None else positions
        of = f"the bundle's own probe, at {compared} of the {held} positions that it holds ({why})"
        return lambda: (_by_probe(bundle, manifest, positions), of)

    def compute() -> tuple[Reference, str]:
        quantize_weights(checkpoint.model, manifest.precision)
        _same_beside(bundle, manifest, checkpoint)
        return _by_checkpoint(
            checkpoint, POSITIONS if positions is None else positions, seed
        ), f"PyTorch, from {checkpoint.folder}"

    return compute


def check_bundle(  # noqa: PLR0913 (as above)
    site: Path,
    path: str,
    truth: Reference,
    *,
    of: str = "PyTorch",
    browser: str = "chromium",
    backend: Backend = "wasm",
    progress: Progress | None = None,
) -> Verdict:
    """Let a browser decode the bundle at `path` of `site` and compare with `truth`; `of` says whose it is.

    Raises ZlideError for a page that cannot decode, and a browser that fails or falls silent.
    """
    found, parts = _ask_browser(
        site, path, truth, browser, backend, progress or (lambda _done, _total: None)
    )
    manifest = read_manifest(site / path / MANIFEST)
    if len(found["encoded"]) != len(truth.encoded):
        problem = (
            f"asked to encode {len(truth.encoded)} samples, the page sent {len(found['encoded'])}"
        )
        raise ZlideError("verify", problem, "build the site again")
    encoded = np.asarray(found["encoded"], np.float32).reshape(truth.encoded.shape)
    return Verdict(
        name=manifest.name,
        truth=of,
        browser=found["agent"],
        backend=found["backend"],
        samples=truth.judge(found, parts),
        z_difference=_z_difference(manifest.axes[0], truth, found),
        encoded=len(truth.encoded),
        encoder_difference=float(np.abs(encoded - truth.encoded).max(initial=0.0)),
        encoder_tolerance=truth.tolerance,
        tensors=(found["tensors"]["after10"], found["tensors"]["after500"]),
        milliseconds=float(np.median(found["milliseconds"]))
        if found["milliseconds"]
        else float("nan"),
    )


def _find_checkpoint(manifest: Manifest, against: Sequence[Path]) -> Checkpoint | None:
    if manifest.checkpoint is None:
        if against:
            remedy = "leave out --checkpoint, or export it with about=zlide.About(checkpoint=…)"
            raise ZlideError(
                manifest.name,
                "the bundle names no checkpoint that it could be compared with",
                remedy,
            )
        return None
    folders = list(against) or sorted(path.parent for path in Path("weights").glob(f"*/{MODEL}"))
    for folder in folders:
        path = folder / MODEL
        if path.is_file() and sha256(path) == manifest.checkpoint:
            return read_checkpoint(folder)
    if against:
        names = ", ".join(map(str, against))
        problem = f"expected the checkpoint {manifest.checkpoint[:12]}… that {manifest.name} was exported from, found another"
        raise ZlideError(names, problem, "export again, or name its folder")
    return None


def _why_probe(manifest: Manifest) -> str:
    """Why a bundle was not compared with a checkpoint."""
    if manifest.checkpoint is None:
        return "the bundle names no checkpoint"
    for path in Path("weights").glob(f"*/{MODEL}"):
        if path.parent.name.lower() == manifest.name:
            return (
                f"{path.parent} is another model than the site's; build the site again to show it"
            )
    return "its checkpoint was not found; name it with --checkpoint"


def _by_checkpoint(checkpoint: Checkpoint, positions: int, seed: int) -> Reference:
    if isinstance(checkpoint, SentenceCheckpoint):
        return text.reference_of_checkpoint(checkpoint, positions, seed)
    return image.reference_of_checkpoint(checkpoint, positions, seed)


def _by_probe(bundle: Path, manifest: Manifest, positions: int | None = None) -> Reference:
    """What the bundle itself says that PyTorch decoded at the first `positions` of its probe, or at all of them."""
    if manifest.tokens is None:
        return image.reference_in_probe(bundle / manifest.probe, positions)
    words = read_words(bundle / manifest.tokens.vocabulary)
    return text.reference_in_probe(
        read_probe(bundle / manifest.probe), manifest.tokens, words, positions
    )


def _same_beside(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> None:
    """Compare what the page shows beside its graphs, which are compared by ids: words, examples, posters, axes. Raises ZlideError where they differ.

    The weights of `checkpoint` are as they travel.
    """
    others: list[str] = []
    sets: tuple[Axes, ...]
    if isinstance(checkpoint, SentenceCheckpoint):
        others += _other_words(bundle, manifest, checkpoint)
        sets, posters = (
            (checkpoint.axes,),
            text.true_posters(manifest.posters, checkpoint, AXES_TOLERANCE),
        )
    else:
        sets, posters = (
            checkpoint.sets,
            image.true_posters(manifest.posters, checkpoint, AXES_TOLERANCE),
        )
    theirs = read_examples(bundle / manifest.examples, checkpoint.axes) if manifest.examples else {}
    mine = checkpoint.examples
    if list(theirs) != list(mine) or any(
        np.abs(theirs[name] - mine[name]).max() > AXES_TOLERANCE for name in mine
    ):
        others.append("examples")
    if not posters:
        others.append("posters")
    if [one.name for one in sets] != [one.name for one in manifest.axes]:
        others.append("sets of axes")
    for one, axes in zip(manifest.axes, sets, strict=False):
        found, expected = _shown(one), _of_axes(axes)
        others += [f"{key} of the axes" for key in expected if found[key] != expected[key]]
    if others:
        raise ZlideError(
            bundle, f"other {', '.join(others)} than {checkpoint.folder} has", "export it again"
        )


def _other_words(bundle: Path, manifest: Manifest, checkpoint: SentenceCheckpoint) -> list[str]:
    tokens, ours = manifest.tokens, checkpoint.vocabulary
    if tokens is None:
        return ["kind of sample"]
    others = [] if read_words(bundle / tokens.vocabulary) == list(ours.words) else ["vocabulary"]
    same = (tokens.begin, tokens.end, tokens.max_length, tokens.lower) == (
        ours.begin,
        ours.end,
        ours.max_length,
        ours.lower,
    )
    return others if same else [*others, "tokens"]


def _shown(one: AxesSet) -> dict[str, object]:
    """What the page shows of a set of axes."""
    return {
        "range": one.range,
        "default_count": one.default_count,
        **{
            f"{key}s": [getattr(axis, key) for axis in one.axes]
            for key in ("name", "stdev", "share")
        },
    }


def _of_axes(axes: Axes) -> dict[str, object]:
    share = [None] * axes.count if axes.share is None else axes.share.tolist()
    shown = min(axes.default_count, axes.count)
    return {
        "range": axes.range,
        "default_count": shown,
        "names": list(axes.names),
        "stdevs": axes.stdev.tolist(),
        "shares": share,
    }


def _ask_browser(
    site: Path, path: str, truth: Reference, browser: str, backend: Backend, progress: Progress
) -> tuple[dict[str, Any], list[bytes]]:
    """Serve the site with the job beside it, open verify.html, and wait for what it posts: a result, and parts of pictures."""
    places = truth.places
    job = {
        "bundle": path,
        "backend": backend,
        "sliders": places.sliders.tolist(),
        "residual": places.residual.tolist(),
        "z": places.z.tolist(),
        "batch": 1,
        **truth.job(),
    }
    answer: dict[str, Any] = {}
    parts: list[bytes] = []
    heard, done = [monotonic()], threading.Event()

    def hear(body: bytes) -> bytes:
        message = json.loads(body)
        heard[0] = monotonic()
        if "part" in message:
            parts.append(base64.b64decode(message["part"]))
        progress(int(message["done"]), int(message["total"]))
        return b"{}"

    def finish(body: bytes) -> bytes:
        answer.update(json.loads(body))
        done.set()
        return b"{}"

    routes = {
        "GET /job.json": lambda _: json.dumps(job).encode(),
        "POST /progress": hear,
        "POST /result": finish,
    }
    with (
        serve(site, port=0, routes=routes) as server,
        headless(f"{server.url}verify.html?job", browser) as running,
    ):
        while not done.wait(0.1):
            running.check()
            if monotonic() - heard[0] > SILENCE:
                remedy = f"open {server.url}verify.html?job in it by hand, or try another browser"
                raise ZlideError("verify", f"the browser said nothing for {SILENCE:.0f} s", remedy)
    if "error" in answer:
        raise ZlideError(
            site / path, f"the page could not decode: {answer['error']}", "build the site again"
        )
    return answer, parts


def _z_difference(one: AxesSet, truth: Reference, found: dict[str, Any]) -> float:
    """The largest difference in z, of what sliders and residual lead to, and of the sliders and the residual that z leads back to."""
    sliders, residual = truth.places.located
    stdev = np.array([axis.stdev for axis in one.axes], np.float32)  # (K,)
    there = np.asarray(found["z"], np.float32) - truth.places.z
    along = (np.asarray(found["located"]["sliders"], np.float32) - sliders) * stdev
    beside = np.asarray(found["located"]["residual"], np.float32) - residual
    return float(np.max([np.abs(part).max(initial=0.0) for part in (there, along, beside)]))
