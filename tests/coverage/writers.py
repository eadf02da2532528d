"""Whole decoders of sentences after public architectures, with small widths."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.coverage.decoders import LATENT, WIDTH, Factory
from tests.coverage.text_lines import LENGTH, Sentences, State


class Recurrent(Sentences):
    """A recurrent layer over the last word and z, with tied embeddings and a narrow head."""

    def __init__(self, layer: Callable[..., nn.RNNBase], layers: int = 1, parts: int = 1) -> None:
        super().__init__()
        self.layer = layer(WIDTH + LATENT, 2 * WIDTH, layers, batch_first=True, dropout=0.1)
        self.inits = nn.Linear(LATENT, parts * layers * 2 * WIDTH)
        self.narrow = nn.Linear(2 * WIDTH, WIDTH)
        self.shape, self.parts = (layers, 2 * WIDTH), parts

    def start(self, z: Tensor) -> State:
        both = torch.tanh(self.inits(z)).view(-1, self.parts, *self.shape)
        return z, *both.unbind(1)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, *hidden = state
        x = torch.cat([self.words(token), z], -1).unsqueeze(1)
        parts = tuple(part.permute(1, 0, 2).contiguous() for part in hidden)
        y, after = self.layer(x, parts if self.parts > 1 else parts[0])
        after = after if self.parts > 1 else (after,)
        logits = F.linear(self.narrow(y[:, 0]), self.words.weight)
        return logits, (z, *(part.permute(1, 0, 2) for part in after))


class Convolutional(Sentences):
    """Gated causal convolutions over a window of embeddings."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(WIDTH, 2 * WIDTH, 3, dilation=d) for d in (1, 2))

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(len(z), WIDTH, 7)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, window = state
        window = torch.cat([window[:, :, 1:], self.words(token)[:, :, None]], 2)
        x = window + z[:, :, None]
        for layer in self.layers:
            y = F.glu(layer(x), 1)
            x = x[:, :, -y.shape[2] :] + y
        return self.head(x[:, :, -1]), (z, window)


class CachedTransformer(Sentences):
    """Blocks of a GPT with rotary positions, over a key/value cache of fixed length."""

    angles: Tensor

    def __init__(self, layers: int = 2, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.ModuleList(nn.Linear(WIDTH, 3 * WIDTH, bias=False) for _ in range(layers))
        self.out = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(WIDTH, 4 * WIDTH) for _ in range(layers))
        self.down = nn.ModuleList(nn.Linear(2 * WIDTH, WIDTH) for _ in range(layers))
        self.norms = nn.ModuleList(nn.RMSNorm(WIDTH) for _ in range(2 * layers))
        turns = 1 / 10 ** torch.arange(WIDTH // heads // 2)
        self.register_buffer("angles", torch.outer(torch.arange(LENGTH), turns))

    def start(self, z: Tensor) -> State:
        empty = torch.zeros(len(z), 2 * len(self.qkv), LENGTH, WIDTH)
        return self.first(z), empty, torch.zeros(len(z), dtype=torch.int64)

    def rotate(self, x: Tensor, position: Tensor) -> Tensor:
        """Rotate x (B, WIDTH), by pairs within each head."""
        angle = self.angles[position][:, None]  # (B, 1, pairs)
        a, b = x.view(len(x), self.heads, -1, 2).unbind(-1)
        turned = (a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos())
        return torch.stack(turned, -1).flatten(1)

    def attend(self, q: Tensor, keys: Tensor, values: Tensor, later: Tensor) -> Tensor:
        split = (len(q), -1, self.heads, WIDTH // self.heads)
        q, k, v = (part.reshape(split).transpose(1, 2) for part in (q[:, None], keys, values))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=~later[:, None, None])
        return y.transpose(1, 2).reshape(-1, WIDTH)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, cache, position = state
        steps = torch.arange(LENGTH)
        later, here = steps > position[:, None], (steps == position[:, None])[:, :, None]
        x, rows = self.words(token) + z, list(cache.unbind(1))
        for i, (qkv, out) in enumerate(zip(self.qkv, self.out, strict=True)):
            q, k, v = qkv(self.norms[2 * i](x)).chunk(3, -1)
            q, k = self.rotate(q, position), self.rotate(k, position)
            rows[2 * i] = torch.where(here, k[:, None], rows[2 * i])
            rows[2 * i + 1] = torch.where(here, v[:, None], rows[2 * i + 1])
            x = x + out(self.attend(q, rows[2 * i], rows[2 * i + 1], later))
            gate, up = self.gates[i](self.norms[2 * i + 1](x)).chunk(2, -1)
            x = x + self.down[i](F.silu(gate) * up)
        return self.head(x), (z, torch.stack(rows, 1), position + 1)


class MaskedPast(Sentences):
    """`nn.TransformerDecoder` over all words so far, which a mask writes at their positions."""

    places: Tensor
    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerDecoderLayer(WIDTH, 2, 12, batch_first=True)
        self.decoder = nn.TransformerDecoder(layer, 2)
        position = torch.arange(LENGTH)[:, None]
        angle = position * torch.exp(torch.arange(0, WIDTH, 2) * (-math.log(10000.0) / WIDTH))
        self.register_buffer("places", torch.stack([angle.sin(), angle.cos()], 2).flatten(1))
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def start(self, z: Tensor) -> State:
        past = torch.zeros(len(z), LENGTH, WIDTH)
        return self.first(z).unsqueeze(1), past, torch.zeros(len(z), dtype=torch.int64)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        memory, past, position = state
        here = (torch.arange(LENGTH) == position[:, None]).unsqueeze(-1)
        past = torch.where(here, self.words(token)[:, None] * math.sqrt(WIDTH), past)
        y = self.decoder(past + self.places, memory, tgt_mask=self.mask)
        last = (y * here).sum(1)
        return self.head(last), (memory, past, position + 1)


class Mamba(Sentences):
    """A selective state space, a step at a time: a short convolution, then the recurrence."""

    def __init__(self, inner: int = 2 * WIDTH, states: int = 4) -> None:
        super().__init__()
        self.inner, self.states = inner, states
        self.norm, self.enter = nn.RMSNorm(WIDTH), nn.Linear(WIDTH, 2 * inner, bias=False)
        self.convolution = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.select = nn.Linear(inner, 1 + 2 * states, bias=False)
        self.delta = nn.Linear(1, inner)
        self.log_rate = nn.Parameter(torch.log(torch.arange(1.0, states + 1)).repeat(inner, 1))
        self.skip, self.leave = nn.Parameter(torch.ones(inner)), nn.Linear(inner, WIDTH)

    def start(self, z: Tensor) -> State:
        window = torch.zeros(len(z), self.inner, 4)
        return self.first(z), window, torch.zeros(len(z), self.inner, self.states)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, window, h = state
        residual = self.words(token) + z
        x, gate = self.enter(self.norm(residual)).chunk(2, dim=-1)
        window = torch.cat([window[:, :, 1:], x.unsqueeze(-1)], -1)
        kernel, bias = self.convolution.weight.squeeze(1), self.convolution.bias
        x = F.silu(torch.sum(window * kernel, -1) + (0 if bias is None else bias))
        delta, into, out = torch.split(self.select(x), [1, self.states, self.states], -1)
        delta = F.softplus(self.delta(delta))
        decay = torch.exp(torch.einsum("bd,dn->bdn", delta, -torch.exp(self.log_rate)))
        h = h * decay + x.unsqueeze(-1) * torch.einsum("bd,bn->bdn", delta, into)
        y = torch.einsum("bdn,bn->bd", h, out) + self.skip * x
        return self.head(residual + self.leave(y * F.silu(gate))), (z, window, h)


class RWKV(Sentences):
    """Time mixing with its running maximum, and channel mixing, as RWKV 4 has them."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.mix = nn.Parameter(torch.rand(5, WIDTH))
        self.k, self.v, self.r, self.out = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.wide, self.narrow = nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH)
        self.gate = nn.Linear(WIDTH, WIDTH)
        self.decay, self.bonus = nn.Parameter(torch.randn(WIDTH)), nn.Parameter(torch.randn(WIDTH))

    def start(self, z: Tensor) -> State:
        zero = torch.zeros(len(z), WIDTH)
        return self.first(z), zero, zero, zero, zero, torch.full((len(z), WIDTH), -1e30)

    def time_mix(self, x: Tensor, last: Tensor, sums: State) -> tuple[Tensor, State]:
        a, b, top = sums
        k, v, r = (
            layer(x * mix + last * (1 - mix))
            for layer, mix in zip((self.k, self.v, self.r), self.mix[:3], strict=True)
        )
        peak = torch.maximum(top, self.bonus + k)
        old, new = torch.exp(top - peak), torch.exp(self.bonus + k - peak)
        y = torch.sigmoid(r) * (old * a + new * v) / (old * b + new)
        decayed = top - torch.exp(self.decay)
        peak = torch.maximum(decayed, k)
        old, new = torch.exp(decayed - peak), torch.exp(k - peak)
        return self.out(y), (old * a + new * v, old * b + new, peak)

    def channel_mix(self, x: Tensor, last: Tensor) -> Tensor:
        k = torch.square(torch.relu(self.wide(x * self.mix[3] + last * (1 - self.mix[3]))))
        return torch.sigmoid(self.gate(x * self.mix[4] + last)) * self.narrow(k)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, last_time, last_channel, *sums = state
        x = self.words(token) + z
        one = self.norms[0](x)
        mixed, after = self.time_mix(one, last_time, tuple(sums))
        x = x + mixed
        two = self.norms[1](x)
        return self.head(x + self.channel_mix(two, last_channel)), (z, one, two, *after)


WRITERS: dict[str, Factory] = {
    "lstm_writer": partial(Recurrent, nn.LSTM, 2, 2),
    "gru_writer": partial(Recurrent, nn.GRU),
    "rnn_writer": partial(Recurrent, nn.RNN),
    "cnn_writer": Convolutional,
    "gpt_writer": CachedTransformer,
    "transformer_decoder_writer": MaskedPast,
    "mamba_writer": Mamba,
    "rwkv_writer": RWKV,
}
