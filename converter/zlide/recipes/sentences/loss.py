"""The loss of a sentence VAE: cross-entropy of the words, and KL from the prior."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from zlide.checkpoint import SentenceConfig, SentenceSchedule, SentenceVAE
from zlide.recipes.sentences.corpus import Corpus, batches_of_equal_length


class SentenceTask:
    """A sentence VAE and its training sentences, in batches of one length: a `Task` for `fit`."""

    def __init__(self, model: SentenceVAE, corpus: Corpus, schedule: SentenceSchedule) -> None:
        self.digest = corpus.digest
        self.model, self.schedule = model, schedule
        self.ids = [corpus.encode(s) for s in corpus.repeated_sentences()]

    def batches(self, epoch: int) -> Sequence[Sequence[int]]:
        return batches_of_equal_length(
            self.ids, self.schedule.batch_size, seed=self.schedule.seed * 10_007 + epoch
        )

    def losses(self, batch: Sequence[int], random: torch.Generator) -> tuple[Tensor, Tensor]:
        words = torch.tensor([self.ids[i] for i in batch])
        return losses(self.model, words, self.schedule.word_dropout, random)

    def length(self, batch: Sequence[int]) -> int:
        return len(self.ids[batch[0]])


def losses(
    model: SentenceVAE, words: Tensor, word_dropout: float, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return cross-entropy and KL from N(0, 1) in nats, (B,) each, at one draw of z.

    words (B, T) int64: ids without begin and end.
    """
    mean, logvar = model.encoder(words)
    z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=random)
    begin = words.new_full((len(words), 1), SentenceConfig.begin)
    dropped = torch.rand(words.shape, generator=random) < word_dropout
    inputs = torch.cat([begin, words.masked_fill(dropped, SentenceConfig.begin)], dim=1)  # (B, T+1)
    targets = torch.cat([words, torch.full_like(begin, SentenceConfig.end)], dim=1)  # (B, T+1)
    logits = model.decoder(z, inputs)  # (B, T+1, V)
    nats = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)
    return nats.view_as(targets).sum(1), kl
