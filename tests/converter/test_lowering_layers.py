"""Lowered layers equal the originals; layers that cannot be lowered are named."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from zlide.errors import ZlideError
from zlide.graph.lowering.layers import (
    LoweredConv1d,
    LoweredGRU,
    LoweredGRUCell,
    LoweredLSTM,
    LoweredLSTMCell,
    bake_parametrizations,
    lower,
)

pytestmark = pytest.mark.needs_conversion

SHAPES = list(
    itertools.product([1, 2, 3], [False, True], [False, True], [True, False])
)  # layers, bidirectional, batch first, bias


def close(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, Tensor):
        return bool(ours.shape == theirs.shape and torch.allclose(ours, theirs, atol=1e-6, rtol=0))
    return len(ours) == len(theirs) and all(close(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("layer", [nn.GRU, nn.LSTM])
@pytest.mark.parametrize(("layers", "bidirectional", "batch_first", "bias"), SHAPES)
@torch.no_grad()
def test_recurrent_layers_equal_the_originals(
    layer: Callable[..., nn.RNNBase],
    *,
    layers: int,
    bidirectional: bool,
    batch_first: bool,
    bias: bool,
) -> None:
    torch.manual_seed(layers)
    original = layer(
        5,
        7,
        num_layers=layers,
        bidirectional=bidirectional,
        batch_first=batch_first,
        bias=bias,
        dropout=0.3 if layers > 1 else 0.0,
    ).eval()
    lowered = lower(original, "test")
    assert isinstance(lowered, LoweredGRU if layer is nn.GRU else LoweredLSTM)
    for length in (1, 3):
        x = torch.randn(4, length, 5) if batch_first else torch.randn(length, 4, 5)
        h, c = torch.randn(2, layers * (1 + bidirectional), 4, 7)
        state = h if layer is nn.GRU else (h, c)
        assert close(lowered(x, state), original(x, state))
        assert close(lowered(x, hx=state), original(x, hx=state))
        assert close(lowered(x), original(x))  # without a state


@pytest.mark.parametrize("bias", [True, False])
@torch.no_grad()
def test_cells_equal_the_originals(*, bias: bool) -> None:
    torch.manual_seed(4)
    gru, lstm = nn.GRUCell(5, 7, bias=bias), nn.LSTMCell(5, 7, bias=bias)
    lowered_gru, lowered_lstm = lower(gru, "test"), lower(lstm, "test")
    assert isinstance(lowered_gru, LoweredGRUCell)
    assert isinstance(lowered_lstm, LoweredLSTMCell)
    x, h, c = torch.randn(4, 5), torch.randn(4, 7), torch.randn(4, 7)
    assert close(lowered_gru(x, h), gru(x, h))
    assert close(lowered_gru(x), gru(x))
    assert close(lowered_lstm(x, (h, c)), lstm(x, (h, c)))
    assert close(lowered_lstm(x), lstm(x))


@pytest.mark.parametrize("settings", [{}, {"eps": 1e-2}, {"elementwise_affine": False}])
@torch.no_grad()
def test_rms_norm_equals_the_original(settings: dict[str, Any]) -> None:
    torch.manual_seed(5)
    norm = nn.RMSNorm(7, **settings)
    if norm.weight is not None:
        norm.weight.uniform_()
    x = torch.randn(4, 3, 7)
    assert close(lower(norm, "test")(x), norm(x))


CONVOLUTIONS = [
    c
    for c in itertools.product([1, 2, 3], [1, 2], [0, 2, "same"], [1, 2], [1, 2], [True, False])
    if (c[1], c[2]) != (2, "same")
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("size", "stride", "padding", "dilation", "groups", "bias"), CONVOLUTIONS)
@torch.no_grad()
def test_convolutions_equal_the_originals(
    *, size: int, stride: int, padding: Any, dilation: int, groups: int, bias: bool
) -> None:
    torch.manual_seed(size)
    original = nn.Conv1d(
        4, 6, size, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias
    )
    lowered = lower(original, "test")
    assert isinstance(lowered, LoweredConv1d)
    for length in (5, 8):
        x = torch.randn(3, 4, length)
        assert close(lowered(x), original(x))


def test_refuses_circular_padding() -> None:
    with pytest.raises(ZlideError) as error:
        lower(nn.Conv1d(4, 6, 3, padding=1, padding_mode="circular"), "test")
    assert error.value.where == "test"
    assert "the module itself (Conv1d: " in error.value.problem
    assert "padding" in error.value.problem


@pytest.mark.parametrize(("threshold", "value"), [(0.1, -2.0), (0.0, 0.0), (-1.0, 20.0)])
def test_thresholds_equal_the_originals(threshold: float, value: float) -> None:
    x = torch.cat([torch.linspace(-2, 2, 41), torch.tensor([threshold])])
    assert torch.equal(
        lower(nn.Threshold(threshold, value), "test")(x), nn.Threshold(threshold, value)(x)
    )


def test_keeps_names_and_options_and_leaves_the_original_unchanged() -> None:
    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru = nn.GRU(5, 7, batch_first=True, dropout=0.5, num_layers=2)

    holder = Holder().train()
    lowered = lower(holder, "test")
    assert type(holder.gru) is nn.GRU
    assert holder.training
    assert all(p.requires_grad for p in holder.parameters())
    assert not lowered.training
    assert (lowered.gru.hidden_size, lowered.gru.batch_first, lowered.gru.num_layers) == (
        7,
        True,
        2,
    )
    assert lowered.gru.weight_ih_l0.shape == (21, 5)
    assert list(lowered.state_dict()) == list(holder.state_dict())
    assert isinstance(lowered.gru, nn.GRU)


class Renamed(nn.GRU):
    """A subclass that changes nothing."""


class Doubled(nn.GRU):
    """A subclass with its own `forward`."""

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002
        out, h = super().forward(input, hx)
        return 2 * out, h


@torch.no_grad()
def test_lowers_a_subclass_unless_it_has_its_own_forward() -> None:
    torch.manual_seed(6)
    renamed, x = Renamed(5, 7), torch.randn(1, 4, 5)
    lowered = lower(renamed, "test")
    assert isinstance(lowered, LoweredGRU)
    assert isinstance(lowered, Renamed)
    assert close(lowered(x), renamed(x))
    doubled = Doubled(5, 7)
    assert type(lower(doubled, "test")) is Doubled
    assert close(lower(doubled, "test")(x), doubled(x))


def test_names_all_layers_that_cannot_be_lowered() -> None:
    class Unusual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.reader = nn.RNN(3, 4)
            self.parts = nn.ModuleList([nn.Linear(2, 2), nn.MultiheadAttention(4, 2)])
            self.writer = nn.LSTM(3, 4, proj_size=2)

    with pytest.raises(ZlideError) as error:
        lower(Unusual(), "decoder")
    assert error.value.where == "decoder"
    for layer in ("reader (RNN: ", "parts.1 (MultiheadAttention: ", "writer (LSTM: proj_size "):
        assert layer in error.value.problem
    assert "Linear" not in error.value.problem
    assert "nn.GRU, nn.LSTM" in error.value.remedy


def test_remedy_for_image_layers_names_image_layers() -> None:
    with pytest.raises(ZlideError) as error:
        lower(nn.Sequential(nn.Conv3d(3, 4, 2), nn.ConvTranspose2d(4, 6, 4, dilation=2)), "decoder")
    assert error.value.where == "decoder"
    assert "0 (Conv3d: " in error.value.problem
    assert "1 (ConvTranspose2d: " in error.value.problem
    assert "dilation" in error.value.problem
    assert "nn.Conv2d, nn.Upsample" in error.value.remedy


def test_refuses_a_sequence_without_a_batch() -> None:
    with pytest.raises(ZlideError) as error:
        lower(nn.GRU(5, 7), "test")(torch.randn(3, 5))
    assert error.value.problem.endswith("found 2")
    assert "unsqueeze" in error.value.remedy


@torch.no_grad()
def test_bakes_computed_weights() -> None:
    torch.manual_seed(9)
    net = nn.Sequential(spectral_norm(nn.Linear(5, 7)), weight_norm(nn.Linear(7, 6))).eval()
    cell, x, h = weight_norm(nn.GRUCell(6, 7), "weight_hh"), torch.randn(4, 5), torch.randn(4, 7)
    expected = cell(net(x), h)
    originals, (net, cell) = (net, cell), (copy.deepcopy(net), copy.deepcopy(cell))
    for module in (net, cell):
        bake_parametrizations(module)
    assert close(originals[1](originals[0](x), h), expected)  # unchanged
    assert sorted(net.state_dict()) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    assert type(cell) is nn.GRUCell
    assert close(cell(net(x), h), expected)
    assert close(lower(cell, "test")(net(x), h), expected)
