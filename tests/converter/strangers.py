"""Decoders of strangers, without a checkpoint, that do something rare at few positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import zlide

Z, WORDS = 6, 20
RARE = np.float32(37.7)
"""A weight that only counts at rare positions. No other weight has this value."""

EDGE = 2.94
"""Positions are rare if z is beyond this in its first dimension."""

AXES = zlide.Axes(
    mean=np.zeros(Z, np.float32), axes=np.eye(Z, dtype=np.float32)[:3], stdev=np.ones(3, np.float32)
)
VOCABULARY = zlide.Vocabulary([f"w{i}" for i in range(WORDS)], max_length=6)


def is_rare(z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return for each z (N, Z) whether `RARE` counts there: one in 100."""
    return np.asarray(z[:, 0] > EDGE)


class Pictures(nn.Module):
    """z (B, 6) → pixels (B, 4, 5, 3)."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.out = nn.Linear(Z, 60)
        self.rare = nn.Parameter(torch.full((60,), float(RARE)))

    def logits(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.out(z) + torch.relu(20 * (z[:, :1] - EDGE)) * self.rare
        return pixels.view(-1, 4, 5, 3)

    def forward(self, z: Tensor) -> Tensor:
        return self.logits(z).sigmoid()


class Sentences(nn.Module):
    """A GRU that decodes other words at rare positions."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.embedding = nn.Embedding(WORDS, 8)
        self.cell = nn.GRUCell(8 + Z, 16)
        self.out = nn.Linear(16, WORDS)
        self.rare = nn.Parameter(torch.eye(WORDS)[7] * float(RARE))
        with torch.no_grad():
            for weight in (self.embedding.weight, *self.cell.parameters(), self.out.weight):
                weight.mul_(3.0)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.zeros(len(z), 16), z

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, z = state
        h = self.cell(torch.cat([self.embedding(token), z], dim=1), h)
        rare = torch.relu(20 * (z[:, :1] - EDGE)) * self.rare
        return self.out(h) + rare, (h, z)


def export_pictures(to: Path, **settings: Any) -> Any:
    """Export the decoder of pictures in float32."""
    return zlide.export(Pictures(), AXES, to=to, **{"precision": "float32", **settings})


def export_sentences(to: Path, **settings: Any) -> Any:
    """Export the decoder of sentences in float32."""
    return zlide.export(
        Sentences(), AXES, to=to, vocabulary=VOCABULARY, **{"precision": "float32", **settings}
    )


def damage_rare_weights(bundle: Path) -> None:
    """Change the weights that only count at rare positions, in all shards of a bundle."""
    pattern = RARE.tobytes()
    shards = [path for path in bundle.glob("decoder/**/*.bin") if pattern in path.read_bytes()]
    assert shards
    for path in shards:
        path.write_bytes(path.read_bytes().replace(pattern, np.float32(-RARE).tobytes()))
