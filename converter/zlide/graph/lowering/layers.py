"""PyTorch → PyTorch, for the browser: modules that no converter takes become equal ones that convert.

Each rewrite keeps the parameters' values; `tests/converter/test_lowering.py` is the proof of each.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from zlide.errors import ZlideError
from zlide.graph.lowering.image_layers import (
    LoweredConvTranspose2d,
    LoweredGroupNorm,
    LoweredInstanceNorm2d,
    LoweredUnflatten,
)

Module = TypeVar("Module", bound=nn.Module)


def lower(module: Any, where: str) -> Any:
    """A copy of `module`, in eval mode, in which every module that does not convert is replaced by an equal one that does.

    Raises ZlideError that names every module for which there is none.
    """
    module = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    refused, kinds = [], set()
    for name, child in list(module.named_modules()):
        reason = next(
            (why for kind, why in _REFUSED.items() if isinstance(child, kind)), None
        ) or _unlowered_options(child)
        if reason:
            refused.append(f"{name or 'the module itself'} ({type(child).__name__}: {reason})")
            kinds.add(type(child))
    if refused:
        of_pictures = all(issubclass(kind, _OF_PICTURES) for kind in kinds)
        instead = (
            "nn.Conv2d, nn.Upsample or linear layers"
            if of_pictures
            else "nn.GRU, nn.LSTM, their cells, linear layers or convolutions"
        )
        raise ZlideError(where, f"cannot convert {', '.join(refused)}", f"write it with {instead}")
    for child in module.modules():
        # Only `forward` changes: parameters, names and sizes stay where a module that looks at them finds them.
        child.__class__ = _rewritten(type(child))
    return module


def _rewritten(kind: type[nn.Module]) -> type[nn.Module]:
    """The class that converts in the place of `kind`; `kind` itself when it is none of those, or has a `forward` of its own."""
    for original, rewrite in _REWRITES.items():
        if kind is original:
            return rewrite
        if issubclass(kind, original) and kind.forward is original.forward:
            return type(kind.__name__, (rewrite, kind), {})
    return kind


def bake_parametrizations(module: nn.Module) -> None:
    """Put weights that are computed (weight norm, spectral norm) into their place as numbers, so that those are what is rounded and travels."""
    for child in list(module.modules()):
        if parametrize.is_parametrized(child):
            values = {
                name: getattr(child, name)
                for name, _ in child.get_submodule("parametrizations").named_children()
            }
            # PyTorch's own way takes the properties off a class that copies of the module share.
            child.__class__ = parametrize.type_before_parametrizations(child)
            del child.parametrizations
            for name, value in values.items():
                child.register_parameter(
                    name, nn.Parameter(value.detach().clone(), requires_grad=False)
                )


class _Recurrence(nn.RNNBase):
    """Matrix products and gates in place of the fused kernel, unrolled over the (short, fixed) length of the input."""

    parts: int  # tensors in a state: 1 for a GRU, 2 for an LSTM

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:  # noqa: A002 (the name of the original)
        """As the original: input (B, T, E) or (T, B, E), hx (L·D, B, H) or a pair of them → outputs, last state."""
        if not isinstance(input, Tensor) or input.dim() != 3:
            found = f"{input.dim()}" if isinstance(input, Tensor) else type(input).__name__
            raise ZlideError(
                type(self).__name__,
                f"expected a batch of sequences (3 dimensions), found {found}",
                "unsqueeze the length",
            )
        time, directions = int(self.batch_first), 1 + self.bidirectional
        steps = [input.select(time, t) for t in range(input.shape[time])]  # each (B, E)
        before = [hx] if self.parts == 1 else list(hx or (None, None))
        after: list[list[Tensor]] = [[] for _ in range(self.parts)]
        for layer in range(self.num_layers):
            ways = []
            for way in range(directions):
                h = [
                    _zeros(steps[0], self.hidden_size) if b is None else b[layer * directions + way]
                    for b in before
                ]
                outputs, h = self._run(
                    steps[:: -1 if way else 1], h, f"l{layer}" + "_reverse" * way
                )
                ways.append(outputs[:: -1 if way else 1])
                for part, value in zip(after, h, strict=True):
                    part.append(value)
            steps = [
                torch.cat(both, dim=1) if directions > 1 else both[0]
                for both in zip(*ways, strict=True)
            ]
        last = tuple(torch.stack(part, dim=0) for part in after)  # each (L·D, B, H)
        return torch.stack(steps, dim=time), last[0] if self.parts == 1 else last

    def _run(
        self, steps: list[Tensor], h: list[Tensor], suffix: str
    ) -> tuple[list[Tensor], list[Tensor]]:
        weights: list[Any] = [
            getattr(self, f"{kind}_{suffix}", None)
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        outputs = []
        for x in steps:
            h = (_gru if self.parts == 1 else _lstm)(x, h, *weights)
            outputs.append(h[0])
        return outputs, h


class LoweredGRU(_Recurrence, nn.GRU):
    """`nn.GRU`, any number of layers and directions."""

    parts = 1


class LoweredLSTM(_Recurrence, nn.LSTM):
    """`nn.LSTM`, any number of layers and directions, without a projection."""

    parts = 2


class LoweredGRUCell(nn.GRUCell):
    """`nn.GRUCell`."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 (the name of the original)
        """input (B, E), hx (B, H) → the next state."""
        state = _zeros(input, self.hidden_size) if hx is None else hx
        return _gru(input, [state], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)[0]


class LoweredLSTMCell(nn.LSTMCell):
    """`nn.LSTMCell`."""

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:  # noqa: A002 (the name of the original)
        """input (B, E), hx a pair of (B, H) → the next state."""
        state = [_zeros(input, self.hidden_size)] * 2 if hx is None else list(hx)
        h, c = _lstm(input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return h, c


class LoweredRMSNorm(nn.RMSNorm):
    """`nn.RMSNorm`, of which ONNX knows nothing in the opset that is used."""

    def forward(self, x: Tensor) -> Tensor:
        """x (…, *normalized_shape) → the same shape."""
        over = tuple(range(-len(self.normalized_shape), 0))
        least = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        x = x * torch.rsqrt(x.pow(2).mean(dim=over, keepdim=True) + least)
        return x if self.weight is None else x * self.weight


class LoweredConv1d(nn.Conv1d):
    """`nn.Conv1d` over a short, fixed length: a linear layer at each place, where TensorFlow would turn the input around and back."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """input (B, C, L) → (B, O, places)."""
        if input.dim() != 3:
            raise ZlideError(
                type(self).__name__,
                f"expected a batch of sequences (3 dimensions), found {input.dim()}",
                "unsqueeze the batch",
            )
        (size,), (stride,), (dilation,) = self.kernel_size, self.stride, self.dilation
        if any(self._reversed_padding_repeated_twice):
            input = F.pad(input, self._reversed_padding_repeated_twice)  # noqa: A001
        span = dilation * (size - 1) + 1
        windows = [
            input[:, :, at : at + span : dilation]
            for at in range(0, input.shape[2] - span + 1, stride)
        ]  # each (B, C, size)
        return torch.stack([self._at(window) for window in windows], dim=2)

    def _at(self, window: Tensor) -> Tensor:
        parts, weights = (
            window.split(self.in_channels // self.groups, dim=1),
            self.weight.flatten(1).split(self.out_channels // self.groups),
        )
        y = torch.cat(
            [
                F.linear(part.flatten(1), weight)
                for part, weight in zip(parts, weights, strict=True)
            ],
            dim=1,
        )  # (B, O)
        return y if self.bias is None else y + self.bias


class LoweredThreshold(nn.Threshold):
    """`nn.Threshold`, which the exporter knows for 0 alone."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Of any shape → the same shape."""
        return torch.where(input > self.threshold, input, self.value)


def _zeros(x: Tensor, width: int) -> Tensor:
    # The batch is dynamic in the graph, so that zeros are made from a row's own first number.
    return x[:, :1] * 0 + x.new_zeros(1, width)  # (B, width)


def _gru(
    x: Tensor,
    state: list[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> list[Tensor]:
    """The equations of `torch.nn.GRU`, with (1 − u)·n + u·h written as n + u·(h − n): one product less."""
    (h,) = state
    reset_x, update_x, new_x = F.linear(x, w_ih, b_ih).split(h.shape[1], dim=1)
    reset_h, update_h, new_h = F.linear(h, w_hh, b_hh).split(h.shape[1], dim=1)
    new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
    return [new + torch.sigmoid(update_x + update_h) * (h - new)]


def _lstm(
    x: Tensor,
    state: list[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> list[Tensor]:
    """The equations of `torch.nn.LSTM`; both products share one bias, which is a constant."""
    h, c = state
    bias = b_ih + b_hh if b_ih is not None and b_hh is not None else None
    keep, forget, new, output = (F.linear(x, w_ih, bias) + F.linear(h, w_hh)).split(
        h.shape[1], dim=1
    )
    c = torch.sigmoid(forget) * c + torch.sigmoid(keep) * torch.tanh(new)
    return [torch.sigmoid(output) * torch.tanh(c), c]


def _unlowered_options(module: nn.Module) -> str | None:
    if isinstance(module, nn.LSTM) and module.proj_size:
        return "proj_size is not supported"
    if isinstance(module, nn.Conv1d) and module.padding_mode != "zeros":
        return "only zeros are supported as padding"
    if isinstance(module, nn.ConvTranspose2d) and (
        set(module.dilation) != {1} or len(set(module.stride)) > 1
    ):
        return "only one stride for rows and columns and no dilation are supported"
    return None


_REWRITES: dict[type[nn.Module], type[nn.Module]] = {
    nn.GRU: LoweredGRU,
    nn.LSTM: LoweredLSTM,
    nn.GRUCell: LoweredGRUCell,
    nn.LSTMCell: LoweredLSTMCell,
    nn.RMSNorm: LoweredRMSNorm,
    nn.ConvTranspose2d: LoweredConvTranspose2d,
    nn.GroupNorm: LoweredGroupNorm,
    nn.InstanceNorm2d: LoweredInstanceNorm2d,
    nn.Unflatten: LoweredUnflatten,
    nn.Conv1d: LoweredConv1d,
    nn.Threshold: LoweredThreshold,
}

_OF_PICTURES = (nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Conv3d)

_REFUSED: dict[type[nn.Module], str] = {
    nn.RNN: "plain recurrences are not supported",
    nn.RNNCell: "plain recurrences are not supported",
    nn.EmbeddingBag: "its lookups depend on the data",
    nn.Transformer: "attention over a growing past is not supported",
    nn.MultiheadAttention: "attention over a growing past is not supported",
    nn.ConvTranspose3d: "volumes are not supported",
    nn.Conv3d: "volumes are not supported",
}
