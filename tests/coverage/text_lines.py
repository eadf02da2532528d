"""Recurrent layers, windows and caches in decoders of sentences, a step at a time."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.coverage.decoders import LATENT, WIDTH, WORDS, Factory

State = tuple[Tensor, ...]
LENGTH = 6
"""Steps that a cache holds."""


class Sentences(nn.Module):
    """The words and the head of a decoder of sentences; z becomes the first hidden state."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.first = nn.Linear(LATENT, WIDTH)
        self.head = nn.Linear(WIDTH, WORDS)


class Layered(Sentences):
    """A recurrent layer over one word at a time.

    parts: tensors in its state. sizes: width of each of them.
    """

    def __init__(self, layer: Callable[[], nn.RNNBase], sizes: tuple[int, ...] = (WIDTH,)) -> None:
        super().__init__()
        self.layer, self.sizes = layer(), sizes
        self.inits = nn.ModuleList(
            nn.Linear(LATENT, size * self.layer.num_layers) for size in sizes
        )
        self.out = nn.Linear(sizes[0] * (1 + self.layer.bidirectional), WORDS)

    def start(self, z: Tensor) -> State:
        return tuple(
            torch.tanh(first(z)).view(-1, self.layer.num_layers, size)
            for first, size in zip(self.inits, self.sizes, strict=True)
        )

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        batch_second = [part.transpose(0, 1).contiguous() for part in state]
        hx = batch_second[0] if len(state) == 1 else tuple(batch_second)
        y, after = self.layer(self.words(token).unsqueeze(1), hx)
        parts = after if isinstance(after, tuple) else (after,)
        return self.out(y.squeeze(1)), tuple(part.transpose(0, 1) for part in parts)


class Cell(Sentences):
    """A recurrent cell."""

    def __init__(self, cell: Callable[[], nn.Module], parts: int = 1) -> None:
        super().__init__()
        self.cell, self.parts = cell(), parts

    def start(self, z: Tensor) -> State:
        return (torch.tanh(self.first(z)),) * self.parts

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        after = self.cell(self.words(token), state if self.parts > 1 else state[0])
        after = after if isinstance(after, tuple) else (after,)
        return self.head(after[0]), after


class Window(Sentences):
    """Convolutions over the last embeddings. z is added to each."""

    def __init__(self, size: int = 4, dilation: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(WIDTH, WIDTH, size - dilation, dilation=dilation)
        self.size = size

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(len(z), WIDTH, self.size)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, window = state
        window = torch.cat([window[:, :, 1:], self.words(token).unsqueeze(2)], 2)
        y = torch.relu(self.convolution(window + z.unsqueeze(2)))
        return self.head(y.mean(2) + y[:, :, -1]), (z, window)


class Bag(Sentences):
    """The mean of the embeddings of the last words, which are the state."""

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(len(z), 4, dtype=torch.int64)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, past = state
        past = torch.cat([past[:, 1:], token[:, None]], 1)
        return self.head(torch.tanh(self.words(past).mean(1) + z)), (z, past)


class Cached(Sentences):
    """One head of attention over a cache of fixed length, written at a position by a mask.

    write: how the cache takes a new row, from (cache, row, position).
    """

    def __init__(self, write: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.qkv, self.write = nn.Linear(WIDTH, 3 * WIDTH), write
        self.places = nn.Embedding(LENGTH, WIDTH)

    def start(self, z: Tensor) -> State:
        empty = torch.zeros(len(z), LENGTH, WIDTH)
        return self.first(z), empty, empty, torch.zeros(len(z), dtype=torch.int64)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, keys, values, position = state
        x = self.words(token) + self.places(position) + z
        q, k, v = self.qkv(x).chunk(3, 1)
        keys, values = self.write(keys, k, position), self.write(values, v, position)
        scores = torch.einsum("bd,bld->bl", q, keys) / WIDTH**0.5
        later = torch.arange(LENGTH) > position[:, None]
        weights = scores.masked_fill(later, float("-inf")).softmax(1)
        y = x + (weights[:, :, None] * values).sum(1)
        return self.head(y), (z, keys, values, position + 1)


class Gathered(Sentences):
    """Attention of all steps to a memory. The output of the current step is gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.Linear(LATENT, 4 * WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 2, batch_first=True)

    def start(self, z: Tensor) -> State:
        position = torch.zeros(len(z), 1, dtype=torch.int64)
        return torch.zeros(len(z), LENGTH, WIDTH), self.memory(z).view(-1, 4, WIDTH), position

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        past, memory, position = state
        here = (torch.arange(LENGTH) == position)[:, :, None]
        past = torch.where(here, self.words(token)[:, None], past)
        y = past + self.attention(past, memory, memory, need_weights=False)[0]
        index = position.clamp(max=LENGTH - 1)[:, :, None].expand(-1, 1, WIDTH)
        return self.head(y.gather(1, index)[:, 0]), (past, memory, position + 1)


def by_mask(cache: Tensor, row: Tensor, position: Tensor) -> Tensor:
    here = (torch.arange(LENGTH) == position[:, None])[:, :, None]
    return torch.where(here, row[:, None], cache)


def by_one_hot(cache: Tensor, row: Tensor, position: Tensor) -> Tensor:
    here = F.one_hot(position, LENGTH).to(cache.dtype)[:, :, None]
    return cache * (1 - here) + row[:, None] * here


def by_scatter(cache: Tensor, row: Tensor, position: Tensor) -> Tensor:
    index = position[:, None, None].expand(-1, 1, WIDTH)
    return cache.scatter(1, index, row[:, None])


def by_shift(cache: Tensor, row: Tensor, position: Tensor) -> Tensor:  # noqa: ARG001
    return torch.cat([row[:, None], cache[:, :-1]], 1)


def by_index(cache: Tensor, row: Tensor, position: Tensor) -> Tensor:
    written = cache.clone()
    written[torch.arange(len(cache)), position] = row
    return written


TEXT_LINES: dict[str, Factory] = {
    "text_rnn": partial(Layered, partial(nn.RNN, WIDTH, WIDTH, batch_first=True)),
    "text_rnn_relu": partial(
        Layered, partial(nn.RNN, WIDTH, WIDTH, nonlinearity="relu", batch_first=True)
    ),
    "text_gru": partial(Layered, partial(nn.GRU, WIDTH, WIDTH, 2, batch_first=True)),
    "text_lstm": partial(
        Layered, partial(nn.LSTM, WIDTH, WIDTH, 2, batch_first=True), (WIDTH, WIDTH)
    ),
    "text_lstm_projection": partial(
        Layered, partial(nn.LSTM, WIDTH, WIDTH, proj_size=5, batch_first=True), (5, WIDTH)
    ),
    "text_rnn_cell": partial(Cell, partial(nn.RNNCell, WIDTH, WIDTH)),
    "text_gru_cell": partial(Cell, partial(nn.GRUCell, WIDTH, WIDTH)),
    "text_lstm_cell": partial(Cell, partial(nn.LSTMCell, WIDTH, WIDTH), 2),
    "text_conv1d_window": Window,
    "text_conv1d_dilated": partial(Window, 5, 2),
    "text_mean_of_embeddings": Bag,
    "text_gathered": Gathered,
    "text_cache_mask": partial(Cached, by_mask),
    "text_cache_one_hot": partial(Cached, by_one_hot),
    "text_cache_scatter": partial(Cached, by_scatter),
    "text_cache_index": partial(Cached, by_index),
    "text_cache_shift": partial(Cached, by_shift),
}
