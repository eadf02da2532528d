"""Decoders written in plain PyTorch decode the same words in a real browser as in PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import zlide
from zlide.bundle.folder import read_bundle
from zlide.bundle.manifest import Precision
from zlide.decoders.contracts import TextDecoder
from zlide.modalities.text.reference import SentenceFindings, reference_at
from zlide.positions import random_positions
from zlide.quantization import quantize_weights
from zlide.site.build import write_site
from zlide.verify.verify_site import check_bundle

WORDS, EMBEDDING, HIDDEN, LATENT = 60, 16, 24, 8
pytestmark = pytest.mark.needs_conversion

CONTROL_FLOW = {
    "If",
    "StatelessIf",
    "While",
    "StatelessWhile",
    "Switch",
    "Merge",
    "Enter",
    "Exit",
    "NextIteration",
    "LoopCond",
    "PartitionedCall",
}


class TwoLayerLSTM(nn.Module):
    """A common language model: nn.LSTM has its state as (layers, batch, hidden)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, num_layers=2, batch_first=True, dropout=0.1)
        self.hidden = nn.Linear(LATENT, 2 * HIDDEN)
        self.cell = nn.Linear(LATENT, 2 * HIDDEN)
        self.out = nn.Linear(HIDDEN, WORDS)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.tanh(self.hidden(z)).view(z.size(0), 2, HIDDEN), torch.tanh(self.cell(z)).view(
            -1, 2, HIDDEN
        )

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, c = (part.transpose(0, 1).contiguous() for part in state)
        out, (h, c) = self.lstm(self.embedding(token).unsqueeze(1), (h, c))
        return self.out(out.squeeze(1)), (h.transpose(0, 1), c.transpose(0, 1))


class ConditionedGRU(nn.Module):
    """Gets z beside every token, from the state."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.gru = nn.GRU(EMBEDDING + LATENT, HIDDEN)
        self.first = nn.Linear(LATENT, HIDDEN)
        self.out = nn.Linear(HIDDEN, WORDS)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.tanh(self.first(z)), z

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, z = state
        x = torch.cat([self.embedding(token), z], dim=-1).unsqueeze(0)
        out, h = self.gru(x, h.unsqueeze(0))
        return self.out(out[-1]), (h.squeeze(0), z)


class NormedCells(nn.Module):
    """Expands zeros and a learned vector to the batch, and counts tokens in an int64 state."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.index = nn.Embedding(32, EMBEDDING)
        self.cell = nn.LSTMCell(EMBEDDING + LATENT, HIDDEN)
        self.learned = nn.Parameter(torch.randn(1, HIDDEN))
        self.out = nn.Sequential(
            nn.LayerNorm(HIDDEN), nn.GELU(), nn.Dropout(0.2), nn.Linear(HIDDEN, WORDS)
        )

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (
            self.learned.expand(z.size(0), -1),
            torch.zeros(z.size(0), HIDDEN),
            z,
            torch.zeros(len(z), dtype=torch.long),
        )

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, c, z, index = state
        h, c = self.cell(torch.cat([self.embedding(token) + self.index(index), z], dim=1), (h, c))
        return self.out(h).log_softmax(dim=-1), (h, c, z, index + 1)


class AttendingGRU(nn.Module):
    """Attends to its last states by products of states, and masks the tokens it has decoded."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, EMBEDDING)
        self.first = nn.Linear(LATENT, HIDDEN)
        self.cell = nn.GRUCell(EMBEDDING + LATENT, HIDDEN)
        self.out = nn.Linear(2 * HIDDEN, WORDS)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        h = torch.tanh(self.first(z))
        return h, z, torch.stack([h, h.flip(1), -h, h * 2], dim=1), torch.zeros(len(z), WORDS)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, z, memory, used = state
        h = self.cell(torch.cat([self.embedding(token), z], dim=1), h)
        memory = torch.cat([memory[:, 1:], h[:, None]], dim=1)  # (B, 4, H)
        weights = torch.softmax(torch.bmm(memory, h[:, :, None]), dim=1)  # (B, 4, 1)
        seen = torch.bmm(weights.transpose(1, 2), memory)[:, 0]  # (B, H)
        logits = self.out(torch.cat([h, seen], dim=1)).masked_fill(used.bool(), -1e4)
        return logits, (h, z, memory, used + 0.5 * torch.softmax(100 * logits, dim=1).round())


class MaskingGRU(ConditionedGRU):
    """Masks some tokens, and some of the states that it attends to, by −∞ in a buffer."""

    token_mask: Tensor
    memory_mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.memory = nn.Linear(LATENT, 4 * HIDDEN)
        self.register_buffer(
            "token_mask", torch.where(torch.arange(WORDS) % 3 == 2, float("-inf"), 0.0)
        )
        self.register_buffer("memory_mask", torch.tensor([0.0, float("-inf"), 0.0, float("-inf")]))

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, (h, z) = super().step(token, state)
        memory = self.memory(z).view(-1, 4, HIDDEN)
        weights = torch.softmax((memory * h[:, None]).sum(2) + self.memory_mask, dim=1)  # (B, 4)
        return logits + self.out((weights[:, :, None] * memory).sum(1)) + self.token_mask, (h, z)


DECODERS: dict[str, type[nn.Module]] = {
    "lstm": TwoLayerLSTM,
    "gru": ConditionedGRU,
    "cells": NormedCells,
    "attending": AttendingGRU,
    "masking": MaskingGRU,
}
VOCABULARY = zlide.Vocabulary([f"w{i}" for i in range(WORDS)], max_length=12)


def seeded(decoder_type: type[nn.Module]) -> nn.Module:
    """Return a decoder with large random weights, so that sliders change words."""
    torch.manual_seed(5)
    decoder = decoder_type().eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(3.0)
    return decoder


@pytest.fixture(scope="module")
def axes() -> zlide.Axes:
    latents = np.random.default_rng(5).normal(size=(200, LATENT))
    return zlide.fit_pca(latents, 6)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory, axes: zlide.Axes) -> Path:
    """Return a site with all decoders."""
    folder = tmp_path_factory.mktemp("foreign")
    for name, decoder_type in DECODERS.items():
        zlide.export(seeded(decoder_type), axes, to=folder / name, vocabulary=VOCABULARY)
    zlide.export(
        seeded(ConditionedGRU),
        axes,
        to=folder / "uint8",
        vocabulary=VOCABULARY,
        precision="uint8",
    )
    write_site([folder / name for name in [*DECODERS, "uint8"]], folder / "site")
    return folder / "site"


@pytest.mark.parametrize(
    ("name", "precision"), [*((name, "float16") for name in DECODERS), ("uint8", "uint8")]
)
def test_decodes_the_same_words_in_a_real_browser(
    foreign: Path, axes: zlide.Axes, name: str, precision: Precision
) -> None:
    decoder = seeded(DECODERS.get(name, ConditionedGRU))
    assert isinstance(decoder, TextDecoder)
    assert read_bundle(foreign / "models" / name).precision == precision
    quantize_weights(decoder, precision)
    residuals = np.random.default_rng(6).normal(size=(10, LATENT)).astype(np.float32)
    truth = reference_at(decoder, axes, VOCABULARY, *random_positions(axes, residuals, 100, seed=9))
    assert len({tuple(s) for s in truth.sentences}) > 30  # else the test shows little
    verdict = check_bundle(foreign, f"models/{name}/", truth)
    assert isinstance(verdict.samples, SentenceFindings)
    assert verdict.samples.comparison.positions == 100
    assert verdict.samples.comparison.wrong == []
    assert len(verdict.samples.comparison.ties) <= 1
    assert verdict.passed
    assert verdict.backend == "wasm"


@pytest.mark.parametrize("name", DECODERS)
def test_graphs_have_no_control_flow_and_no_transpose(foreign: Path, name: str) -> None:
    graphs = sorted((foreign / "models" / name).rglob("model.json"))
    assert len(graphs) == 4
    for graph in graphs:
        ops = {node["op"] for node in json.loads(graph.read_text("utf-8"))["modelTopology"]["node"]}
        assert not ops & (CONTROL_FLOW | {"Transpose"})
