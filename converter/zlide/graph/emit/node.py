"""An ONNX node with the values of its inputs, and the registry of functions that emit nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

from zlide.graph.emit.pair import BatchError, Pair
from zlide.graph.ir import Value

Emitter = Callable[["Node"], Value | Sequence[Value]]
"""Returns the outputs of a node as values of TensorFlow's ops."""

EMITTERS: dict[str, Emitter] = {}
"""Emitters by ONNX op."""


class NotEmittedError(Exception):
    """Part of a node that is not supported, without the place.

    problem: in the words of the author's code. remedy: a way that works.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Node:
    """An ONNX node.

    inputs: None where an optional input is left out, and where a constant depends on the batch.
    pairs: the constant inputs in both traces, and None for the others.
    batch: an input of the graph, from which a batch can be taken.
    """

    proto: NodeProto
    inputs: Sequence[Value | None]
    pairs: Sequence[Pair | None]
    batch: Value

    @property
    def op(self) -> str:
        return str(self.proto.op_type)

    @property
    def num_outputs(self) -> int:
        return len(self.proto.output)

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute; text is decoded."""
        for each in self.proto.attribute:
            if each.name == name:
                value = helper.get_attribute_value(each)
                return value.decode() if isinstance(value, bytes) else value
        return default

    def has(self, index: int) -> bool:
        return index < len(self.inputs) and bool(self.proto.input[index])

    def input(self, index: int) -> Value:
        """Return an input. Raises NotEmittedError if it is left out."""
        if not self.has(index):
            raise NotEmittedError(f"{self.op} without its input {index}", "write it in other ops")
        if (value := self.inputs[index]) is None:
            raise BatchError
        return value

    @property
    def present(self) -> list[Value]:
        """The inputs that are not left out."""
        return [self.input(i) for i in range(len(self.inputs)) if self.has(i)]

    def pair(self, index: int) -> Pair | None:
        """Return a constant input in both traces; None if it is left out.

        Raises NotEmittedError if it depends on the data.
        """
        if not self.has(index):
            return None
        if (found := self.pairs[index]) is not None:
            return found
        array = self.array(index)
        assert array is not None  # noqa: S101 (it is not left out)
        return Pair(array, array, (1, 1))

    def array(self, index: int) -> NDArray[Any] | None:
        """Return the numbers of a constant input; None if it is left out.

        Raises NotEmittedError if they depend on the data, and BatchError if on the batch.
        """
        if not self.has(index):
            return None
        if (array := self.input(index).array) is None:
            raise NotEmittedError(
                f"{self.op} with sizes, bounds or places that depend on the data",
                "compute them before the model is exported",
            )
        return array

    def integers(self, index: int, attribute: str | None = None) -> list[int] | None:
        """Return a constant input or, in older opsets, an attribute; None if there is neither.

        −n stands for n times the batch, if the two traces differ.
        """
        if (pair := self.pair(index)) is not None:
            return pair.sizes()
        found = self.attribute(attribute) if attribute else None
        return None if found is None else [int(each) for each in np.ravel(found)]


def emits(*ops: str) -> Callable[[Emitter], Emitter]:
    """Register a function as the emitter of these ONNX ops."""

    def register(emitter: Emitter) -> Emitter:
        EMITTERS.update(dict.fromkeys(ops, emitter))
        return emitter

    return register
