"""Read an ONNX file as a module that the exporter takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from onnx import ModelProto, TensorProto, ValueInfoProto, helper, numpy_helper

from zlide.errors import ZlideError
from zlide.graph.emit import emit_graph
from zlide.graph.onnx_file.batch import fixed_rows, set_rows, with_dynamic_batch
from zlide.graph.onnx_file.limits import refuse_large_values
from zlide.graph.onnx_file.module import OnnxModule
from zlide.graph.onnx_file.read import read_model
from zlide.graph.onnx_file.sound import require_inferable
from zlide.graph.source import FileOrigin
from zlide.graph.trace.fold import fold_shapes, shapes_of

_ROWS = 3

_CHANNELS = (1, 3)


def read_onnx_module(path: Path, *, channels_last: bool = False) -> OnnxModule:
    """Return the graph of the file at `path` as a module of one input and one output.

    channels_last: pictures (B, C, H, W) that it takes or gives become (B, H, W, C).
    A latent (B, Z, 1, 1) becomes (B, Z). A fixed batch becomes dynamic where the graph allows it.
    Raises ZlideError, with the file and the node, for what cannot be read or converted.
    """
    try:
        return _read(path, channels_last=channels_last)
    except (ZlideError, OSError):
        raise
    except Exception as error:  # onnx raises many types for graphs that are not sound
        problem = f"expected a sound ONNX graph, found: {type(error).__name__}: {error}"
        remedy = "try it with onnx.checker.check_model and onnx.reference.ReferenceEvaluator"
        raise ZlideError(path, problem, remedy) from error


def _read(path: Path, *, channels_last: bool) -> OnnxModule:
    origin = FileOrigin(path.name)
    model = read_model(path)
    _require_one_input(model, path)
    rows = fixed_rows(model) or _ROWS
    require_inferable(set_rows(model, rows), path)
    refuse_large_values(fold_shapes(set_rows(model, rows)), rows, path.name)
    model = with_dynamic_batch(model, origin)
    _flatten_latents(model)
    if channels_last:
        _put_channels_last(model)
    module = OnnxModule(model, origin)
    shape = [dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim][1:]
    # The emitter refuses before anything is computed.
    traces = module.trace(module, {"x": torch.zeros(_ROWS, *shape)}, ["y"], path.name)
    emit_graph(traces, path.name)
    return module


def _require_one_input(model: ModelProto, path: Path) -> None:
    """Raise ZlideError unless the graph has one input (B, …) of float32, and one output."""
    for kind, values in (("input", model.graph.input), ("output", model.graph.output)):
        if len(values) != 1:
            names = ", ".join(value.name for value in values) or "none"
            problem = f"expected one {kind}, found {len(values)}: {names}"
            raise ZlideError(path, problem, "export the graph of the decoder alone")
    if model.graph.output[0].name not in {
        name for node in model.graph.node for name in node.output
    }:
        problem = f"expected a node that computes {model.graph.output[0].name}, found none"
        raise ZlideError(path, problem, "export the graph of the decoder alone")
    value = model.graph.input[0]
    kind, sizes = value.type.tensor_type, _sizes(value)
    if kind.elem_type != TensorProto.FLOAT or len(sizes) < 2 or not all(sizes[1:]):
        name = TensorProto.DataType.Name(kind.elem_type).lower()
        found = f"{name} ({', '.join(str(size or '?') for size in sizes)})"
        problem = f"expected the input {value.name} (B, …) of float32 in fixed sizes, found {found}"
        raise ZlideError(path, problem, "export it with a dynamic batch and no other dynamic size")


def _sizes(value: ValueInfoProto) -> list[int]:
    """Return the sizes of a value, 0 for those that are not known."""
    return [max(dim.dim_value, 0) for dim in value.type.tensor_type.shape.dim]


def _flatten_latents(model: ModelProto) -> None:
    """Take an input (B, Z, 1, …) as (B, Z)."""
    (value,), sizes = model.graph.input, _sizes(model.graph.input[0])
    if len(sizes) > 2 and set(sizes[2:]) == {1}:
        axes = np.arange(2, len(sizes))
        _before(model, value, "Unsqueeze", [numpy_helper.from_array(axes, "latent axes, flat")])
        del value.type.tensor_type.shape.dim[2:]


def _put_channels_last(model: ModelProto) -> None:
    """Take and give pictures (B, C, H, W) as (B, H, W, C)."""
    (value,), sizes = model.graph.input, _sizes(model.graph.input[0])
    if _are_channels_first(sizes):
        _before(model, value, "Transpose", [], perm=[0, 3, 1, 2])
        dims = value.type.tensor_type.shape.dim[1:]
        for dim, size in zip(dims, [*sizes[2:], sizes[1]], strict=True):
            dim.dim_value = size
    (result,) = model.graph.output
    if _are_channels_first(shapes_of(fold_shapes(set_rows(model, _ROWS)).graph).get(result.name)):
        name = f"{result.name}, channels last"
        node = helper.make_node("Transpose", [result.name], [name], name, perm=[0, 2, 3, 1])
        model.graph.node.append(node)
        result.name = name


def _are_channels_first(sizes: list[int] | None) -> bool:
    """Return whether these are sizes of pictures with 1 or 3 channels in the second dimension."""
    return (
        sizes is not None
        and len(sizes) == 4
        and sizes[1] in _CHANNELS
        and sizes[3] not in _CHANNELS
    )


def _before(
    model: ModelProto,
    value: ValueInfoProto,
    op: str,
    constants: list[TensorProto],
    **attributes: list[int],
) -> None:
    """Insert a node between an input and the nodes that read it."""
    name = f"{value.name}, by {op}"
    for node in model.graph.node:
        node.input[:] = [name if each == value.name else each for each in node.input]
    inputs = [value.name, *(each.name for each in constants)]
    model.graph.node.insert(0, helper.make_node(op, inputs, [name], name, **attributes))
    model.graph.initializer.extend(constants)
