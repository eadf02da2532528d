"""Recurrent layers of ONNX files, unrolled over the length of their input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value, const
from zlide.graph.ir.build import (
    add,
    concat,
    expand_dims,
    matmul,
    mul,
    reshape,
    split,
    squeeze,
    sub,
    take,
    transpose,
    unary,
)

State = list[Value]


@emits("GRU", "LSTM", "RNN")
def recurrence(node: Node) -> list[Value]:
    """x (T, B, E) → outputs (T, D, B, H), last state (D, B, H), for an LSTM also its cell."""
    x, hidden = node.input(0), node.attribute("hidden_size")
    _refuse_options(node)
    if x.shape[0] < 0:
        raise NotEmittedError("a recurrence over the batch", "give batch_first its place")
    steps = [squeeze(take(x, 0, slice(t, t + 1)), [0]) for t in range(x.shape[0])]
    directions = {"forward": [1], "reverse": [-1], "bidirectional": [1, -1]}
    orders = directions[node.attribute("direction", "forward")]
    outputs, finals = [], []
    for d, order in enumerate(orders):
        found, last = _run(node, d, steps[::order], hidden)
        outputs.append(found[::order])
        finals.append(last)
    rows = [
        concat([expand_dims(each, [0]) for each in both], 0) for both in zip(*outputs, strict=True)
    ]
    sequence = concat([expand_dims(each, [0]) for each in rows], 0)
    states = [
        concat([expand_dims(last[i], [0]) for last in finals], 0) for i in range(len(finals[0]))
    ]
    return [sequence, *states][: max(node.num_outputs, 1)]


def _refuse_options(node: Node) -> None:
    if node.has(4):
        raise NotEmittedError(f"{node.op} with lengths", "give all sequences one length")
    activations = node.attribute("activations")
    names = [] if activations is None else [each.decode().lower() for each in activations]
    if node.attribute("clip") or not set(names) <= {"sigmoid", "tanh", "relu"}:
        raise NotEmittedError(f"{node.op} with clipping or other activations", "leave them out")


def _run(node: Node, d: int, steps: list[Value], hidden: int) -> tuple[list[Value], State]:
    """Run one direction over the steps (B, E). Returns the outputs and the last state."""
    weight, recurrent = (_one(node.input(i), d) for i in (1, 2))
    biases = _one(node.input(3), d) if node.has(3) else None
    initial = [5, 6] if node.op == "LSTM" else [5]
    zeros = mul(matmul(steps[0], const(np.zeros((steps[0].shape[-1], hidden), np.float32))), 1.0)
    state = [_one(node.input(i), d) if node.has(i) else zeros for i in initial]
    of_x, of_h = split(biases, [biases.shape[0] // 2] * 2, 0) if biases else (None, None)
    outputs = []
    for x in steps:
        gates_x = _affine(x, weight, of_x)
        gates_h = _affine(state[0], recurrent, of_h)
        state = _CELLS[node.op](node, gates_x, gates_h, state)
        outputs.append(state[0])
    return outputs, state


def _one(x: Value, direction: int) -> Value:
    part = take(x, 0, slice(direction, direction + 1))
    return reshape(part, x.shape[1:])


def _affine(x: Value, weight: Value, bias: Value | None) -> Value:
    y = matmul(x, transpose(weight, (1, 0)))
    return y if bias is None else add(y, bias)


def _gru(node: Node, gates_x: Value, gates_h: Value, state: State) -> State:
    """Cho et al. 2014; linear_before_reset is PyTorch's order."""
    if not node.attribute("linear_before_reset", 0):
        raise NotEmittedError("a GRU that resets before its product", "use PyTorch's nn.GRU")
    size = gates_x.shape[-1] // 3
    (update_x, reset_x, new_x), (update_h, reset_h, new_h) = (
        split(gates, [size] * 3, 1) for gates in (gates_x, gates_h)
    )
    reset, update = (
        unary("Sigmoid", add(a, b)) for a, b in ((reset_x, reset_h), (update_x, update_h))
    )
    new = unary("Tanh", add(new_x, mul(reset, new_h)))
    return [add(new, mul(update, sub(state[0], new)))]


def _lstm(_node: Node, gates_x: Value, gates_h: Value, state: State) -> State:
    """Hochreiter & Schmidhuber 1997 with a forget gate; ONNX orders input, output, forget, cell."""
    size = gates_x.shape[-1] // 4
    given, output, forget, new = split(add(gates_x, gates_h), [size] * 4, 1)
    cell = add(
        mul(unary("Sigmoid", forget), state[1]),
        mul(unary("Sigmoid", given), unary("Tanh", new)),
    )
    return [mul(unary("Sigmoid", output), unary("Tanh", cell)), cell]


def _rnn(node: Node, gates_x: Value, gates_h: Value, _state: State) -> State:
    names = node.attribute("activations") or [b"Tanh"]
    return [unary(names[0].decode().capitalize(), add(gates_x, gates_h))]


_CELLS: dict[str, Callable[[Node, Value, Value, State], State]] = {
    "GRU": _gru,
    "LSTM": _lstm,
    "RNN": _rnn,
}
