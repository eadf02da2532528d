"""Lowered layers and functions compute the same, also those that strangers register."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zlide
from tests.refusal import refusal
from zlide.graph.convert import convert
from zlide.graph.lowering import lower, lowered_functions
from zlide.graph.lowering.registry import FUNCTIONS, LAYERS

X = torch.randn(2, 6, 7, 5, generator=torch.Generator().manual_seed(1))
CALLS: dict[str, Callable[[], Tensor]] = {
    "cosh": lambda: torch.cosh(X),
    "sinh": X.sinh,
    "asinh": X.asinh,
    "acosh": lambda: torch.acosh(X.abs() + 1.1),
    "atanh": lambda: torch.atanh(X.tanh() * 0.9),
    "expm1": lambda: torch.expm1(X),
    "log1p": lambda: torch.log1p(X.abs()),
    "trunc": lambda: torch.trunc(3 * X),
    "frac": lambda: torch.frac(3 * X),
    "sinc": lambda: torch.sinc(X),
    "floor_divide": lambda: 3 * X // 0.7,
    "softplus": lambda: F.softplus(X, 2, 1),
    "threshold": lambda: F.threshold(X, 0.1, -1),
    "rms_norm": lambda: F.rms_norm(X, (5,), torch.arange(5.0)),
    "bilinear": lambda: F.bilinear(X, X.flip(0), torch.arange(75.0).view(3, 5, 5).sin()),
    "rot90": lambda: torch.rot90(X, 3, (2, 3)),
    "channel_shuffle": lambda: torch.channel_shuffle(X, 3),
    "tensor_split": lambda: torch.cat(torch.tensor_split(X, 4, 1)[::-1], 1),
    "tensor_split_places": lambda: torch.cat(X.tensor_split((2, -2), 2)[::-1], 2),
    "diag": lambda: torch.diag(X[0, 0, 0], -2),
    "diag_embed": lambda: torch.diag_embed(X, 1, 1, -2),
    "cumprod": lambda: torch.cumprod(X, 2),
    "logaddexp": lambda: torch.logaddexp(300 * X, X),
    "logaddexp2": lambda: torch.logaddexp2(300 * X, X),
    "affine_grid": lambda: F.affine_grid(X[:, 0, :3, :4], [2, 1, 3, 1, 5], align_corners=False),
    "cosh_": lambda: X.clone().cosh_(),
    "floor_divide_": lambda: X.clone().floor_divide_(0.3),
    "mT": lambda: X.mT,
    "group_norm": lambda: F.group_norm(X, 3, torch.arange(6.0), torch.ones(6)),
    "local_response_norm": lambda: F.local_response_norm(X, 4, 0.5),
    "adaptive_avg_pool": lambda: F.adaptive_avg_pool2d(X, (3, None)),
    "adaptive_max_pool": lambda: F.adaptive_max_pool2d(X, (3, 2)),
    "nearest_exact": lambda: F.interpolate(X, size=(9, 3), mode="nearest-exact"),
    "area": lambda: F.interpolate(X, scale_factor=0.5, mode="area"),
    "antialias": lambda: F.interpolate(X, size=(4, 3), mode="bicubic", antialias=True),
    "rows_as_groups": lambda: F.conv2d(
        X.view(1, 12, 7, 5), torch.arange(432.0).view(8, 6, 3, 3).sin(), padding=1, groups=2
    ),
    "transposed_rows_as_groups": lambda: F.conv_transpose2d(
        X.view(1, 12, 7, 5), torch.arange(432.0).view(12, 4, 3, 3).sin(), None, 2, 1, 1, 2
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_lowered_function_computes_the_same(name: str) -> None:
    expected = CALLS[name]()
    with lowered_functions():
        found = CALLS[name]()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_lowered_rnn_computes_the_same(nonlinearity: str) -> None:
    layer = nn.RNN(5, 4, 2, nonlinearity, batch_first=True, bidirectional=True)
    x = X[:, 0]
    torch.testing.assert_close(lower(layer)(x), layer(x), rtol=1e-4, atol=1e-5)


def test_a_lowered_lstm_has_a_projection() -> None:
    layer = nn.LSTM(5, 4, 2, proj_size=3, bidirectional=True)
    torch.testing.assert_close(lower(layer)(X[0]), layer(X[0]), rtol=1e-4, atol=1e-5)


class Swish(nn.Module):
    """A layer that cannot be traced."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(x.numpy() / (1 + (-x).exp().numpy()))


class LoweredSwish(Swish):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


class Strange(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 4), Swish())

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (torch.special.entr(self.layers(x).sigmoid()),)


@pytest.mark.needs_conversion
def test_strangers_lower_a_layer_and_a_function(
    tmp_path: Path,
) -> None:
    before = dict(LAYERS), dict(FUNCTIONS)
    try:
        zlide.register_lowering(Swish, LoweredSwish)
        zlide.register_lowering(torch.special.entr, lambda x: -x * torch.log(x))
        module, x = Strange().eval(), torch.randn(3, 5)
        with torch.no_grad():
            expected = module(x)[0]
            written = convert(lower(module), {"x": x}, ["y"], tmp_path, "decoder").run
            torch.testing.assert_close(written(x)[0], expected, rtol=1e-4, atol=1e-5)
    finally:
        LAYERS.clear()
        LAYERS.update(before[0])
        FUNCTIONS.clear()
        FUNCTIONS.update(before[1])


@pytest.mark.parametrize(
    ("original", "lowered", "found"),
    [
        (nn.Linear, nn.Conv2d, "subclass of Linear"),
        (torch.cosh, 3, "expected a function"),
        ("cosh", torch.cosh, "expected a class of layers or a function"),
    ],
)
def test_refuses_what_is_no_lowering(original: Any, lowered: Any, found: str) -> None:
    assert found in str(refusal(zlide.register_lowering, original, lowered))
