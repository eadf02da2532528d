"""The corpus that a checkpoint was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zlide.bundle import choose_points
from zlide.checkpoint import SentenceCheckpoint
from zlide.errors import ZlideError
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus


def training_corpus(checkpoint: SentenceCheckpoint, files: Sequence[Path]) -> Corpus:
    """Prepare the corpus that `checkpoint` was trained on.

    Raises ZlideError for files that cannot be read, and for another corpus.
    """
    corpus = prepare_corpus(files, checkpoint.settings.recipe)
    if corpus.digest != checkpoint.settings.corpus:
        raise ZlideError(
            ", ".join(map(str, files)),
            f"expected the corpus that {checkpoint.folder} was trained on, found another",
            "name the same files with --corpus",
        )
    return corpus


def encode_training_points(checkpoint: SentenceCheckpoint, corpus: Corpus) -> NDArray[np.float32]:
    """Return the posterior means (N, Z) of up to 2,000 training sentences, for the map."""
    sentences = corpus.sentences()
    chosen = [corpus.encode(sentences[i]) for i in choose_points(len(sentences))]
    return encode_corpus(checkpoint.model.encoder, chosen).means
