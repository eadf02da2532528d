"""Recurrent layers as matrix products and gates."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.lowering.registry import lowers


class _Recurrence(nn.RNNBase):
    """A recurrent layer as matrix products and gates, unrolled over the length of the input."""

    parts: int  # tensors in a state: 2 for an LSTM, 1 for the others

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
                    _zeros(steps[0], width)
                    if part is None
                    else part[layer * directions + direction]
                    for part, width in zip(initial, self._widths(), strict=True)
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

    def _widths(self) -> list[int]:
        """Return the widths of the tensors in a state; a projection changes the first one's."""
        first = self.proj_size or self.hidden_size
        return [first, self.hidden_size][: self.parts]

    def _run(
        self, steps: list[Tensor], h: list[Tensor], suffix: str
    ) -> tuple[list[Tensor], list[Tensor]]:
        weights: list[Any] = [
            getattr(self, f"{name}_{suffix}", None)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        projection: Tensor | None = getattr(self, f"weight_hr_{suffix}", None)
        outputs = []
        for x in steps:
            h = self._step(x, h, *weights)
            if projection is not None:
                h = [F.linear(h[0], projection), *h[1:]]
            outputs.append(h[0])
        return outputs, h

    def _step(self, x: Tensor, h: list[Tensor], *weights: Any) -> list[Tensor]:
        raise NotImplementedError


@lowers(nn.GRU)
class LoweredGRU(_Recurrence, nn.GRU):
    """`nn.GRU` with any number of layers and directions."""

    parts = 1

    def _step(self, x: Tensor, h: list[Tensor], *weights: Any) -> list[Tensor]:
        return _gru(x, h, *weights)


@lowers(nn.RNN)
class LoweredRNN(_Recurrence, nn.RNN):
    """`nn.RNN` with any number of layers and directions."""

    parts = 1

    def _step(self, x: Tensor, h: list[Tensor], *weights: Any) -> list[Tensor]:
        return _rnn(self.nonlinearity, x, h, *weights)


@lowers(nn.LSTM)
class LoweredLSTM(_Recurrence, nn.LSTM):
    """`nn.LSTM` with any number of layers and directions, and with a projection."""

    parts = 2

    def _step(self, x: Tensor, h: list[Tensor], *weights: Any) -> list[Tensor]:
        return _lstm(x, h, *weights)


@lowers(nn.GRUCell)
class LoweredGRUCell(nn.GRUCell):
    """`nn.GRUCell`."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 (the name of the original)
        """Return the next state (B, H) for input (B, E) and hx (B, H)."""
        state = _zeros(input, self.hidden_size) if hx is None else hx
        return _gru(input, [state], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)[0]


@lowers(nn.LSTMCell)
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


@lowers(nn.RNNCell)
class LoweredRNNCell(nn.RNNCell):
    """`nn.RNNCell`."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: A002 (the name of the original)
        """Return the next state (B, H) for input (B, E) and hx (B, H)."""
        state = _zeros(input, self.hidden_size) if hx is None else hx
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        return _rnn(self.nonlinearity, input, [state], *weights)[0]


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
    size = c.shape[1]
    bias = b_ih + b_hh if b_ih is not None and b_hh is not None else None
    input_gate, forget_gate, new, output_gate = (F.linear(x, w_ih, bias) + F.linear(h, w_hh)).split(
        size, dim=1
    )
    c = torch.sigmoid(forget_gate) * c + torch.sigmoid(input_gate) * torch.tanh(new)
    return [torch.sigmoid(output_gate) * torch.tanh(c), c]


def _rnn(  # noqa: PLR0913, PLR0917 (the weights of the cell)
    nonlinearity: str,
    x: Tensor,
    state: list[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> list[Tensor]:
    """Compute a step of `torch.nn.RNN`; both products share one constant bias."""
    bias = b_ih + b_hh if b_ih is not None and b_hh is not None else None
    total = F.linear(x, w_ih, bias) + F.linear(state[0], w_hh)
    return [torch.tanh(total) if nonlinearity == "tanh" else torch.relu(total)]
