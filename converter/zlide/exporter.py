"""The whole program on one screen: check, round, lower, convert, compare, pack."""

from __future__ import annotations

import copy
import importlib.metadata
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from zlide.arguments import folder_name, latents_of, sets_of, title_or
from zlide.axes import Axes
from zlide.bundle import MANIFEST, PARTS, Probe, list_files, shortest, write_examples, write_probe
from zlide.contract import CONTRACT, check_decoder, check_encoder
from zlide.decoders import TextDecoder, TextEncoder
from zlide.equal import compare_sentences, relative_difference
from zlide.errors import ZlideError
from zlide.graph.convert import TOLERANCE
from zlide.graph.text import Parts, convert_axes, convert_decoder, convert_encoder
from zlide.greedy import decode_greedily
from zlide.lowering import Module, bake_parametrizations, lower, round_weights
from zlide.manifest import HASH, ROUNDING, ROUNDINGS, AxesSet, Axis, Manifest, Poster, Rounding, Tokens
from zlide.reading import read_sentences
from zlide.staging import staged_folder
from zlide.vocabulary import Vocabulary

PROBES = 24
"""Positions in a bundle at which the page can check itself."""

POSITIONS = 64
"""Random positions, in σ, at which PyTorch, lowered PyTorch and TensorFlow must decode the same sentences."""

ROWS = 5
"""Rows in the batch with which modules are tried: a prime number, so that nothing else has this size by chance."""

Stages = Callable[[str], None]


@dataclass(frozen=True)
class About:
    """What the manifest says of the weights.

    licence: SPDX identifier or a sentence; checkpoint: SHA-256 of the file that they came from; rounding: how they travel.
    Raises ZlideError for what no manifest takes.
    """

    licence: str | None = None
    checkpoint: str | None = None
    rounding: Rounding = ROUNDING

    def __post_init__(self) -> None:
        if not isinstance(self.licence, str | None):
            raise ZlideError("about", f"expected licence as text, found {self.licence!r}", "give an SPDX identifier, as MIT")
        if self.checkpoint is not None and not (isinstance(self.checkpoint, str) and re.fullmatch(HASH, self.checkpoint)):
            problem = f"expected checkpoint as a SHA-256, 64 digits in lower case, found {self.checkpoint!r}"
            raise ZlideError("about", problem, "give what sha256sum prints of the file")
        if self.rounding not in ROUNDINGS:
            raise ZlideError("about", f"expected rounding {' or '.join(ROUNDINGS)}, found {self.rounding!r}", "leave it out for " + ROUNDING)


@dataclass(frozen=True)
class Report:
    """What an export did: its graphs, how many sentences rounding the weights changed, and seconds by stage."""

    manifest: Manifest
    graphs: Parts
    positions: int
    changed_by_rounding: tuple[int, int]  # at so many of so many positions
    seconds: dict[str, float]


def export(  # noqa: PLR0913 (what a model is made of, each by its name)
    decoder: nn.Module,
    axes: Axes | Sequence[Axes],
    *,
    to: Path | str,
    vocabulary: Vocabulary | Sequence[str],
    examples: Mapping[str, ArrayLike] | None = None,
    encoder: nn.Module | None = None,
    title: str | None = None,
    about: About = About(),
    progress: Stages | None = None,
) -> Report:
    """Write the bundle of a text decoder to the folder `to`, whose name becomes the model's.

    decoder, encoder: keep the contracts `TextDecoder` and `TextEncoder` of `zlide.decoders`.
    axes: one set of sliders or several, each as wide as z; the page begins with the first.
    vocabulary: the words by id; a plain list begins with begin (0) and end (1).
    examples: text → its latent (Z,), for "Load an example".
    title: what the page calls the model.

    Raises ZlideError for everything that the caller can mend, and then writes nothing; above all when lowered PyTorch or
    TensorFlow do not decode what PyTorch does.
    """
    to, clock = Path(to), _Clock(progress or (lambda _: None))
    name = folder_name(to)
    title = title_or(name, title)
    sets = sets_of(axes)
    latents = latents_of(examples, sets[0])
    vocabulary = vocabulary if isinstance(vocabulary, Vocabulary) else Vocabulary(vocabulary)
    if not isinstance(about, About):
        raise ZlideError("about", f"expected zlide.About(…), found {type(about).__name__}", 'give it as zlide.About(licence="MIT")')

    clock("checking the contract")
    if not isinstance(decoder, TextDecoder):
        raise ZlideError("decoder", f"expected the methods start and step, found a {type(decoder).__name__} without", CONTRACT)
    if not isinstance(encoder, TextEncoder | None):
        raise ZlideError("encoder", f"expected the methods start, read and finish, found a {type(encoder).__name__} without", CONTRACT)
    published = _published(decoder, "decoder", about.rounding)
    published_encoder = None if encoder is None else _published(encoder, "encoder", about.rounding)
    z = _some(ROWS, sets[0].latent)
    state = check_decoder(published, z, vocabulary)
    read = () if published_encoder is None else check_encoder(published_encoder, sets[0].latent, vocabulary)
    probe = _probe(published, sets[0], latents, vocabulary)
    changed = _changed_by_rounding(_published(decoder, "decoder", "float32"), published, sets[0], latents, vocabulary)

    with staged_folder(to, MANIFEST, PARTS) as folder:
        clock("lowering")
        lowered = lower(published, "decoder")
        clock("converting the decoder")
        parts = convert_decoder(lowered, z, state, folder)
        for one in sets:
            clock(f"converting the axes {one.name}")
            parts += convert_axes(one, folder)
        if published_encoder is not None:
            clock("converting the encoder")
            lowered_encoder = lower(published_encoder, "encoder")
            parts += convert_encoder(lowered_encoder, read, folder)
            _compare_encoders(published_encoder, {"lowered PyTorch": lowered_encoder, "TensorFlow": parts.encoder()}, probe)
        clock("comparing PyTorch, lowered PyTorch and TensorFlow")
        _compare(published, {"lowered PyTorch": lowered, "TensorFlow": parts.decoder()}, probe, vocabulary)

        clock("packing")
        vocabulary.write(folder / "vocabulary.txt")
        write_probe(folder / "probe.safetensors", _first(probe, PROBES))
        if latents:
            write_examples(folder, latents, sets[0])
        manifest = Manifest(
            name=name,
            title=title,
            licence=about.licence,
            latent=sets[0].latent,
            decoder=parts.text_decoder(),
            encoder=parts.text_encoder() if published_encoder is not None else None,
            tokens=_tokens(vocabulary),
            axes=[_axes_set(one, parts) for one in sets],
            examples="examples.json" if latents else None,
            posters=_posters(published, latents, sets[0], vocabulary),
            probe="probe.safetensors",
            rounding=about.rounding,
            checkpoint=about.checkpoint,
            files=list_files(folder),
            made={name: importlib.metadata.version(name) for name in ("zlide", "torch", "onnx", "onnx-tf", "tensorflow", "tensorflowjs")},
        )
        (folder / MANIFEST).write_text(manifest.write(), "utf-8")
    return Report(manifest, parts, len(probe.z), changed, clock.stop())


class _Clock:
    """Tells which stage begins, and remembers how long each took."""

    def __init__(self, tell: Stages) -> None:
        self.tell = tell
        self.stages: list[tuple[str, float]] = []

    def __call__(self, stage: str) -> None:
        self.tell(stage)
        self.stages.append((stage, perf_counter()))

    def stop(self) -> dict[str, float]:
        ends = [start for _, start in self.stages[1:]] + [perf_counter()]
        return {stage: end - start for (stage, start), end in zip(self.stages, ends, strict=True)}


def _published(module: Module, where: str, rounding: Rounding) -> Module:
    """A copy with the weights as they travel: what "PyTorch" means from here on."""
    if not isinstance(module, nn.Module):
        raise ZlideError(where, f"expected an nn.Module, found {type(module).__name__}")
    try:
        module = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    except RuntimeError as error:
        remedy = "keep no computed tensor on it (self.z = …), and take off hooks that compute weights (remove_weight_norm)"
        raise ZlideError(where, f"cannot be copied: {str(error).partition('. ')[0]}", remedy) from error
    bake_parametrizations(module)
    round_weights(module, rounding)
    return module


def _some(count: int, latent: int) -> Tensor:
    return torch.randn(count, latent, generator=torch.Generator().manual_seed(0))


def random_positions(axes: Axes, residuals: NDArray[np.float32], count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`count` positions: sliders (N, K) uniform within the axes' range, residual (N, Z) of a random example for every second one, else 0."""
    draws = np.random.default_rng(seed)
    sliders = draws.uniform(-axes.range, axes.range, (count, axes.count)).astype(np.float32)
    residual = np.zeros((count, axes.latent), np.float32)
    if len(residuals):
        residual[::2] = residuals[draws.integers(len(residuals), size=len(residual[::2]))]
    return sliders, residual


def _probe(decoder: TextDecoder, axes: Axes, latents: Mapping[str, NDArray[np.float32]], vocabulary: Vocabulary) -> Probe:
    """Random positions, half of them around an example, and what PyTorch decodes there."""
    residuals = np.stack([axes.from_z(z[None])[1][0] for z in latents.values()]) if latents else np.zeros((0, axes.latent), np.float32)
    sliders, residual = random_positions(axes, residuals, POSITIONS, seed=0)
    z = axes.to_z(sliders, residual)
    tokens = np.full((len(z), vocabulary.longest), vocabulary.end, np.int32)
    for row, sentence in zip(tokens, _decode(decoder, z, vocabulary), strict=True):
        row[: len(sentence)] = sentence
    return Probe(sliders, residual, z, tokens)


def _first(probe: Probe, count: int) -> Probe:
    return Probe(probe.sliders[:count], probe.residual[:count], probe.z[:count], probe.tokens[:count])


def _decode(decoder: TextDecoder, z: NDArray[np.float32], vocabulary: Vocabulary) -> list[list[int]]:
    return decode_greedily(decoder, torch.from_numpy(z), begin=vocabulary.begin, end=vocabulary.end, longest=vocabulary.longest)


def _changed_by_rounding(
    decoder: TextDecoder, published: TextDecoder, axes: Axes, latents: Mapping[str, NDArray[np.float32]], vocabulary: Vocabulary
) -> tuple[int, int]:
    """Of so many positions, examples among them, at how many the rounded weights say something else."""
    sliders, residual = random_positions(axes, np.zeros((0, axes.latent), np.float32), 1000, seed=1)
    z = np.concatenate([axes.to_z(sliders, residual), *(z[None] for z in latents.values())])
    before, after = (_decode(d, z, vocabulary) for d in (decoder, published))
    return sum(a != b for a, b in zip(before, after, strict=True)), len(z)


def _compare(decoder: TextDecoder, others: Mapping[str, TextDecoder], probe: Probe, vocabulary: Vocabulary) -> None:
    expected = _decode(decoder, probe.z, vocabulary)
    for name, other in others.items():
        found = _decode(other, probe.z, vocabulary)
        comparison = compare_sentences(decoder, torch.from_numpy(probe.z), expected, found, begin=vocabulary.begin)
        if comparison.wrong:
            first = comparison.wrong[0]
            raise ZlideError(
                "export",
                f"{name} differs from PyTorch at {len(comparison.wrong)} of {comparison.positions} positions, first: expected "
                f"{vocabulary.text(first.expected)!r}, found {vocabulary.text(first.found)!r}",
                "let no Python branch or loop depend on values; if none does, please report this with the module",
            )


def _compare_encoders(encoder: TextEncoder, others: Mapping[str, TextEncoder], probe: Probe) -> None:
    """Read what was decoded, whatever it is, and compare the posterior means."""
    words = torch.from_numpy(probe.tokens).long()
    expected = read_sentences(encoder, words)
    for name, other in others.items():
        difference = relative_difference(expected, read_sentences(other, words))
        if not difference <= TOLERANCE:
            raise ZlideError("export", f"the encoder: {name} differs from PyTorch by {difference:.2g}", "please report this with the module")


def _posters(decoder: TextDecoder, latents: Mapping[str, NDArray[np.float32]], axes: Axes, vocabulary: Vocabulary) -> list[Poster]:
    """The first two examples and what they decode to."""
    some = dict(list(latents.items())[:2])
    if not some:
        return []
    z = np.stack(list(some.values()))
    rows = zip(some, _decode(decoder, z, vocabulary), axes.from_z(z)[0], strict=True)
    return [Poster(text=text, decoded=vocabulary.text(ids), sliders=shortest(sliders)) for text, ids, sliders in rows]


def _tokens(vocabulary: Vocabulary) -> Tokens:
    about = {name: getattr(vocabulary, name) for name in ("begin", "end", "longest", "lower")}
    return Tokens(vocabulary="vocabulary.txt", **about)


def _axes_set(axes: Axes, parts: Parts) -> AxesSet:
    share = [None] * axes.count if axes.share is None else [float(s) for s in axes.share]
    named = [Axis(name=n, stdev=float(d), share=s) for n, d, s in zip(axes.names, axes.stdev, share, strict=True)]
    to, back = parts.axes(axes.name)
    return AxesSet(name=axes.name, shown=min(axes.shown, axes.count), range=axes.range, axes=named, to=to, from_=back)
