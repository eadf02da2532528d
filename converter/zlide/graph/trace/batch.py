"""Make the batch of a graph dynamic, by comparing traces of a module at two batch sizes.

PyTorch computes every shape while it traces with fixed sizes: `z.size(0)`, `torch.zeros(batch, H)`
and `chunk` leave plain constants. A dynamic batch would leave arithmetic on shapes instead, which
no browser runs. A constant that differs between the two traces depends on the batch size, and only
such a constant does. Each is replaced below, in a way that depends on the op that reads it.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from zlide.errors import ZlideError
from zlide.graph.source import source_of
from zlide.graph.trace.fold import constants

Shape = list[int]

_ELEMENTWISE = frozenset(
    """
    Add Sub Mul Div Pow Max Min Where Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor PRelu
    """.split()
)
"""Ops that broadcast a dimension of 1, so that one row of a constant is enough."""


def free_batch(one: onnx.ModelProto, other: onnx.ModelProto, where: str) -> onnx.ModelProto:
    """Return `one` with a dynamic batch; `other` is a trace of the same module with more rows.

    Raises ZlideError, with the name of the module, if the graph depends on the batch size in
    another way.
    """
    if [n.op_type for n in one.graph.node] != [n.op_type for n in other.graph.node]:
        raise ZlideError(
            where,
            "expected the same operations for every batch size, found others",
            "compute all rows at once, without a loop over them",
        )
    return _Pair(one, other, where).freed()


class _Pair:
    """Two traces of one module with the same nodes. Changes are made to the first."""

    def __init__(self, one: onnx.ModelProto, other: onnx.ModelProto, where: str) -> None:
        self.model = one
        self.graph = one.graph
        self.where = where
        self.numbers = count()
        (self.shapes, self.types), (self.others, _) = (
            _shapes_and_types(one),
            _shapes_and_types(other),
        )
        pairs = zip(constants(one.graph).items(), constants(other.graph).values(), strict=True)
        self.batched = {
            name: (ours, theirs) for (name, ours), theirs in pairs if not _same(ours, theirs)
        }
        self.first: list[NodeProto] = []  # nodes that run before all others
        self.zeros_by_kind: dict[tuple[int, int, int], str] = {}  # zeros by axis, rank and type

    def freed(self) -> onnx.ModelProto:
        """Return the first trace without constants that depend on the batch size."""
        for node in list(self.graph.node):
            if node.op_type == "Reshape":
                self.reshape(node)
            elif node.op_type in {"Expand", "Tile"} and node.input[1] in self.batched:
                (self.expand if node.op_type == "Expand" else self.tile)(node)
            elif node.op_type == "Resize" and len(node.input) > 3 and node.input[3] in self.batched:
                self.resize(node)
        for node in self.graph.node:
            self._stretch(node)
        for name in self.batched:
            self._fill(name)
        for value in [*self.graph.input, *self.graph.output]:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
        del self.graph.value_info[:]
        for node in reversed(self.first):
            self.graph.node.insert(0, node)
        return self.model

    def reshape(self, node: NodeProto) -> None:
        """Reshape to (…, −1, …) with −1 for the batch."""
        ours, theirs = self.shapes[node.output[0]], self.others[node.output[0]]
        axis = None if ours == theirs else self._axis(node, ours, theirs)
        target = [-1 if i == axis else size for i, size in enumerate(ours)]
        node.input[1] = self._constant(np.array(target, np.int64))

    def expand(self, node: NodeProto) -> None:
        """Expand to (…, 1, …) with 1 for the batch, which keeps the batch of the input.

        An input without a batch gets one.
        """
        output, source = node.output[0], node.input[0]
        axis = self._axis(node, self.shapes[output], self.others[output])
        target = [1 if i == axis else size for i, size in enumerate(self.shapes[output])]
        if self.shapes[source] == self.others[source]:
            self._widen(node, axis, len(target))
        if self.shapes[source] == target:  # Expand itself has nothing left to do
            node.op_type = "Identity"
            del node.input[1]
        else:
            node.input[1] = self._constant(np.array(target, np.int64))

    def tile(self, node: NodeProto) -> None:
        """Repeat a row for the whole batch, as `expand` does."""
        ours, theirs = self.batched[node.input[1]]
        axis = self._axis(node, list(ours), list(theirs))
        if self.shapes[node.input[0]][axis] != 1:
            raise self._refusal(node)
        node.input[1] = self._constant(
            np.array([1 if i == axis else n for i, n in enumerate(ours)], np.int64)
        )
        self._widen(node, axis, len(ours))

    def resize(self, node: NodeProto) -> None:
        """Resize to (batch, C, H, W) by factors.

        They are the next float32 above the exact ones, since the sizes are rounded down.
        """
        if self._axis(node, self.shapes[node.output[0]], self.others[node.output[0]]) != 0:
            raise self._refusal(node)
        pairs = zip(self.shapes[node.output[0]][1:], self.shapes[node.input[0]][1:], strict=True)
        factors = [
            1.0,
            *(
                1.0
                if after == before
                else np.nextafter(np.float32(after / before), np.float32(np.inf))
                for after, before in pairs
            ),
        ]
        del node.input[2:]
        node.input.append(self._constant(np.array(factors, np.float32)))

    def _widen(self, node: NodeProto, axis: int, rank: int) -> None:
        """Give the output of `node`, a single row, the batch by adding zeros (batch, …)."""
        output = node.output[0]
        node.output[0] = self._name()
        zeros = self._zeros(axis, rank, self.types[node.input[0]], node)
        wide = helper.make_node("Add", [node.output[0], zeros], [output], name=node.name)
        self.graph.node.insert(list(self.graph.node).index(node) + 1, wide)

    def _stretch(self, node: NodeProto) -> None:
        """Let an elementwise op read one row of a constant whose rows are all the same.

        Another input has to have the batch.
        """
        if node.op_type not in _ELEMENTWISE:
            return
        output_shape = self.shapes[node.output[0]]
        for i, name in enumerate(node.input):
            if name not in self.batched or (row := self._row(name)) is None:
                continue
            axis, value = row
            from_end = axis - value.ndim
            others = [self.shapes[other] for other in node.input if other not in self.batched]
            if any(
                len(shape) >= -from_end and shape[from_end] == output_shape[from_end]
                for shape in others
            ):
                node.input[i] = self._constant(value)

    def _fill(self, name: str) -> None:
        """Replace a constant whose rows are all the same by one row plus zeros (batch, …)."""
        readers = [node for node in self.graph.node if name in node.input]
        if not readers and name not in {o.name for o in self.graph.output}:
            return
        if (row := self._row(name)) is None:
            raise self._refusal(readers[0] if readers else None)
        axis, value = row
        self._remove(name)
        zeros = self._zeros(axis, value.ndim, self.types[name], readers[0] if readers else None)
        self.first.append(
            helper.make_node("Add", [self._constant(value), zeros], [name], name=name)
        )

    def _row(self, name: str) -> tuple[int, NDArray[Any]] | None:
        """Return the batch axis of a constant and its row, or None if its rows differ."""
        ours, theirs = self.batched[name]
        axes = [i for i, (a, b) in enumerate(zip(ours.shape, theirs.shape, strict=False)) if a != b]
        if ours.ndim != theirs.ndim or len(axes) != 1:
            return None
        row = ours.take([0], axis=axes[0])
        same = _same(ours, np.repeat(row, ours.shape[axes[0]], axes[0])) and _same(
            theirs, np.repeat(row, theirs.shape[axes[0]], axes[0])
        )
        return (axes[0], row) if same else None

    def _zeros(self, axis: int, rank: int, kind: int, node: NodeProto | None) -> str:
        """Return the name of zeros (1, …, batch, …, 1) of a type, computed from an input."""
        if kind not in {TensorProto.FLOAT, TensorProto.INT64}:
            raise self._refusal(node)
        if (axis, rank, kind) in self.zeros_by_kind:
            return self.zeros_by_kind[axis, rank, kind]
        source = min(self.graph.input, key=lambda value: len(self.shapes[value.name]))
        name, dims = source.name, len(self.shapes[source.name])
        if dims > 1:
            bounds = [
                self._constant(np.array(b, np.int64))
                for b in ([0] * (dims - 1), [1] * (dims - 1), list(range(1, dims)))
            ]
            name = self._first("Slice", name, *bounds)
        if self.types[source.name] != kind:
            name = self._first("Cast", name, to=kind)
        name = self._first(
            "Mul", name, self._constant(np.zeros((), helper.tensor_dtype_to_np_dtype(kind)))
        )
        target = np.array([-1 if i == axis else 1 for i in range(rank)], np.int64)
        if (dims, axis) != (rank, 0):
            name = self._first("Reshape", name, self._constant(target))
        self.zeros_by_kind[axis, rank, kind] = name
        return name

    def _first(self, op: str, *inputs: str, **attributes: Any) -> str:
        self.first.append(
            helper.make_node(op, list(inputs), [name := self._name()], name=name, **attributes)
        )
        return name

    def _axis(self, node: NodeProto, ours: Shape, theirs: Shape) -> int:
        axes = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b]
        if len(axes) != 1:
            raise self._refusal(node)
        return axes[0]

    def _refusal(self, node: NodeProto | None) -> ZlideError:
        what = f"{source_of(node, self.where)} ({node.op_type})" if node is not None else "a state"
        problem = f"expected a graph for every batch size, found that {what} depends on it"
        remedy = "treat every row alike, and keep the batch in one dimension"
        return ZlideError(self.where, problem, remedy)

    def _constant(self, value: NDArray[Any]) -> str:
        name = self._name()
        self.graph.initializer.append(
            numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        )
        return name

    def _remove(self, name: str) -> None:
        for tensor in [t for t in self.graph.initializer if t.name == name]:
            self.graph.initializer.remove(tensor)
        for node in [n for n in self.graph.node if n.op_type == "Constant" and n.output[0] == name]:
            self.graph.node.remove(node)

    def _name(self) -> str:
        return f"batch_{next(self.numbers)}"


def _shapes_and_types(model: onnx.ModelProto) -> tuple[dict[str, Shape], dict[str, int]]:
    """Return the shape and the type of every value of a graph, by name."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    values = {v.name: v.type.tensor_type for v in [*graph.value_info, *graph.input, *graph.output]}
    initial = constants(graph)
    shapes = {name: [d.dim_value for d in kind.shape.dim] for name, kind in values.items()} | {
        name: list(v.shape) for name, v in initial.items()
    }
    types = {name: int(kind.elem_type) for name, kind in values.items()}
    return shapes, types | {
        name: int(helper.np_dtype_to_tensor_dtype(value.dtype)) for name, value in initial.items()
    }


def _same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
