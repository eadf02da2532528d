"""The figures of a sentence VAE: reconstruction, and readability of what lies between."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.checkpoint import SentenceVAE
from zlide.errors import ZlideError
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.greedy_decoder import GreedyDecoder, StageProgress, ignore_progress
from zlide.recipes.sentences.trigram import Trigrams
from zlide.tokenize import tokenize

DRAWS = 1000  # decoded sentences for each perplexity
AXES = 5  # the axes that the page shows first
STEPS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # σ, of a traversal
ROWS = 100  # held-out sentences for `variety`

_ACTIVE = 0.01  # variance of a posterior mean, from Burda et al. 2016, section 5.2
_MIN_DISTINCT = 3  # distinct sentences of a varied traversal

Array = NDArray[np.float32]


def evaluate(
    model: SentenceVAE,
    corpus: Corpus,
    axes: Axes,
    training: Posteriors | None = None,
    *,
    seed: int = 1,
    progress: StageProgress | None = None,
) -> dict[str, Any]:
    """Return the figures of `evaluation.json`.

    training: the posteriors of `corpus.sentences()`, computed if not given.
    The same model, corpus, axes and seed give the same figures.
    Raises ZlideError if the corpus has another vocabulary than the model, or nothing held out.
    """
    _check(model, corpus)
    progress = progress or ignore_progress
    training = training or encode_training(model, corpus, progress)
    decode = GreedyDecoder(model, corpus.vocabulary, progress)
    held_out = corpus.held_out_sentences()
    posteriors = encode_corpus(model.encoder, [corpus.encode(s) for s in held_out])
    means = posteriors.means
    draws = np.random.default_rng(seed)

    decoded = decode("reconstructing held-out sentences", means)
    start = means[draws.permutation(len(held_out))[:DRAWS]]
    samples = {
        "moved": decode("moving held-out sentences", move_randomly(start, axes, draws)),
        "aggregate": decode("sampling the aggregate posterior", training.draw(DRAWS, draws)),
        "prior": decode(
            "sampling the prior", draws.standard_normal((DRAWS, axes.latent_size), np.float32)
        ),
    }
    rows = draws.permutation(len(held_out))[:ROWS]
    traversed = decode("moving along each axis", traversals(means[rows], axes))
    progress("counting trigrams", 0, 1)
    trigrams = Trigrams(corpus.sentences())
    progress("counting trigrams", 1, 1)
    return {
        **_reconstruction(held_out, decoded),
        "unknown": count_unknown([*decoded, *traversed, *(s for p in samples.values() for s in p)]),
        "active": int((means.var(axis=0) > _ACTIVE).sum()),
        "kl": float(posteriors.kl().mean()),
        "perplexity": {
            "held_out": trigrams.perplexity(held_out),
            "shuffled": trigrams.perplexity(shuffle_words(held_out, seed)),
            **{name: trigrams.perplexity(part) for name, part in samples.items()},
        },
        "corpora": _by_file(corpus.held_out, decoded),
        "variety": variety(traversed),
    }


def encode_training(model: SentenceVAE, corpus: Corpus, progress: StageProgress) -> Posteriors:
    """Return the posteriors of `corpus.sentences()`."""
    return encode_corpus(
        model.encoder,
        [corpus.encode(s) for s in corpus.sentences()],
        lambda done, total: progress("encoding the training sentences", done, total),
    )


def exact_share(sentences: Sequence[str], decoded: Sequence[str]) -> float:
    """Return the share of sentences that were reconstructed word for word."""
    return sum(a == b for a, b in zip(sentences, decoded, strict=True)) / len(sentences)


def word_share(sentences: Sequence[str], decoded: Sequence[str]) -> float:
    """Return the share of words at the right position.

    Positions beyond the shorter of the two sentences count as wrong.
    """
    pairs = [(a.split(), b.split()) for a, b in zip(sentences, decoded, strict=True)]
    right = sum(x == y for a, b in pairs for x, y in zip(a, b, strict=False))
    return right / sum(max(len(a), len(b)) for a, b in pairs)


def count_unknown(decoded: Sequence[str]) -> int:
    """Count decoded tokens that are not words, such as <unk> or <begin>."""
    return sum(
        tokenize(word, lower=False) != [word] for sentence in decoded for word in sentence.split()
    )


def shuffle_words(sentences: Sequence[str], seed: int) -> list[str]:
    """Return the sentences with their words in random order, as an example of word salad."""
    order = random.Random(seed)  # noqa: S311 (not for secrets)
    return [" ".join(order.sample(split, len(split))) for split in map(str.split, sentences)]


def move_randomly(means: Array, axes: Axes, draws: np.random.Generator) -> Array:
    """Return means (N, Z) moved by N(0, 1) σ along each of the first five axes.

    It is what a reader does who moves every slider a little.
    """
    scaled = axes.scaled[:AXES]
    return means + draws.standard_normal((len(means), len(scaled)), np.float32) @ scaled


def traversals(means: Array, axes: Axes) -> Array:
    """Return the z (N · K · 7, Z) of the traversals along the first K = 5 axes from means (N, Z).

    One slider takes the values −3 … 3 σ; the other sliders and the residual stay.
    """
    sliders, residual = axes.from_z(means)
    first = min(AXES, axes.count)
    shape = (len(means), first, len(STEPS))
    moved = np.broadcast_to(sliders[:, None, None], (*shape, axes.count)).copy()
    for axis in range(first):
        moved[:, axis, :, axis] = STEPS
    residuals = np.broadcast_to(residual[:, None, None], (*shape, axes.latent_size))
    return axes.to_z(moved.reshape(-1, axes.count), residuals.reshape(-1, axes.latent_size))


def variety(decoded: Sequence[str]) -> float:
    """Return the share of decoded traversals with at least three distinct sentences."""
    rows = [decoded[i : i + len(STEPS)] for i in range(0, len(decoded), len(STEPS))]
    return sum(len(set(row)) >= _MIN_DISTINCT for row in rows) / len(rows)


def _check(model: SentenceVAE, corpus: Corpus) -> None:
    if len(corpus.vocabulary) != model.config.vocabulary:
        problem = (
            f"expected the vocabulary of {model.config.vocabulary} words that the model was "
            f"trained with, found {len(corpus.vocabulary)}"
        )
        raise ZlideError(
            "corpus", problem, "give the files and the recipe that it was trained with"
        )
    if not any(corpus.held_out.values()):
        raise ZlideError(
            "corpus", "expected held-out sentences, found none", "train again with --held-out"
        )


def _reconstruction(sentences: Sequence[str], decoded: Sequence[str]) -> dict[str, float]:
    return {"exact": exact_share(sentences, decoded), "words": word_share(sentences, decoded)}


def _by_file(
    held_out: Mapping[str, Sequence[str]], decoded: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return the figures of each file; `decoded` is in the order of the files."""
    rest = iter(decoded)
    return {
        name: _reconstruction(part, [next(rest) for _ in part])
        for name, part in held_out.items()
        if part
    }
