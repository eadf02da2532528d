"""A real browser opens the built site and reports what it decoded; PyTorch says whether that is right."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.browser import headless
from zlide.bundle import MANIFEST, Probe, read_bundle, read_examples, read_probe, sha256
from zlide.checkpoint import MODEL, Checkpoint, read_checkpoint
from zlide.decoders import TextDecoder
from zlide.equal import Comparison, Difference, compare_sentences
from zlide.errors import ZlideError
from zlide.greedy import decode_greedily
from zlide.lowering import round_weights
from zlide.manifest import AxesSet, Manifest, Poster, Tokens, read_manifest
from zlide.positions import random_positions
from zlide.serve import serve
from zlide.site import read_site
from zlide.vocabulary import Vocabulary, read_words
from zlide.words import split_words

ENCODED = 200  # sentences given to the encoder
ENCODER_TOLERANCE = 1e-4  # largest difference of a posterior mean, per dimension
AXES_TOLERANCE = 1e-4  # of z, per dimension
SILENCE = 120.0  # seconds without a word from the browser after which it is given up

Progress = Callable[[int, int], None]
Sentences = list[list[int]]


@dataclass(frozen=True)
class Truth:
    """What PyTorch says: at sliders (N, K) and residual (N, Z) lies z (N, Z), and these sentences are decoded there; and what it encodes.

    located: the sliders (N, K) and the residual (N, Z) to which z leads back; others than it came from, where that residual was partly along an axis.
    """

    sliders: NDArray[np.float32]
    residual: NDArray[np.float32]
    z: NDArray[np.float32]
    located: tuple[NDArray[np.float32], NDArray[np.float32]]
    sentences: Sentences
    compare: Callable[[Sentences], Comparison]
    encode: Sentences
    encoded: NDArray[np.float32]  # (len(encode), Z)


@dataclass(frozen=True)
class Verdict:
    """How a bundle fared. `checkpoint` is None when only the bundle's own probe could be checked."""

    name: str
    checkpoint: Path | None
    browser: str
    backend: str
    comparison: Comparison
    z_difference: float  # of what the axes make of sliders, and of where they lead z back to, a σ being as long as it is in z
    encoded: int
    encoder_difference: float
    tensors: tuple[int | None, int | None]  # alive after 10 and after 500 decodes
    milliseconds: float  # median of a decode
    words: list[str]  # the bundle's vocabulary, to say what differs

    @property
    def good(self) -> bool:
        """Whether the page may be trusted."""
        first, last = self.tensors
        return (
            self.comparison.equal
            and self.z_difference <= AXES_TOLERANCE
            and self.encoder_difference <= ENCODER_TOLERANCE
            and (first is None or last is None or first == last)
        )


def verify(
    site: Path, *, positions: int = 1000, seed: int = 0, browser: str = "chromium", against: Sequence[Path] = (), progress: Progress | None = None
) -> Iterator[Verdict]:
    """Check every bundle of `site` at `positions` random positions, half of them around an example, and at all examples.

    against: folders of checkpoints; the one whose hash the manifest carries is the truth. Without any, `weights/` here is searched.
    Raises ZlideError for a site that is damaged, a checkpoint that is not the bundle's, and a browser that fails or falls silent.
    """
    for path in read_site(site):
        manifest = read_bundle(site / path)
        if manifest.tokens is None:
            raise ZlideError(site / path / MANIFEST, f"cannot verify a decoder of kind {manifest.decoder.kind!r}", "use a newer zlide")
        checkpoint = _find_checkpoint(manifest, against)
        if checkpoint:
            truth = _by_checkpoint(checkpoint, manifest, positions, seed)
            _same_beside(site / path, manifest, checkpoint)
        else:
            truth = _by_probe(read_probe(site / path / manifest.probe), manifest.tokens)
        yield check_bundle(site, path, truth, browser=browser, progress=progress, checkpoint=checkpoint.folder if checkpoint else None)


def check_bundle(
    site: Path, path: str, truth: Truth, *, browser: str = "chromium", progress: Progress | None = None, checkpoint: Path | None = None
) -> Verdict:
    """Let a browser decode the bundle at `path` of `site` and compare with `truth`, which came from `checkpoint`, if from any.

    Raises ZlideError for a page that cannot decode, and a browser that fails or falls silent.
    """
    found = _ask_browser(site, path, truth, browser, progress or (lambda _done, _total: None))
    manifest = read_manifest(site / path / MANIFEST)
    words = read_words(site / path / manifest.tokens.vocabulary) if manifest.tokens else []
    return _judge(manifest, words, checkpoint, truth, found)


def truth_at(decoder: TextDecoder, axes: Axes, vocabulary: Vocabulary, sliders: NDArray[np.float32], residual: NDArray[np.float32]) -> Truth:
    """What `decoder`, whose weights are as they travel, says at sliders (N, K) and residual (N, Z); nothing is encoded."""
    z = torch.from_numpy(axes.to_z(sliders, residual))
    sentences = decode_greedily(decoder, z, begin=vocabulary.begin, end=vocabulary.end, longest=vocabulary.longest)

    def compare(found: Sentences) -> Comparison:
        return compare_sentences(decoder, z, sentences, found, begin=vocabulary.begin)

    return Truth(sliders, residual, z.numpy(), axes.from_z(z.numpy()), sentences, compare, [], np.zeros((0, axes.latent), np.float32))


def _find_checkpoint(manifest: Manifest, against: Sequence[Path]) -> Checkpoint | None:
    folders = list(against) or sorted(path.parent for path in Path("weights").glob(f"*/{MODEL}"))
    for folder in folders:
        path = folder / MODEL
        if path.is_file() and sha256(path) == manifest.checkpoint:
            return read_checkpoint(folder)
    if against:
        names = ", ".join(map(str, against))
        problem = f"expected the checkpoint {str(manifest.checkpoint)[:12]}… that {manifest.name} was exported from, found another"
        raise ZlideError(names, problem, "export again, or name its folder")
    return None


def _same_beside(bundle: Path, manifest: Manifest, checkpoint: Checkpoint) -> None:
    """Compare what the page shows beside its graphs, which are compared by ids: words, examples, posters, axes. Raises ZlideError where they differ.

    The weights of `checkpoint` are as they travel.
    """
    tokens, ours = manifest.tokens, checkpoint.vocabulary
    assert tokens is not None  # noqa: S101 (checked by the caller)
    others = []
    if read_words(bundle / tokens.vocabulary) != list(ours.words):
        others.append("vocabulary")
    if (tokens.begin, tokens.end, tokens.longest, tokens.lower) != (ours.begin, ours.end, ours.longest, ours.lower):
        others.append("tokens")
    theirs = read_examples(bundle / manifest.examples, checkpoint.axes) if manifest.examples else {}
    mine = checkpoint.examples
    if list(theirs) != list(mine) or any(np.abs(theirs[text] - mine[text]).max() > AXES_TOLERANCE for text in mine):
        others.append("examples")
    if not _true_posters(manifest.posters, checkpoint):
        others.append("posters")
    shown, axes = _shown(manifest.axes[0]), _of_axes(checkpoint.axes)
    others += [f"{key} of the axes" for key in axes if shown[key] != axes[key]]
    if others:
        raise ZlideError(bundle, f"other {', '.join(others)} than {checkpoint.folder} has", "export it again")


def _true_posters(posters: Sequence[Poster], checkpoint: Checkpoint) -> bool:
    """Whether each shows an example where it is, and what PyTorch decodes there."""
    axes, vocabulary, latents = checkpoint.axes, checkpoint.vocabulary, checkpoint.examples
    if not all(poster.text in latents for poster in posters):
        return False
    if not posters:
        return True
    sliders, residual = axes.from_z(np.stack([latents[poster.text] for poster in posters]))
    truth = truth_at(checkpoint.model.decoder, axes, vocabulary, sliders, residual)
    found = [[vocabulary.ids.get(word, -1) for word in poster.decoded.split()] for poster in posters]
    return not truth.compare(found).wrong and bool(np.abs(np.array([poster.sliders for poster in posters]) - sliders).max() <= AXES_TOLERANCE)


def _shown(one: AxesSet) -> dict[str, object]:
    """What the page shows of a set of axes."""
    return {"range": one.range, "shown": one.shown, **{f"{key}s": [getattr(axis, key) for axis in one.axes] for key in ("name", "stdev", "share")}}


def _of_axes(axes: Axes) -> dict[str, object]:
    share = [None] * axes.count if axes.share is None else axes.share.tolist()
    shown = min(axes.shown, axes.count)
    return {"range": axes.range, "shown": shown, "names": list(axes.names), "stdevs": axes.stdev.tolist(), "shares": share}


def _by_checkpoint(checkpoint: Checkpoint, manifest: Manifest, positions: int, seed: int) -> Truth:
    axes, vocabulary, model = checkpoint.axes, checkpoint.vocabulary, checkpoint.model
    round_weights(model, manifest.rounding)
    examples = np.stack(list(checkpoint.examples.values())) if checkpoint.examples else np.zeros((0, axes.latent), np.float32)
    own, residuals = axes.from_z(examples)
    sliders, residual = random_positions(axes, residuals, positions, seed)
    sliders, residual = np.concatenate([sliders, own]), np.concatenate([residual, residuals])
    truth = truth_at(model.decoder, axes, vocabulary, sliders, residual)
    split = [split_words(text, lower=vocabulary.lower) for text in checkpoint.examples]
    texts = [[vocabulary.ids[word] for word in words] for words in split if words and all(word in vocabulary.ids for word in words)]
    encode = [*texts, *(s for s in truth.sentences if s)][:ENCODED]
    with torch.no_grad():
        means = [model.encoder(torch.tensor([words]))[0][0] for words in encode]
    return replace(truth, encode=encode, encoded=torch.stack(means).numpy()) if means else truth


def _by_probe(probe: Probe, tokens: Tokens) -> Truth:
    """What the bundle itself says that PyTorch decoded: no logits are known, so that nothing can be excused."""
    sentences = [[int(t) for t in (row[: list(row).index(tokens.end)] if tokens.end in row else row)] for row in probe.tokens]

    def compare(found: Sentences) -> Comparison:
        wrong = [Difference(i, 0, a, b, float("inf")) for i, (a, b) in enumerate(zip(sentences, found, strict=True)) if a != b]
        return Comparison(len(sentences), [], wrong)

    located = probe.sliders, probe.residual  # which was of no axis
    return Truth(probe.sliders, probe.residual, probe.z, located, sentences, compare, [], np.zeros((0, probe.z.shape[1]), np.float32))


def _ask_browser(site: Path, path: str, truth: Truth, browser: str, progress: Progress) -> dict[str, Any]:
    """Serve the site with the job beside it, open verify.html, and wait for what it posts."""
    job = {
        "bundle": path,
        "sliders": truth.sliders.tolist(),
        "residual": truth.residual.tolist(),
        "z": truth.z.tolist(),
        "batch": 1,
        "encode": truth.encode,
    }
    answer: dict[str, Any] = {}
    heard, done = [monotonic()], threading.Event()

    def hear(body: bytes) -> bytes:
        message = json.loads(body)
        heard[0] = monotonic()
        progress(int(message["done"]), int(message["total"]))
        return b"{}"

    def finish(body: bytes) -> bytes:
        answer.update(json.loads(body))
        done.set()
        return b"{}"

    routes = {"GET /job.json": lambda _: json.dumps(job).encode(), "POST /progress": hear, "POST /result": finish}
    with serve(site, port=0, routes=routes) as server, headless(f"{server.url}verify.html?job", browser) as running:
        while not done.wait(0.1):
            running.check()
            if monotonic() - heard[0] > SILENCE:
                remedy = f"open {server.url}verify.html?job in it by hand, or try another browser"
                raise ZlideError("verify", f"the browser said nothing for {SILENCE:.0f} s", remedy)
    if "error" in answer:
        raise ZlideError(site / path, f"the page could not decode: {answer['error']}", "build the site again")
    return answer


def _judge(manifest: Manifest, words: list[str], checkpoint: Path | None, truth: Truth, found: dict[str, Any]) -> Verdict:
    if len(found["tokens"]) != len(truth.sentences) or len(found["encoded"]) != len(truth.encode):
        raise ZlideError("verify", f"asked for {len(truth.sentences)} sentences, the page sent {len(found['tokens'])}", "build the site again")
    if strange := {t for sentence in found["tokens"] for t in sentence if not 0 <= t < len(words)}:
        raise ZlideError("verify", f"the page sent {sorted(strange)[:3]}, expected ids of {len(words)} words", "build the site again")
    encoded = np.asarray(found["encoded"], np.float32).reshape(truth.encoded.shape)
    return Verdict(
        name=manifest.name,
        checkpoint=checkpoint,
        browser=found["agent"],
        backend=found["backend"],
        comparison=truth.compare(found["tokens"]),
        z_difference=_z_difference(manifest.axes[0], truth, found),
        encoded=len(truth.encode),
        encoder_difference=float(np.abs(encoded - truth.encoded).max(initial=0.0)),
        tensors=(found["tensors"]["after10"], found["tensors"]["after500"]),
        milliseconds=float(np.median(found["milliseconds"])) if found["milliseconds"] else float("nan"),
        words=words,
    )


def _z_difference(one: AxesSet, truth: Truth, found: dict[str, Any]) -> float:
    """The largest difference in z, of what sliders and residual lead to, and of the sliders and the residual that z leads back to."""
    sliders, residual = truth.located
    stdev = np.array([axis.stdev for axis in one.axes], np.float32)  # (K,)
    there = np.asarray(found["z"], np.float32) - truth.z
    along = (np.asarray(found["located"]["sliders"], np.float32) - sliders) * stdev
    beside = np.asarray(found["located"]["residual"], np.float32) - residual
    return float(np.max([np.abs(part).max(initial=0.0) for part in (there, along, beside)]))
