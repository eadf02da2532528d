"""Weights are rounded to what travels and to nothing else, and once is enough; eight bits are taken where they keep the samples."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zlide.bundle.manifest import Precision
from zlide.errors import ZlideError
from zlide.quantization import (
    LEVELS,
    Overflow,
    PrecisionChoice,
    choose_precision,
    quantize_per_channel,
    quantize_weights,
    quantized_weights,
)


def many_magnitudes() -> Tensor:
    """(40, 30): rows of 2⁻¹⁰⁰ to 2¹⁰⁰, some of zeros, and a column of zeros."""
    random = torch.Generator().manual_seed(7)
    weights = (
        torch.randn(40, 30, generator=random) * torch.exp2(torch.linspace(-100, 100, 40))[:, None]
    )
    weights[[0, 7, 39]] = 0
    weights[:, 4] = 0
    return weights


def is_rounded_by(module: nn.Module, dimension: int) -> bool:
    """Whether each index along a dimension of the weight has a scale of its own, of which its numbers are at most 127 wholes."""
    weight: Any = module.weight
    before = weight.detach().clone()
    quantize_weights(module, "uint8")
    others = [i for i in range(weight.dim()) if i != dimension]
    whole = weight.detach() / (weight.detach().abs().amax(others, keepdim=True) / 127)
    half = before.abs().amax(others, keepdim=True) / 127 / 2
    close = (weight.detach() - before).abs() <= half * 1.001  # scales have eleven bits
    return bool(
        torch.allclose(whole, whole.round(), atol=1e-3, rtol=0)
        and close.all()
        and not torch.equal(weight, before)
    )


@pytest.mark.parametrize("axis", [0, 1])
def test_no_number_is_further_off_than_half_a_scale(axis: int) -> None:
    weights = many_magnitudes()
    half = weights.abs().amax(1 - axis, keepdim=True) / 127 / 2
    found = quantize_per_channel(weights, axis)
    assert ((found - weights).abs() <= half * 1.001).all()
    assert not torch.equal(found, weights)


@pytest.mark.parametrize("axis", [0, 1])
def test_rounding_twice_is_rounding_once(axis: int) -> None:
    once = quantize_per_channel(many_magnitudes(), axis)
    assert torch.equal(quantize_per_channel(once, axis), once)
    assert torch.isfinite(once).all()


def test_what_is_whole_times_a_power_of_two_stays_as_it_is() -> None:
    weights = torch.eye(9) * torch.exp2(torch.arange(-4.0, 5))[:, None]
    weights[3] = torch.arange(9) * 0.25
    assert torch.equal(quantize_per_channel(weights, 0), weights)


LAYERS: dict[str, tuple[nn.Module, int]] = {
    "linear": (nn.Linear(20, 9), 0),
    "table": (nn.Embedding(9, 20), 0),
    "convolution": (nn.Conv2d(5, 9, 3), 0),
    "transposed": (nn.ConvTranspose2d(5, 9, 3), 1),
}


@pytest.mark.parametrize("name", LAYERS)
def test_each_output_of_a_layer_has_a_scale(name: str) -> None:
    layer, dimension = LAYERS[name]
    for inside in (copy.deepcopy(layer), nn.Sequential(nn.ReLU(), copy.deepcopy(layer))[1]):
        assert is_rounded_by(inside, dimension)
    holder = nn.Sequential(copy.deepcopy(layer))
    quantize_weights(holder, "uint8")  # found by its name, too
    alone = copy.deepcopy(layer)
    quantize_weights(alone, "uint8")
    assert torch.equal(holder[0].weight, alone.weight)  # type: ignore[arg-type]
    assert not is_rounded_by(copy.deepcopy(layer), 1 - dimension)


def test_vectors_travel_as_float16_beside_eight_bits() -> None:
    torch.manual_seed(7)
    layer = nn.Linear(20, 9)
    before = layer.bias.detach().clone()
    quantize_weights(layer, "uint8")
    assert torch.equal(layer.bias, before.half().float())
    assert not torch.equal(layer.bias, before)


def test_weights_are_rounded_within_the_block_alone_and_gradients_stay() -> None:
    torch.manual_seed(7)
    layer, x = nn.Linear(20, 9), torch.randn(3, 20)
    before, coarse = copy.deepcopy(layer), copy.deepcopy(layer)
    quantize_weights(coarse, "uint8")
    for module in (coarse, before):
        module(x).square().sum().backward()
    with quantized_weights(layer, "uint8"):
        assert torch.equal(layer.weight, coarse.weight)
        layer(x).square().sum().backward()
    assert torch.equal(layer.weight, before.weight)
    assert torch.equal(layer.bias, before.bias)
    assert layer.weight.grad is not None
    assert coarse.weight.grad is not None
    assert torch.equal(layer.weight.grad, coarse.weight.grad)  # those of the weights as they travel
    assert not torch.equal(layer.weight.grad, before.weight.grad)  # type: ignore[arg-type]
    with pytest.raises(ArithmeticError), quantized_weights(layer, "uint8"):
        raise ArithmeticError
    assert torch.equal(layer.weight, before.weight)


@pytest.mark.parametrize(
    ("asked", "eight", "expected"),
    [
        (None, (5, 1000), ("uint8", (5, 1000))),
        (None, (6, 1000), ("float16", (50, 1000))),
        (None, (6, 100), ("float32", (0, 100))),
        ("uint8", (900, 1000), ("uint8", (900, 1000))),
        ("float32", (0, 1000), ("float32", (0, 1000))),
    ],
)
def test_eight_bits_are_taken_where_they_keep_the_samples_or_are_asked_for(
    asked: Precision | None, eight: tuple[int, int], expected: tuple[Precision, tuple[int, int]]
) -> None:
    found: dict[Precision, tuple[int, int]] = {
        "uint8": eight,
        "float16": (50, eight[1]),
        "float32": (0, eight[1]),
    }
    assert choose_precision(asked, found.__getitem__) == PrecisionChoice(*expected)


def test_what_overflows_travels_as_float32_unless_a_rounding_was_asked_for() -> None:
    def changed(precision: Precision) -> tuple[int, int]:
        if precision != "float32":
            raise Overflow("out.bias", "holds 7e+04, beyond float16")
        return 0, 1000

    assert choose_precision(None, changed) == PrecisionChoice(
        "float32", (0, 1000), "out.bias holds 7e+04, beyond float16"
    )
    for asked in ("uint8", "float16"):
        with pytest.raises(Overflow):
            choose_precision(asked, changed)


@pytest.mark.parametrize("largest", [3.4028234663852886e38, 3.4e38, 3.39e38, 1e38])
def test_no_weight_turns_infinite_next_to_the_largest_float32(largest: float) -> None:
    weights = torch.tensor([[largest, -largest, largest / 3, 1e36, 0], [-largest, 0, 0, 2e37, 1]])
    found = quantize_per_channel(weights, 0)
    assert torch.isfinite(found).all()
    assert (
        (found / LEVELS - weights / LEVELS).abs() <= largest / LEVELS / LEVELS / 2 * 1.001
    ).all()
    assert torch.equal(quantize_per_channel(found, 0), found)


def test_infinite_weights_stay_as_they_are() -> None:
    mask = torch.tensor([[0.3, -torch.inf], [0.3, 0.1]])
    rounded_mask = quantize_per_channel(mask, 0)
    assert torch.equal(rounded_mask[0], mask[0])
    assert torch.isfinite(rounded_mask[1]).all()


def test_weights_are_rounded_to_float16_in_place() -> None:
    torch.manual_seed(7)
    module = nn.BatchNorm1d(9)
    module.running_mean = torch.randn(9)
    before = copy.deepcopy(module.state_dict())
    quantize_weights(module, "float16")
    for name, value in module.state_dict().items():
        assert value.dtype == before[name].dtype  # the counter of batches stays an integer
        assert torch.equal(value, before[name].half().to(before[name].dtype))
    assert not torch.equal(module.state_dict()["running_mean"], before["running_mean"])


def test_float32_stays_as_it_is() -> None:
    module = nn.Linear(3, 3)
    before = copy.deepcopy(module.state_dict())
    quantize_weights(module, "float32")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_weight_beyond_float16_is_named_and_nothing_turns_infinite() -> None:
    last = nn.Linear(2, 2)
    module = nn.Sequential(nn.Linear(2, 2), last)
    with torch.no_grad():
        last.bias[0] = 70_000.0
    with pytest.raises(ZlideError) as error:
        quantize_weights(module, "float16")
    remedy = 'keep it with `zlide build … --precision float32`, or in Python with about=zlide.About(rounding="float32")'
    assert str(error.value) == f"1.bias: holds 7e+04, beyond float16; {remedy}"
    assert torch.isfinite(last.bias).all()
