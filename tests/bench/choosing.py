"""Time to encode, score and choose examples from a corpus as large as the original's.

Computing their errors alone took the original 7,652 s on a GPU.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np

from tests.bench.decoding import written
from tests.bench.figures import Figure
from zlide.axes import fit_pca
from zlide.checkpoint import SentenceCheckpoint
from zlide.recipes.sentences.choose_examples import (
    rank_by_error,
    reconstructed_exactly,
    take_different,
)

_OF_ONE = 10
"""Number of sentences made from each decoded one, by exchanging a word."""


def choosing(checkpoint: SentenceCheckpoint, count: int) -> dict[str, Figure]:
    """Measure sentences per second, from posterior means to forty examples of `count` sentences."""
    sentences, model, words = (
        some_sentences(checkpoint, count),
        checkpoint.model,
        checkpoint.vocabulary,
    )
    began = perf_counter()
    ranked = rank_by_error(model.encoder, model.decoder, words, sentences)
    fit_pca(np.stack([example.z for example in ranked]))
    take_different(reconstructed_exactly(model.decoder, words, ranked), 40)
    return {"zlide": Figure.exactly(len(ranked) / (perf_counter() - began), "sentences/s")}


def some_sentences(checkpoint: SentenceCheckpoint, count: int) -> list[str]:
    """Return distinct sentences decoded around the examples, and others with a word exchanged."""
    random, words = np.random.default_rng(0), checkpoint.vocabulary
    latents = np.stack(list(checkpoint.examples.values()))
    found: dict[str, None] = {}
    while len(found) < count:
        z = latents[random.integers(len(latents), size=512)] + random.normal(
            size=(512, latents.shape[1])
        ) * latents.std(0)
        for ids in (ids for ids in written(checkpoint, z.astype(np.float32)) if ids):
            for _ in range(_OF_ONE):
                other = list(ids)
                other[int(random.integers(len(ids)))] = int(random.integers(2, len(words.words)))
                found[words.text(other)] = None
    return list(found)[:count]
