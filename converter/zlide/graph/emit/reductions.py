"""Ops that combine elements along axes."""

from __future__ import annotations

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value
from zlide.graph.ir.build import add, reduce, squeeze, sub, to_float, transpose, unary
from zlide.graph.ir.build import softmax as softmax_of_rows

_OPS = {
    "ReduceSum": "Sum",
    "ReduceMean": "Mean",
    "ReduceMax": "Max",
    "ReduceMin": "Min",
    "ReduceProd": "Prod",
    "ReduceL1": "Sum",
    "ReduceL2": "Sum",
    "ReduceSumSquare": "Sum",
    "ReduceLogSum": "Sum",
    "ReduceLogSumExp": "Sum",
}


@emits(*_OPS)
def reduction(node: Node) -> Value:
    x = node.input(0)
    axes = node.integers(1, "axes")
    if not axes:
        if node.attribute("noop_with_empty_axes", 0):
            return x
        axes = list(range(x.rank))
    axes = [axis % x.rank for axis in axes]
    if any(x.shape[axis] < 0 for axis in axes):
        raise NotEmittedError(f"{node.op} over the batch", "compute every row by itself")
    result = _reduced(node.op, x, axes)
    return result if node.attribute("keepdims", 1) else squeeze(result, axes)


def _reduced(op: str, x: Value, axes: list[int]) -> Value:
    if op in {"ReduceL2", "ReduceSumSquare"}:
        x = unary("Square", x)
    elif op == "ReduceL1":
        x = unary("Abs", x)
    elif op == "ReduceLogSumExp":
        largest = reduce("Max", x, axes)
        return add(unary("Log", reduce("Sum", unary("Exp", sub(x, largest)), axes)), largest)
    result = reduce(_OPS[op], x, axes)
    if op == "ReduceL2":
        return unary("Sqrt", to_float(result))
    return unary("Log", result) if op == "ReduceLogSum" else result


@emits("GlobalAveragePool", "GlobalMaxPool")
def global_pool(node: Node) -> Value:
    x = node.input(0)
    op = "Mean" if node.op == "GlobalAveragePool" else "Max"
    return reduce(op, x, list(range(2, x.rank)))


@emits("Softmax")
def softmax(node: Node) -> Value:
    """Softmax along one axis; the kernel knows the last one."""
    x, axis = node.input(0), node.attribute("axis", -1) % node.input(0).rank
    if axis == x.rank - 1:
        return softmax_of_rows(x)
    order = [i for i in range(x.rank) if i != axis] + [axis]
    back = [order.index(i) for i in range(x.rank)]
    return transpose(softmax_of_rows(transpose(x, order)), back)


@emits("LogSoftmax")
def log_softmax(node: Node) -> Value:
    """x − max − log Σ exp(x − max)."""
    x, axis = node.input(0), node.attribute("axis", -1) % node.input(0).rank
    shifted = sub(x, reduce("Max", x, [axis]))
    return sub(shifted, unary("Log", reduce("Sum", unary("Exp", shifted), [axis])))
