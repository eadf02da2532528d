"""Lowered image layers equal the originals; options that cannot be lowered are refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.lowering.image_layers import (
    LoweredConvTranspose2d,
    LoweredGroupNorm,
    LoweredInstanceNorm2d,
    LoweredUnflatten,
)
from zlide.graph.lowering.layers import lower

pytestmark = pytest.mark.needs_conversion

SIZES = [(1, 1), (1, 4), (5, 7), (6, 3)]


def assert_equal(
    original: nn.Module, x: Tensor, lowered_type: type[nn.Module], case: object = ""
) -> None:
    lowered, expected = lower(original, "test"), original.eval()(x)
    assert type(lowered) is lowered_type, case
    found = lowered(x)
    assert found.shape == expected.shape, case
    assert (found - expected).abs().max() <= 1e-5, case


@pytest.mark.parametrize("kernel", range(1, 7))
@pytest.mark.parametrize("stride", [1, 2, 3])
@torch.no_grad()
def test_transposed_convolutions_equal_the_originals(kernel: int, stride: int) -> None:
    torch.manual_seed(kernel)
    tried = 0
    for padding, output_padding, groups, bias, size in itertools.product(
        range(4), range(stride), [1, 2], [True, False], SIZES
    ):
        if min((n - 1) * stride - 2 * padding + kernel + output_padding for n in size) < 1:
            continue  # the output would be empty
        case: dict[str, Any] = {
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
            "groups": groups,
            "bias": bias,
        }
        assert_equal(
            nn.ConvTranspose2d(4, 6, kernel, **case),
            torch.randn(3, 4, *size),
            LoweredConvTranspose2d,
            (case, size),
        )
        tried += 1
    assert tried > 20


@pytest.mark.parametrize(
    "case",
    [
        {"kernel_size": (3, 5), "stride": 2},
        {"kernel_size": (1, 6), "stride": 3, "padding": (0, 2), "output_padding": (2, 0)},
        {"kernel_size": 4, "stride": 2, "padding": (1, 3)},
    ],
)
@torch.no_grad()
def test_rows_and_columns_may_have_different_options(case: dict[str, Any]) -> None:
    torch.manual_seed(0)
    for size in SIZES[1:]:
        assert_equal(
            nn.ConvTranspose2d(4, 6, **case), torch.randn(3, 4, *size), LoweredConvTranspose2d, size
        )


@torch.no_grad()
def test_accepts_output_size() -> None:
    torch.manual_seed(0)
    original, x = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1), torch.randn(2, 4, 5, 5)
    for size in ((9, 9), (10, 10), (9, 10)):
        assert torch.allclose(
            lower(original, "test")(x, output_size=size),
            original(x, output_size=list(size)),
            atol=1e-5,
        )


@pytest.mark.parametrize(
    "case", [{"stride": (2, 1)}, {"dilation": 2}, {"stride": 2, "dilation": (1, 2)}]
)
def test_refuses_unequal_strides_and_dilation(case: dict[str, Any]) -> None:
    with pytest.raises(ZlideError) as error:
        lower(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(4, 6, 4, **case)), "decoder")
    assert error.value.where == "decoder"
    assert "1 (ConvTranspose2d: " in error.value.problem
    assert "strides" in error.value.problem
    assert "nn.Conv2d" in error.value.remedy


@pytest.mark.parametrize("groups", [1, 2, 4, 8])
@pytest.mark.parametrize("settings", [{}, {"eps": 1e-2}, {"affine": False}])
@torch.no_grad()
def test_group_norms_equal_the_originals(groups: int, settings: dict[str, Any]) -> None:
    torch.manual_seed(groups)
    original = spread(nn.GroupNorm(groups, 8, **settings))
    assert_equal(original, 3 + 2 * torch.randn(3, 8, 5, 7), LoweredGroupNorm)
    assert_equal(original, torch.randn(3, 8), LoweredGroupNorm)  # vectors


@pytest.mark.parametrize(
    "settings", list(itertools.product([False, True], [False, True]))
)  # affine, statistics
@torch.no_grad()
def test_instance_norms_equal_the_originals(settings: tuple[bool, bool]) -> None:
    torch.manual_seed(1)
    affine, statistics = settings
    original = spread(nn.InstanceNorm2d(4, affine=affine, track_running_stats=statistics))
    assert_equal(original, 3 + 2 * torch.randn(3, 4, 5, 7), LoweredInstanceNorm2d)


@pytest.mark.parametrize(("dim", "sizes"), [(1, (4, 2, 3)), (-1, (2, -1)), (1, torch.Size([24]))])
def test_unflatten_equals_the_original(dim: int, sizes: tuple[int, ...]) -> None:
    assert_equal(nn.Unflatten(dim, sizes), torch.randn(3, 24), LoweredUnflatten)


def spread(norm: nn.Module) -> nn.Module:
    """Give a norm random weights and statistics, as after training."""
    for tensor in (*norm.parameters(), *(b for b in norm.buffers() if b.is_floating_point())):
        nn.init.uniform_(tensor, 0.5, 2.0)
    return norm
