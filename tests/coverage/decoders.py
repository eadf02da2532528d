"""The decoders that hold an operation, and the seeding of all cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

Factory = Callable[[], nn.Module]

LATENT, CHANNELS, SIDE = 6, 4, 8
WORDS, WIDTH = 11, 8
"""Size of the vocabulary, and of the states of text decoders."""


class Function(nn.Module):
    """A function of x and of parameters with the given shapes."""

    def __init__(self, function: Callable[..., Tensor], shapes: Sequence[tuple[int, ...]]) -> None:
        super().__init__()
        self.function = function
        self.weights = nn.ParameterList([torch.randn(shape) * 0.5 for shape in shapes])

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.weights)


class Buffered(nn.Module):
    """A function of x and of one constant, which is a buffer."""

    constant: Tensor

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor], constant: Tensor) -> None:
        super().__init__()
        self.function = function
        self.register_buffer("constant", constant)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.constant)


def function(call: Callable[..., Tensor], *shapes: tuple[int, ...]) -> Factory:
    """Return a factory of `Function`."""
    return partial(Function, call, shapes)


def buffered(call: Callable[[Tensor, Tensor], Tensor], make: Callable[[], Tensor]) -> Factory:
    """Return a factory of `Buffered`; `make` returns the constant."""
    return lambda: Buffered(call, make())


class Picture(nn.Module):
    """z (B, 6) → Linear → (B, 4, 8, 8) → an operation → sigmoid of three channels (B, H, W, 3)."""

    def __init__(self, operation: nn.Module) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, CHANNELS * SIDE * SIDE)
        self.operation = operation

    def forward(self, z: Tensor) -> Tensor:
        x = self.operation(self.first(z).view(-1, CHANNELS, SIDE, SIDE))
        return torch.sigmoid(x[:, :3]).permute(0, 2, 3, 1)


def picture(operation: Factory) -> Factory:
    return lambda: Picture(operation())


def make(name: str, factory: Factory, gain: float = 1) -> nn.Module:
    """Return a module in eval mode, seeded by its name.

    gain: multiplies weights of more than one dimension, so that z changes the output visibly.

    Weights and statistics that start as constants, such as those of norms, get random values too:
    otherwise a mistake in them would not show.
    """
    torch.manual_seed(crc32(name.encode()))
    module = factory()
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.numel() > 1 and (parameter == parameter.view(-1)[0]).all():
                parameter.add_(torch.randn_like(parameter) * 0.3)
            if parameter.dim() > 1:
                parameter.mul_(gain)
        for child in module.modules():
            if isinstance(child, _BatchNorm) and child.running_mean is not None:
                child.running_mean.normal_(std=0.3)
            if isinstance(child, _BatchNorm) and child.running_var is not None:
                child.running_var.uniform_(0.5, 1.5)
    return module.eval()
