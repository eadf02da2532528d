"""Quantization rounds weights once and for all, and the smallest sufficient precision is chosen."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.refusal import refusal
from zlide.bundle.manifest import Precision
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
    """Return weights (40, 30) of 2⁻¹⁰⁰ to 2¹⁰⁰, with rows and a column of zeros."""
    rng = torch.Generator().manual_seed(7)
    magnitudes = torch.exp2(torch.linspace(-100, 100, 40))[:, None]
    weights = torch.randn(40, 30, generator=rng) * magnitudes
    weights[[0, 7, 39]] = 0
    weights[:, 4] = 0
    return weights


def has_scales_along(module: nn.Module, dimension: int) -> bool:
    """Quantize a module, and return whether its weight has one scale per index of a dimension."""
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
def test_changes_numbers_by_at_most_half_a_scale(axis: int) -> None:
    weights = many_magnitudes()
    half = weights.abs().amax(1 - axis, keepdim=True) / 127 / 2
    found = quantize_per_channel(weights, axis)
    assert ((found - weights).abs() <= half * 1.001).all()
    assert not torch.equal(found, weights)


@pytest.mark.parametrize("axis", [0, 1])
def test_is_idempotent(axis: int) -> None:
    once = quantize_per_channel(many_magnitudes(), axis)
    assert torch.equal(quantize_per_channel(once, axis), once)
    assert torch.isfinite(once).all()


def test_keeps_whole_numbers_times_a_power_of_two() -> None:
    weights = torch.eye(9) * torch.exp2(torch.arange(-4.0, 5))[:, None]
    weights[3] = torch.arange(9) * 0.25
    assert torch.equal(quantize_per_channel(weights, 0), weights)


LAYERS: dict[str, tuple[nn.Module, int]] = {
    "linear": (nn.Linear(20, 9), 0),
    "embedding": (nn.Embedding(9, 20), 0),
    "convolution": (nn.Conv2d(5, 9, 3), 0),
    "transposed": (nn.ConvTranspose2d(5, 9, 3), 1),
}


@pytest.mark.parametrize("name", LAYERS)
def test_each_output_channel_has_a_scale(name: str) -> None:
    layer, dimension = LAYERS[name]
    for inside in (copy.deepcopy(layer), nn.Sequential(nn.ReLU(), copy.deepcopy(layer))[1]):
        assert has_scales_along(inside, dimension)
    holder = nn.Sequential(copy.deepcopy(layer))
    quantize_weights(holder, "uint8")
    alone = copy.deepcopy(layer)
    quantize_weights(alone, "uint8")
    assert torch.equal(holder[0].weight, alone.weight)  # type: ignore[arg-type]
    assert not has_scales_along(copy.deepcopy(layer), 1 - dimension)


def test_uint8_precision_stores_vectors_as_float16() -> None:
    torch.manual_seed(7)
    layer = nn.Linear(20, 9)
    before = layer.bias.detach().clone()
    quantize_weights(layer, "uint8")
    assert torch.equal(layer.bias, before.half().float())
    assert not torch.equal(layer.bias, before)


def test_quantizes_within_a_block_and_keeps_the_gradients() -> None:
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
    assert torch.equal(layer.weight.grad, coarse.weight.grad)
    assert not torch.equal(layer.weight.grad, before.weight.grad)  # type: ignore[arg-type]
    with pytest.raises(ArithmeticError), quantized_weights(layer, "uint8"):
        raise ArithmeticError
    assert torch.equal(layer.weight, before.weight)


@pytest.mark.parametrize(
    ("requested", "uint8", "expected"),
    [
        (None, (5, 1000), ("uint8", (5, 1000))),
        (None, (6, 1000), ("float16", (50, 1000))),
        (None, (6, 100), ("float32", (0, 100))),
        ("uint8", (900, 1000), ("uint8", (900, 1000))),
        ("float32", (0, 1000), ("float32", (0, 1000))),
    ],
)
def test_chooses_the_smallest_precision_that_keeps_the_samples(
    requested: Precision | None, uint8: tuple[int, int], expected: tuple[Precision, tuple[int, int]]
) -> None:
    found: dict[Precision, tuple[int, int]] = {
        "uint8": uint8,
        "float16": (50, uint8[1]),
        "float32": (0, uint8[1]),
    }
    assert choose_precision(requested, found.__getitem__) == PrecisionChoice(*expected)


def test_chooses_float32_on_overflow_unless_a_precision_was_requested() -> None:
    def count_changed(precision: Precision) -> tuple[int, int]:
        if precision != "float32":
            raise Overflow("out.bias", "holds 7e+04, beyond float16")
        return 0, 1000

    assert choose_precision(None, count_changed) == PrecisionChoice(
        "float32", (0, 1000), "out.bias holds 7e+04, beyond float16"
    )
    for requested in ("uint8", "float16"):
        with pytest.raises(Overflow):
            choose_precision(requested, count_changed)


@pytest.mark.parametrize("largest", [3.4028234663852886e38, 3.4e38, 3.39e38, 1e38])
def test_weights_near_the_largest_float32_stay_finite(largest: float) -> None:
    weights = torch.tensor([[largest, -largest, largest / 3, 1e36, 0], [-largest, 0, 0, 2e37, 1]])
    found = quantize_per_channel(weights, 0)
    assert torch.isfinite(found).all()
    assert (
        (found / LEVELS - weights / LEVELS).abs() <= largest / LEVELS / LEVELS / 2 * 1.001
    ).all()
    assert torch.equal(quantize_per_channel(found, 0), found)


def test_keeps_infinite_weights() -> None:
    mask = torch.tensor([[0.3, -torch.inf], [0.3, 0.1]])
    rounded_mask = quantize_per_channel(mask, 0)
    assert torch.equal(rounded_mask[0], mask[0])
    assert torch.isfinite(rounded_mask[1]).all()


def test_rounds_to_float16_in_place() -> None:
    torch.manual_seed(7)
    module = nn.BatchNorm1d(9)
    module.running_mean = torch.randn(9)
    before = copy.deepcopy(module.state_dict())
    quantize_weights(module, "float16")
    for name, value in module.state_dict().items():
        assert value.dtype == before[name].dtype  # num_batches_tracked stays an integer
        assert torch.equal(value, before[name].half().to(before[name].dtype))
    assert not torch.equal(module.state_dict()["running_mean"], before["running_mean"])


def test_float32_precision_changes_nothing() -> None:
    module = nn.Linear(3, 3)
    before = copy.deepcopy(module.state_dict())
    quantize_weights(module, "float32")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_refuses_a_weight_beyond_float16() -> None:
    last = nn.Linear(2, 2)
    module = nn.Sequential(nn.Linear(2, 2), last)
    with torch.no_grad():
        last.bias[0] = 70_000.0
    error = refusal(quantize_weights, module, "float16")
    assert error.where == "1.bias"
    assert "7e+04" in error.problem
    assert "--precision float32" in error.remedy
    assert 'precision="float32"' in error.remedy
    assert torch.isfinite(last.bias).all()
