"""Convolutions by groups of channels equal PyTorch's, by the kernels that are fast."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from zlide.graph.convert import convert

RNG = torch.Generator().manual_seed(3)
BLUR = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 16


def with_weight(layer: nn.Module, weight: Tensor | None = None) -> nn.Module:
    """Set the weight of a layer; seeded noise by default."""
    found = layer.weight
    assert isinstance(found, Tensor)
    found.data.copy_(torch.randn(found.shape, generator=RNG) if weight is None else weight)
    return layer


class Tuple(nn.Module):
    """A layer whose output is in a tuple, as those of a converted module are."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.layer(x),)


CASES = {
    "a blur is a row and a column": (
        with_weight(nn.Conv2d(20, 20, 4, padding=(1, 2), groups=20), BLUR),
        {"DepthwiseConv2dNative": 1, "FusedDepthwiseConv2dNative": 1},
    ),
    "16 weights are 25": (
        with_weight(nn.Conv2d(20, 20, 4, groups=20)),
        {"FusedDepthwiseConv2dNative": 1},
    ),
    "9 weights stay": (
        with_weight(nn.Conv2d(20, 20, 3, stride=2, groups=20)),
        {"FusedDepthwiseConv2dNative": 1},
    ),
    "a channel without weights": (
        with_weight(nn.Conv2d(2, 2, 4, groups=2), torch.stack([BLUR, 0 * BLUR])[:, None]),
        {"DepthwiseConv2dNative": 1, "FusedDepthwiseConv2dNative": 1},
    ),
    "few channels are one convolution": (
        with_weight(nn.Conv2d(4, 6, 3, groups=2)),
        {"_FusedConv2D": 1},
    ),
    "few channels are one transposed convolution": (
        with_weight(nn.ConvTranspose2d(3, 3, 4, 2, 1, groups=3)),
        {"_FusedConv2D": 2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_grouped_convolution(name: str, tmp_path: Path) -> None:
    layer, promised = CASES[name]
    assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
    x = torch.randn(3, layer.in_channels, 9, 8, generator=RNG)
    found = convert(Tuple(layer).eval(), {"x": x}, ["y"], tmp_path, name)
    assert {op: n for op, n in found.ops.items() if "Conv" in op} == promised
    assert found.difference < 1e-6
