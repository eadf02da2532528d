"""Decode many z greedily, with progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.checkpoint import SentenceVAE
from zlide.decoders import decode_greedily
from zlide.vocabulary import Vocabulary

_BATCH = 256

StageProgress = Callable[[str, int, int], None]
"""Called with the name of a stage, the number of its items done, and the number of all."""


class GreedyDecoder:
    """A sentence VAE's decoder and vocabulary: z → texts."""

    def __init__(
        self, model: SentenceVAE, words: Sequence[str], progress: StageProgress | None = None
    ) -> None:
        self._decoder = model.decoder
        self._vocabulary = Vocabulary(
            words,
            begin=model.config.begin,
            end=model.config.end,
            max_length=model.config.max_length,
        )
        self._progress = progress or ignore_progress

    def __call__(self, stage: str, z: NDArray[np.float32]) -> list[str]:
        """Decode z (N, Z) to N texts, words joined by single spaces. stage: for the progress."""
        words = self._vocabulary
        texts: list[str] = []
        for batch in torch.from_numpy(np.ascontiguousarray(z, np.float32)).split(_BATCH):
            tokens = decode_greedily(
                self._decoder,
                batch,
                begin=words.begin,
                end=words.end,
                max_length=words.max_length,
            )
            texts += map(words.text, tokens)
            self._progress(stage, len(texts), len(z))
        return texts


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Do nothing with the progress."""
