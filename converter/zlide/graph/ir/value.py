"""Values: the ops of a graph model in memory, each with the values that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.ir.infer import Spec, infer
from zlide.graph.ir.shape import Shape

Array = NDArray[Any]

PART = "Part"
"""The op of one output of an op with several. It is not written: readers name `node:number`."""

_SOURCE: ContextVar[str] = ContextVar("source", default="")


@dataclass(frozen=True, eq=False)
class Value:
    """The outputs of an op, usually one.

    op: TensorFlow's name. inputs: in TensorFlow's order. attributes: by TensorFlow's names.
    specs: shape and dtype of each output. array: the numbers of a Const.
    name: of a Placeholder. source: the layer and the line of the author's code.
    Values are equal if they are the same object.
    """

    op: str
    inputs: tuple[Value, ...]
    attributes: Mapping[str, Any]
    specs: tuple[Spec, ...]
    array: Array | None = None
    name: str = ""
    source: str = field(default_factory=_SOURCE.get)

    @property
    def shape(self) -> Shape:
        return self.specs[0].shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.specs[0].dtype

    @property
    def rank(self) -> int:
        return len(self.shape)

    @cached_property
    def digest(self) -> bytes:
        """The SHA-256 of the numbers of a Const, computed once for all sweeps over a graph."""
        return sha256(np.ascontiguousarray(self.array).data).digest()

    def __repr__(self) -> str:
        return f"{self.op}{self.shape}"


@contextmanager
def made_for(source: str) -> Iterator[None]:
    """Let values made in this context have this source."""
    token = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(token)


def placeholder(name: str, shape: Shape, dtype: Any) -> Value:
    return Value("Placeholder", (), {}, (Spec(shape, np.dtype(dtype)),), name=name)


def const(numbers: Any) -> Value:
    """Return a constant: floats as float32, whole numbers as int32, truth values as bool."""
    array = as_tensor(np.asarray(numbers))
    return Value("Const", (), {}, (Spec(array.shape, array.dtype),), array=array)


def as_tensor(array: Array) -> Array:
    """Return numbers in a dtype of TensorFlow.js. Whole numbers out of range are clipped."""
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    if array.dtype.kind == "b":
        return array
    limits = np.iinfo(np.int32)
    return np.asarray(np.clip(array, limits.min, limits.max)).astype(np.int32, copy=False)


def make(op: str, *inputs: Value, **attributes: Any) -> Value:
    """Return an op with one output. It is computed now if all its inputs are constant."""
    (value,) = make_all(op, inputs, attributes)
    return value


def make_all(op: str, inputs: Sequence[Value], attributes: Mapping[str, Any]) -> list[Value]:
    """Return the outputs of an op; constants if all its inputs are constant."""
    if op == PART:
        return [part(inputs[0], attributes["index"])]
    arrays = [value.array for value in inputs]
    if all(array is not None for array in arrays):
        with np.errstate(all="ignore"):
            found = OPERATIONS[op].compute(*arrays, **attributes)
        return [const(each) for each in (found if isinstance(found, list) else [found])]
    specs = tuple(infer(op, [value.specs[0] for value in inputs], arrays, attributes))
    whole = Value(op, tuple(inputs), attributes, specs)
    return [whole] if len(specs) == 1 else [part(whole, i) for i in range(len(specs))]


def part(whole: Value, index: int) -> Value:
    """Return one output of an op with several."""
    return Value(PART, (whole,), {"index": index}, (whole.specs[index],), source=whole.source)


def with_inputs(value: Value, inputs: Sequence[Value]) -> Value:
    """Return the op of `value` with other inputs."""
    with made_for(value.source):
        if value.op == PART:
            (whole,) = inputs
            return part(whole, value.attributes["index"])
        if len(value.specs) > 1:
            arrays = [each.array for each in inputs]
            specs = infer(value.op, [each.specs[0] for each in inputs], arrays, value.attributes)
            return Value(value.op, tuple(inputs), value.attributes, tuple(specs))
        return make(value.op, *inputs, **value.attributes)
