"""PyTorch → PyTorch: lowering replaces layers that do not convert by equal ones that do.

Parameters keep their names and values. `tests/converter/test_lowering_layers.py` tests each layer.
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
    """Return a copy of `module` in eval mode, with every layer lowered that does not convert.

    Raises ZlideError with the names of all layers that cannot be lowered.
    """
    module = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    refused, types = [], set()
    for name, child in list(module.named_modules()):
        reasons = (why for layer, why in _REFUSED.items() if isinstance(child, layer))
        reason = next(reasons, None) or _unsupported_option(child)
        if reason:
            refused.append(f"{name or 'the module itself'} ({type(child).__name__}: {reason})")
            types.add(type(child))
    if refused:
        is_image = all(issubclass(layer, _IMAGE_LAYERS) for layer in types)
        alternative = (
            "nn.Conv2d, nn.Upsample or linear layers"
            if is_image
            else "nn.GRU, nn.LSTM, their cells, linear layers or convolutions"
        )
        raise ZlideError(
            where, f"cannot convert {', '.join(refused)}", f"write it with {alternative}"
        )
    for child in module.modules():
        # Only `forward` changes, so a module that uses its parameters and sizes finds them.
        child.__class__ = _lowered_type(type(child))
    return module


def _lowered_type(layer: type[nn.Module]) -> type[nn.Module]:
    """Return the class that replaces `layer`, or `layer` itself.

    A subclass with a `forward` of its own is not replaced.
    """
    for original, lowered in _LOWERED.items():
        if layer is original:
            return lowered
        if issubclass(layer, original) and layer.forward is original.forward:
            return type(layer.__name__, (lowered, layer), {})
    return layer


def bake_parametrizations(module: nn.Module) -> None:
    """Replace computed weights (weight norm, spectral norm) by their values, in place.

    The values are then what is quantized and shipped.
    """
    for child in list(module.modules()):
        if parametrize.is_parametrized(child):
            values = {
                name: getattr(child, name)
                for name, _ in child.get_submodule("parametrizations").named_children()
            }
            # remove_parametrizations would change a class that copies of the module share.
            child.__class__ = parametrize.type_before_parametrizations(child)
            del child.parametrizations
            for name, value in values.items():
                child.register_parameter(
                    name, nn.Parameter(value.detach().clone(), requires_grad=False)
                )


class _Recurrence(nn.RNNBase):
    """A recurrent layer as matrix products and gates, unrolled over the length of the input."""

    parts: int  # tensors in a state: 1 for a GRU, 2 for an LSTM

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:  # noqa: A002 (the name of the original)
        """Return outputs and last state, as the original does.

        input: (B, T, E) or (T, B, E). hx: (L·D, B, H), or a pair of them for an LSTM.
        """
        if not isinstance(input, Tensor) or input.dim() != 3:
            found = f"{input.dim()}" if isinstance(input, Tensor) else type(input).__name__
            raise ZlideError(
                type(self).__name__,
                f"expected a batch of sequences (3 dimensions), found {found}",
                "add a dimension for the length with unsqueeze",
            )
        time, directions = int(self.batch_first), 1 + self.bidirectional
        steps = [input.select(time, t) for t in range(input.shape[time])]  # each (B, E)
        initial = [hx] if self.parts == 1 else list(hx or (None, None))
        final: list[list[Tensor]] = [[] for _ in range(self.parts)]
        for layer in range(self.num_layers):
            outputs_by_direction = []
            for direction in range(directions):
                h = [
                    _zeros(steps[0], self.hidden_size)
                    if part is None
                    else part[layer * directions + direction]
                    for part in initial
                ]
                order = -1 if direction else 1
                outputs, h = self._run(steps[::order], h, f"l{layer}" + "_reverse" * direction)
                outputs_by_direction.append(outputs[::order])
                for part, value in zip(final, h, strict=True):
                    part.append(value)
            steps = [
                torch.cat(both, dim=1) if directions > 1 else both[0]
                for both in zip(*outputs_by_direction, strict=True)
            ]
        last = tuple(torch.stack(part, dim=0) for part in final)  # each (L·D, B, H)
        return torch.stack(steps, dim=time), last[0] if self.parts == 1 else last

    def _run(
        self, steps: list[Tensor], h: list[Tensor], suffix: str
    ) -> tuple[list[Tensor], list[Tensor]]:
        weights: list[Any] = [
            getattr(self, f"{name}_{suffix}", None)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        outputs = []
        for x in steps:
            h = (_gru if self.parts == 1 else _lstm)(x, h, *weights)
            outputs.append(h[0])
        return outputs, h


class LoweredGRU(_Recurrence, nn.GRU):
    """`nn.GRU` with any number of layers and directions."""

    parts = 1


class LoweredLSTM(_Recurrence, nn.LSTM):
    """`nn.LSTM` with any number of layers and directions, without a projection."""

    parts = 2


class LoweredGRUCell(nn.GRUCell):
    """`nn.GRUCell`."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 (the name of the original)
        """Return the next state (B, H) for input (B, E) and hx (B, H)."""
        state = _zeros(input, self.hidden_size) if hx is None else hx
        return _gru(input, [state], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)[0]


class LoweredLSTMCell(nn.LSTMCell):
    """`nn.LSTMCell`."""

    def forward(
        self,
        input: Tensor,  # noqa: A002 (the name of the original)
        hx: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the next state for input (B, E) and hx, both states pairs of (B, H)."""
        state = [_zeros(input, self.hidden_size)] * 2 if hx is None else list(hx)
        h, c = _lstm(input, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return h, c


class LoweredRMSNorm(nn.RMSNorm):
    """`nn.RMSNorm`, which the opset does not have."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x (…, *normalized_shape)."""
        dims = tuple(range(-len(self.normalized_shape), 0))
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        x = x * torch.rsqrt(x.pow(2).mean(dim=dims, keepdim=True) + eps)
        return x if self.weight is None else x * self.weight


class LoweredConv1d(nn.Conv1d):
    """`nn.Conv1d` of a short, fixed length as linear layers of windows.

    TensorFlow would transpose around a convolution.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Map input (B, C, L) to (B, O, L')."""
        if input.dim() != 3:
            raise ZlideError(
                type(self).__name__,
                f"expected a batch of sequences (3 dimensions), found {input.dim()}",
                "add a dimension for the batch with unsqueeze",
            )
        (size,), (stride,), (dilation,) = self.kernel_size, self.stride, self.dilation
        if any(self._reversed_padding_repeated_twice):
            input = F.pad(input, self._reversed_padding_repeated_twice)  # noqa: A001
        span = dilation * (size - 1) + 1
        windows = [
            input[:, :, start : start + span : dilation]
            for start in range(0, input.shape[2] - span + 1, stride)
        ]  # each (B, C, size)
        return torch.stack([self._linear(window) for window in windows], dim=2)

    def _linear(self, window: Tensor) -> Tensor:
        """Map window (B, C, size) to (B, O)."""
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
    """`nn.Threshold`, which the exporter supports only for 0."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Apply the threshold to input of any shape."""
        return torch.where(input > self.threshold, input, self.value)


def _zeros(x: Tensor, width: int) -> Tensor:
    """Return zeros (B, width), computed from x (B, …) so that the batch is dynamic."""
    return x[:, :1] * 0 + x.new_zeros(1, width)


def _gru(
    x: Tensor,
    state: list[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> list[Tensor]:
    """Compute a step of `torch.nn.GRU`, with n + u·(h − n) for (1 − u)·n + u·h."""
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
    """Compute a step of `torch.nn.LSTM`; both products share one constant bias."""
    h, c = state
    bias = b_ih + b_hh if b_ih is not None and b_hh is not None else None
    input_gate, forget_gate, new, output_gate = (F.linear(x, w_ih, bias) + F.linear(h, w_hh)).split(
        h.shape[1], dim=1
    )
    c = torch.sigmoid(forget_gate) * c + torch.sigmoid(input_gate) * torch.tanh(new)
    return [torch.sigmoid(output_gate) * torch.tanh(c), c]


def _unsupported_option(module: nn.Module) -> str | None:
    """Return what is not supported of the options of a layer, or None."""
    if isinstance(module, nn.LSTM) and module.proj_size:
        return "proj_size is not supported"
    if isinstance(module, nn.Conv1d) and module.padding_mode != "zeros":
        return "only padding with zeros is supported"
    if isinstance(module, nn.ConvTranspose2d) and (
        set(module.dilation) != {1} or len(set(module.stride)) > 1
    ):
        return "different strides for rows and columns and dilation are not supported"
    return None


_LOWERED: dict[type[nn.Module], type[nn.Module]] = {
    nn.GRU: LoweredGRU,
    nn.LSTM: LoweredLSTM,
    nn.GRUCell: LoweredGRUCell,
    nn.LSTMCell: LoweredLSTMCell,
    nn.RMSNorm: LoweredRMSNorm,
    nn.GroupNorm: LoweredGroupNorm,
    nn.InstanceNorm2d: LoweredInstanceNorm2d,
    nn.Unflatten: LoweredUnflatten,
    nn.Conv1d: LoweredConv1d,
    nn.Threshold: LoweredThreshold,
}

_IMAGE_LAYERS = (nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Conv3d)

_REFUSED: dict[type[nn.Module], str] = {
    nn.RNN: "plain RNNs are not supported",
    nn.RNNCell: "plain RNNs are not supported",
    nn.EmbeddingBag: "bags of variable length are not supported",
    nn.Transformer: "attention over a growing past is not supported",
    nn.MultiheadAttention: "attention over a growing past is not supported",
    nn.ConvTranspose3d: "volumes are not supported",
    nn.Conv3d: "volumes are not supported",
}
