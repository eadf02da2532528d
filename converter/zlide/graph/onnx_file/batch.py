"""Give an ONNX graph a dynamic batch, or a fixed one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto, NodeProto, numpy_helper

from zlide.errors import ZlideError
from zlide.graph.onnx_file.run import Array, OnnxRunner
from zlide.graph.source import FileOrigin
from zlide.graph.trace.fold import constants

_BLOCKS = 3
"""Batches of the fixed size that are compared with one larger batch."""

_TOLERANCE = 1e-4

_UNLIKELY_ROWS = 5
"""A batch size that no file has by chance."""

_MOST_ROWS = 64
"""Largest fixed batch that is looked for."""

_TARGETED = frozenset({"Reshape", "Expand"})
"""Ops whose second input is a shape."""

_DYNAMIC = 'export it with a dynamic batch: dynamic_axes={"z": {0: "batch"}} in torch.onnx.export'


def set_rows(model: ModelProto, rows: int) -> ModelProto:
    """Return a copy of a model whose inputs have this number of rows, and no other sizes known."""
    copy = ModelProto()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    for value in copy.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = rows
    for value in copy.graph.output:
        value.type.tensor_type.ClearField("shape")
    return copy


def fixed_rows(model: ModelProto) -> int | None:
    """Return the number of rows that the first input declares, or None if any number will do."""
    dim = model.graph.input[0].type.tensor_type.shape.dim[0]
    return int(dim.dim_value) if dim.HasField("dim_value") and dim.dim_value > 0 else None


def with_dynamic_batch(model: ModelProto, origin: FileOrigin) -> ModelProto:
    """Return the model, or one that does the same for any number of rows.

    A file with a fixed batch keeps its size in the targets of Reshape and Expand, even if its
    input declares a dynamic one. The targets are rewritten, and the result is compared with the
    file itself. Raises ZlideError if they differ, or if a node then fails.
    """
    declared = fixed_rows(model)
    if declared is None and _runs(model, _UNLIKELY_ROWS, origin):
        return model
    sizes = _leading_sizes(model) if declared is None else [declared]
    rows = next((size for size in sizes if _runs(model, size, origin)), None)
    if rows is None:  # it runs for no batch: say which node fails
        runner, inputs = OnnxRunner(model, origin), _inputs(model, declared or _UNLIKELY_ROWS)
        runner.run(inputs)
        return model
    free = _without_rows(model, rows)
    inputs = _inputs(model, _BLOCKS * rows)
    _compare(OnnxRunner(model, origin), OnnxRunner(free, origin), inputs, origin)
    return free


def _runs(model: ModelProto, rows: int, origin: FileOrigin) -> bool:
    try:
        OnnxRunner(model, origin).run(_inputs(model, rows))
    except ZlideError:
        return False
    return True


def _leading_sizes(model: ModelProto) -> list[int]:
    """Return the sizes that targets of Reshape and Expand start with, the smallest first."""
    known = constants(model.graph)
    targets = (
        known[node.input[1]]
        for node in model.graph.node
        if node.op_type in _TARGETED and node.input[1] in known
    )
    return sorted({int(each[0]) for each in targets if each.size and 0 < each[0] <= _MOST_ROWS})


def _without_rows(model: ModelProto, rows: int) -> ModelProto:
    """Return a copy in which no target of a Reshape or an Expand starts with the rows."""
    copy = ModelProto()
    copy.CopyFrom(model)
    known = constants(copy.graph)
    for number, node in enumerate(copy.graph.node):
        if node.op_type not in _TARGETED or node.input[1] not in known:
            continue
        target = known[node.input[1]].copy()
        if target.size and target[0] == rows:
            target[0] = _any_rows(node, target)
            name = f"{node.name}, any batch ({number})"
            copy.graph.initializer.append(numpy_helper.from_array(target, name))
            node.input[1] = name
    return copy


def _any_rows(node: NodeProto, target: Array) -> int:
    """Return the size that stands for any number of rows, at the start of a target."""
    if node.op_type == "Expand":
        return 1  # a size of 1 keeps that of the input
    return 0 if (target[1:] < 0).any() else -1  # 0 copies the size of the input


def _inputs(model: ModelProto, rows: int) -> dict[str, Array]:
    """Return random numbers for this number of rows."""
    random = np.random.default_rng(0)
    return {
        value.name: random.normal(
            size=(rows, *(d.dim_value for d in value.type.tensor_type.shape.dim[1:]))
        ).astype(np.float32)
        for value in model.graph.input
    }


def _compare(
    fixed: OnnxRunner, free: OnnxRunner, inputs: Mapping[str, Array], origin: FileOrigin
) -> None:
    """Raise ZlideError at the first node whose rows are not those of the file."""
    count = len(next(iter(inputs.values()))) // _BLOCKS
    first = {name: value[:count] for name, value in inputs.items()}
    last = {name: value[-count:] for name, value in inputs.items()}
    steps = zip(fixed.steps(first), fixed.steps(last), free.steps(inputs), strict=True)
    where = origin.name
    try:
        for (node, ours), (_, others), (_, together) in steps:
            where = origin.locate(node)
            for begin, end, all_rows in zip(ours, others, together, strict=True):
                if not _agree(begin, end, all_rows):
                    raise _fixed(where, count, f"a {node.op_type} of {begin.shape}")
    except ZlideError as error:
        if error.remedy == _DYNAMIC:
            raise
        raise _fixed(error.where, count, error.problem) from error


def _agree(begin: Array, end: Array, together: Array) -> bool:
    """Return whether the first and the last rows are those of batches of their own."""
    if begin.dtype.kind != "f":
        return True  # sizes, which may well be those of the batch
    if begin.shape == together.shape:
        return _close(begin, end) and _close(begin, together)
    axes = [i for i, (a, b) in enumerate(zip(begin.shape, together.shape, strict=False)) if a != b]
    if begin.ndim != together.ndim or len(axes) != 1:
        return False
    (axis,), size = axes, begin.shape[axes[0]]
    return (
        together.shape[axis] == _BLOCKS * size
        and _close(begin, together.take(range(size), axis))
        and _close(end, together.take(range(-size, 0), axis))
    )


def _close(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, _TOLERANCE, _TOLERANCE, equal_nan=True))


def _fixed(where: str, rows: int, found: str) -> ZlideError:
    problem = f"expected a graph for every batch, found a fixed batch of {rows} ({found})"
    return ZlideError(where, problem, _DYNAMIC)
