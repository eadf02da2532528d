"""The sentence VAE of Bowman et al. 2016, section 3.

"Generating Sentences from a Continuous Space", CoNLL 2016.

A bidirectional GRU encodes the sentence as a Gaussian over z. The decoder is a GRU that gets z in
its initial state, at every step and in its logits. The input embedding and the output layer share
their weights (Press and Wolf 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class SentenceConfig:
    """Sizes of a sentence VAE; `vocabulary` includes the tokens begin (id 0) and end (id 1)."""

    vocabulary: int
    max_length: int = 16  # words of a sentence
    embedding: int = 128
    encoder: int = 256  # hidden units in each direction
    decoder: int = 384  # hidden units
    latent_size: int = 128

    def __post_init__(self) -> None:
        sizes = {field.name: getattr(self, field.name) for field in fields(self)}
        if wrong := [f"{name} is {size}" for name, size in sizes.items() if size < 1]:
            raise ValueError(f"{', '.join(wrong)}, expected at least 1")

    begin = 0
    end = 1


class SentenceEncoder(nn.Module):
    """Words → posterior; implements `TextEncoder`.

    `forward` encodes a whole batch at once, which is faster than the contract's step by step.
    """

    def __init__(self, config: SentenceConfig, embedding: nn.Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.gru = nn.GRU(config.embedding, config.encoder, batch_first=True, bidirectional=True)
        self.mean = nn.Linear(2 * config.encoder, config.latent_size)
        self.logvar = nn.Linear(2 * config.encoder, config.latent_size)

    def forward(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Encode words (B, T) int64, all of one length, as mean and log variance, each (B, Z)."""
        _, last = self.gru(self.embedding(words))  # (2, B, H)
        both = torch.cat([last[0], last[1]], dim=1)  # (B, 2H)
        return self.mean(both), self.logvar(both)

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """Return the state before the first word: zeros, (B, H) for each direction."""
        zeros = self.mean.weight.new_zeros(batch, self.gru.hidden_size)
        return zeros, zeros

    def read(
        self, forward: Tensor, backward: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Return the state after the next word of each direction, (B,) int64 each."""
        forward_weights, backward_weights = self.gru.all_weights
        return (
            _gru_cell(self.embedding(forward), state[0], forward_weights),
            _gru_cell(self.embedding(backward), state[1], backward_weights),
        )

    def finish(self, state: tuple[Tensor, ...]) -> Tensor:
        """Return the posterior mean, (B, Z) float32."""
        mean: Tensor = self.mean(torch.cat(state, dim=1))
        return mean


class SentenceDecoder(nn.Module):
    """z → words; implements `TextDecoder`.

    `forward` computes the logits of all steps at once, for training with teacher forcing.
    """

    def __init__(self, config: SentenceConfig, embedding: nn.Embedding) -> None:
        super().__init__()
        self.config = config
        self.embedding = embedding
        self.first = nn.Linear(config.latent_size, config.decoder)
        self.gru = nn.GRU(config.embedding + config.latent_size, config.decoder, batch_first=True)
        self.narrow = nn.Linear(config.decoder + config.latent_size, config.embedding)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))

    def forward(self, z: Tensor, tokens: Tensor) -> Tensor:
        """Return logits (B, T, V) for z (B, Z) and tokens (B, T) int64, the first one begin."""
        z_steps = z[:, None].expand(-1, tokens.shape[1], -1)  # (B, T, Z)
        h, _ = self.gru(
            torch.cat([self.embedding(tokens), z_steps], dim=2), torch.tanh(self.first(z))[None]
        )  # (B, T, H)
        return F.linear(
            self.narrow(torch.cat([h, z_steps], dim=2)), self.embedding.weight, self.bias
        )  # (B, T, V)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        """Return the initial state, with the terms of z in the gates and in the logits.

        These terms are equal at every step, so they are computed once.
        """
        e, h = self.config.embedding, self.config.decoder
        w_ih, _, b_ih, _ = self.gru.all_weights[0]
        return (
            torch.tanh(self.first(z)),  # (B, H)
            F.linear(z, w_ih[:, e:], b_ih),  # (B, 3H)
            F.linear(z, self.narrow.weight[:, h:], self.narrow.bias),  # (B, E)
        )

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return logits (B, V) and the next state for token (B,) int64."""
        h, gates, narrow = state
        w_ih, w_hh, _, b_hh = self.gru.all_weights[0]
        x = F.linear(self.embedding(token), w_ih[:, : self.config.embedding]) + gates  # (B, 3H)
        h = _gru_gates(x, F.linear(h, w_hh, b_hh), h)  # (B, H)
        narrowed = F.linear(h, self.narrow.weight[:, : self.config.decoder]) + narrow  # (B, E)
        return F.linear(narrowed, self.embedding.weight, self.bias), (h, gates, narrow)


class SentenceVAE(nn.Module):
    """Encoder and decoder that share one embedding."""

    def __init__(self, config: SentenceConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.embedding)
        nn.init.normal_(self.embedding.weight, std=config.embedding**-0.5)
        self.encoder = SentenceEncoder(config, self.embedding)
        self.decoder = SentenceDecoder(config, self.embedding)


def _gru_cell(x: Tensor, h: Tensor, weights: Sequence[Tensor]) -> Tensor:
    w_ih, w_hh, b_ih, b_hh = weights
    return _gru_gates(F.linear(x, w_ih, b_ih), F.linear(h, w_hh, b_hh), h)


def _gru_gates(x: Tensor, y: Tensor, h: Tensor) -> Tensor:
    """Return the next state of a GRU, by the equations of `torch.nn.GRU`.

    x (B, 3H): gates from the input; y (B, 3H): gates from the state; h (B, H): the state.
    """
    reset_x, update_x, new_x = x.split(h.shape[1], dim=1)
    reset_y, update_y, new_y = y.split(h.shape[1], dim=1)
    update = torch.sigmoid(update_x + update_y)
    new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_y) * new_y)
    return new + update * (h - new)
