"""What a sentence VAE can do, in figures: does it give sentences back, and is what lies between them readable?"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.checkpoint import SentenceVAE
from zlide.decoders import decode_greedily
from zlide.errors import ZlideError
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.trigram import Trigrams
from zlide.tokenize import tokenize
from zlide.vocabulary import Vocabulary

DRAWS = 1000  # sentences behind each perplexity of decoded text
AXES = 5  # the axes that the page shows first
STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # σ
ROWS = 100  # held-out sentences behind `variety`

_ACTIVE = 0.01  # variance of a posterior mean, from Burda et al. 2016, section 5.2
_DISTINCT = 3  # sentences in a row of seven that make it a varied one

Stages = Callable[[str, int, int], None]
"""Progress for people: the name of the stage, and how many of how many are done."""

Array = NDArray[np.float32]


def evaluate(
    model: SentenceVAE,
    corpus: Corpus,
    axes: Axes,
    training: Posteriors | None = None,
    *,
    seed: int = 1,
    progress: Stages | None = None,
) -> dict[str, Any]:
    """Every figure of `evaluation.json` that is a number.

    training: the posteriors of `corpus.sentences()`, computed when not given.
    The same model, corpus, axes and seed give the same figures.
    Raises ZlideError for a corpus with another vocabulary than the model's, or with nothing held out.
    """
    _check(model, corpus)
    tell = progress or _silent
    if training is None:
        coded = [corpus.encode(s) for s in corpus.sentences()]
        training = encode_corpus(
            model.encoder,
            coded,
            lambda done, total: tell("encoding the training sentences", done, total),
        )
    decoder = Texts(model, corpus.vocabulary, tell)
    parts = {name: part for name, part in corpus.held_out.items() if part}
    held = [s for part in parts.values() for s in part]
    posteriors = encode_corpus(model.encoder, [corpus.encode(s) for s in held])
    draws = np.random.default_rng(seed)

    decoded = decoder("reconstructing held-out sentences", posteriors.means)
    some = posteriors.means[draws.permutation(len(held))[:DRAWS]]
    samples = {
        "moved": decoder("moving held-out sentences", moved(some, axes, draws)),
        "aggregate": decoder("sampling the aggregate posterior", training.draw(DRAWS, draws)),
        "prior": decoder(
            "sampling the prior", draws.standard_normal((DRAWS, axes.latent_size), np.float32)
        ),
    }
    rows = draws.permutation(len(held))[:ROWS]
    varied = decoder("moving along each axis", strips(posteriors.means[rows], axes))
    tell("counting trigrams", 0, 1)
    trigrams = Trigrams(corpus.sentences())
    tell("counting trigrams", 1, 1)
    by_file = _split(list(zip(held, decoded, strict=True)), parts)
    return {
        "exact": exact(held, decoded),
        "words": words(held, decoded),
        "unknown": unknown([*decoded, *varied, *(s for part in samples.values() for s in part)]),
        "active": int((posteriors.means.var(axis=0) > _ACTIVE).sum()),
        "kl": float(posteriors.kl().mean()),
        "perplexity": {
            "held_out": trigrams.perplexity(held),
            "shuffled": trigrams.perplexity(shuffled(held, seed)),
            **{name: trigrams.perplexity(part) for name, part in samples.items()},
        },
        "corpora": {
            name: {
                "exact": exact(*zip(*pairs, strict=True)),
                "words": words(*zip(*pairs, strict=True)),
            }
            for name, pairs in by_file.items()
        },
        "variety": variety(varied),
    }


class Texts:
    """z → texts, greedily, telling how far it is."""

    def __init__(
        self, model: SentenceVAE, words: Sequence[str], progress: Stages | None = None
    ) -> None:
        self._decoder = model.decoder
        self._vocabulary = Vocabulary(
            words,
            begin=model.config.begin,
            end=model.config.end,
            max_length=model.config.max_length,
        )
        self._tell = progress or _silent

    def __call__(self, stage: str, z: Array) -> list[str]:
        """z (N, Z) → N texts, words joined by single spaces."""
        words = self._vocabulary
        texts: list[str] = []
        for part in torch.from_numpy(np.ascontiguousarray(z, np.float32)).split(256):
            texts += map(
                words.text,
                decode_greedily(
                    self._decoder,
                    part,
                    begin=words.begin,
                    end=words.end,
                    max_length=words.max_length,
                ),
            )
            self._tell(stage, len(texts), len(z))
        return texts


def exact(sentences: Sequence[str], decoded: Sequence[str]) -> float:
    """Share of sentences that came back word for word."""
    return sum(a == b for a, b in zip(sentences, decoded, strict=True)) / len(sentences)


def words(sentences: Sequence[str], decoded: Sequence[str]) -> float:
    """Share of words that stand at their place; positions beyond the shorter of the two count as wrong."""
    pairs = [(a.split(), b.split()) for a, b in zip(sentences, decoded, strict=True)]
    right = sum(x == y for a, b in pairs for x, y in zip(a, b, strict=False))
    return right / sum(max(len(a), len(b)) for a, b in pairs)


def unknown(decoded: Sequence[str]) -> int:
    """Decoded tokens that are no words, such as <unk> or <begin>."""
    return sum(
        tokenize(word, lower=False) != [word] for sentence in decoded for word in sentence.split()
    )


def shuffled(sentences: Sequence[str], seed: int) -> list[str]:
    """The same sentences, the words of each in random order: how word salad scores."""
    order = random.Random(seed)  # noqa: S311 (no secret)
    return [" ".join(order.sample(split, len(split))) for split in map(str.split, sentences)]


def moved(means: Array, axes: Axes, draws: np.random.Generator) -> Array:
    """Means (N, Z) moved by N(0, 1) σ along each of the first five axes, all at once: a reader who moved every slider a little."""
    first = axes.scaled[:AXES]
    return means + draws.standard_normal((len(means), len(first)), np.float32) @ first


def strips(means: Array, axes: Axes) -> Array:
    """Means (N, Z) → N · 5 · 7 positions, axis by axis: one slider set to −3 … 3 σ, the others and the residual as they are."""
    sliders, residual = axes.from_z(means)
    first = min(AXES, axes.count)
    all_sliders = np.broadcast_to(
        sliders[:, None, None], (len(means), first, len(STEPS), axes.count)
    ).copy()
    for axis in range(first):
        all_sliders[:, axis, :, axis] = STEPS
    validation_positions = np.broadcast_to(
        residual[:, None, None], (len(means), first, len(STEPS), axes.latent_size)
    )
    return axes.to_z(
        all_sliders.reshape(-1, axes.count), validation_positions.reshape(-1, axes.latent_size)
    )


def variety(decoded: Sequence[str]) -> float:
    """Share of the seven-step rows in what `strips` gave, decoded, that hold at least three distinct sentences."""
    rows = [decoded[i : i + len(STEPS)] for i in range(0, len(decoded), len(STEPS))]
    return sum(len(set(row)) >= _DISTINCT for row in rows) / len(rows)


def _check(model: SentenceVAE, corpus: Corpus) -> None:
    if len(corpus.vocabulary) != model.config.vocabulary:
        problem = f"expected the vocabulary of {model.config.vocabulary} words that the model was trained with, found {len(corpus.vocabulary)}"
        raise ZlideError(
            "corpus", problem, "give the files and the recipe that it was trained with"
        )
    if not any(corpus.held_out.values()):
        raise ZlideError("corpus", "expected held-out sentences, found none", "hold some out")


def _split(
    pairs: list[tuple[str, str]], parts: dict[str, list[str]]
) -> dict[str, list[tuple[str, str]]]:
    """What belongs to each file, `pairs` being in the order of the files."""
    rest = iter(pairs)
    return {name: [next(rest) for _ in part] for name, part in parts.items()}


def _silent(stage: str, done: int, total: int) -> None:
    """Say nothing."""
