"""Read an ONNX file that may come from a stranger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, helper, numpy_helper
from onnx.defs import onnx_opset_version
from onnx.version_converter import convert_version

from zlide.errors import ZlideError, disk_errors
from zlide.graph.onnx_file.external_data import load_external_data
from zlide.graph.onnx_file.limits import refuse_large
from zlide.graph.refusals import NEVER_IN_FILES, remedy_in_file
from zlide.graph.source import FileOrigin

OLDEST = 9
"""The first opset that can be read."""

FIRST_WITHOUT_CONVERSION = 13
"""The first opset whose nodes are emitted as they are. Files of older ones are converted to it."""

_DEFAULT_DOMAINS = frozenset({"", "ai.onnx"})

_EXPORT_AGAIN = "export it again, and try it with onnx.checker.check_model"


def read_model(path: Path) -> ModelProto:
    """Read a model with all of its weights, in opset 13 or later.

    Every node has a name, and every constant is an initializer. Raises ZlideError for a file that
    is missing, broken or too large, and for what no graph of the page has: custom ops, functions,
    control flow, sparse or half-precision weights.
    """
    if not path.is_file():
        raise ZlideError(path, "expected an ONNX file, found none", "check the path")
    with disk_errors(path):
        refuse_large(path, path.stat().st_size)
        model = _parse(path)
        _name_nodes(model.graph)
        _refuse_unknown(model, path)
        load_external_data(model, path)
    model = _converted(_checked(model, path), path)
    _name_nodes(model.graph)
    _move_constants(model.graph, path)
    _refuse_weights(model.graph, path)
    return model


def _parse(path: Path) -> ModelProto:
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except OSError:
        raise
    except Exception as error:  # protobuf has several types of errors, without a common one
        problem = f"expected an ONNX file, found one that cannot be parsed ({error})"
        raise ZlideError(path, problem, _EXPORT_AGAIN) from error
    if not model.graph.node or not model.ir_version:
        raise ZlideError(path, "expected an ONNX file, found one without a graph", _EXPORT_AGAIN)
    return model


def _name_nodes(graph: GraphProto) -> None:
    """Give each node without a name one, by what it computes."""
    for node in graph.node:
        node.name = node.name or f"{node.op_type} of {node.output[0] if node.output else 'nothing'}"
        node.domain = "" if node.domain in _DEFAULT_DOMAINS else node.domain


def _refuse_unknown(model: ModelProto, path: Path) -> None:
    """Raise ZlideError for opsets, subgraphs, sparse weights and ops that no graph has."""
    opset, newest = _opset(model), onnx_opset_version()
    if not OLDEST <= opset <= newest:
        problem = f"expected opset {OLDEST} to {newest}, found opset {opset}"
        raise ZlideError(path, problem, "export it with another opset_version, such as 18")
    origin = FileOrigin(path.name)
    for node in model.graph.node:
        if node.op_type in NEVER_IN_FILES or any(_is_graph(each) for each in node.attribute):
            problem, remedy = f"cannot convert {node.op_type}", remedy_in_file(node.op_type)
            raise ZlideError(origin.locate(node), problem, remedy)
        if node.domain:
            problem = f"cannot convert {node.op_type} of the domain {node.domain}"
            raise ZlideError(origin.locate(node), problem, "use ops of ONNX alone")
    if model.graph.sparse_initializer:
        name = model.graph.sparse_initializer[0].values.name
        problem = f"expected dense weights, found {name}, which is sparse"
        raise ZlideError(path, problem, "export dense weights")


def _opset(model: ModelProto) -> int:
    """Return the version of ONNX's own ops, or 1, which a file without one has."""
    versions = [each.version for each in model.opset_import if each.domain in _DEFAULT_DOMAINS]
    return int(max(versions, default=1))


def _is_graph(attribute: AttributeProto) -> bool:
    return attribute.type in {AttributeProto.GRAPH, AttributeProto.GRAPHS}


def _checked(model: ModelProto, path: Path) -> ModelProto:
    """Return the model with ONNX's own ops alone. Raises ZlideError if ONNX's checker does."""
    version = _opset(model)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", version))
    model.ir_version = min(model.ir_version, onnx.IR_VERSION)
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # ValidationError, and others of its C++ part
        problem = f"expected a valid ONNX graph, found: {_first_line(error)}"
        raise ZlideError(path, problem, _EXPORT_AGAIN) from error
    return model


def _converted(model: ModelProto, path: Path) -> ModelProto:
    """Return the model in an opset that the emitter knows."""
    version = _opset(model)
    if version >= FIRST_WITHOUT_CONVERSION:
        return model
    try:
        return convert_version(model, FIRST_WITHOUT_CONVERSION)
    except Exception as error:  # RuntimeError of its C++ part, and others
        problem = f"opset {version} cannot be converted to opset 13: {_first_line(error)}"
        raise ZlideError(path, problem, "export it with opset_version=18") from error


def _move_constants(graph: GraphProto, path: Path) -> None:
    """Make every constant an initializer, and no initializer an input."""
    for node in [node for node in graph.node if node.op_type == "Constant"]:
        (attribute,) = node.attribute
        try:
            tensor = numpy_helper.from_array(_array(node), node.output[0])
        except (TypeError, ValueError, AttributeError) as error:
            problem = f"expected numbers, found {attribute.name}"
            raise ZlideError(FileOrigin(path.name).locate(node), problem, _EXPORT_AGAIN) from error
        graph.initializer.append(tensor)
        graph.node.remove(node)
    known = {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.input if value.name in known]:
        graph.input.remove(value)


def _array(node: NodeProto) -> Any:
    """Return the numbers of a Constant."""
    (attribute,) = node.attribute
    value = helper.get_attribute_value(attribute)
    if attribute.name == "value":
        return numpy_helper.to_array(value)
    dtypes = {"value_float": "f4", "value_floats": "f4", "value_int": "i8", "value_ints": "i8"}
    return np.array(value, dtypes.get(attribute.name, "V"))


def _refuse_weights(graph: GraphProto, path: Path) -> None:
    """Raise ZlideError for weights of half precision or another odd dtype or size, and for NaN."""
    for tensor in graph.initializer:
        kinds = onnx.TensorProto.DataType
        is_known = tensor.data_type in kinds.values()
        kind = kinds.Name(tensor.data_type).lower() if is_known else "an unknown dtype"
        if not is_known or kind.startswith(("float16", "bfloat16", "float8", "complex", "string")):
            problem = f"expected weights of float32, found {tensor.name} of {kind}"
            raise ZlideError(path, problem, "export the model in float32")
        if any(size < 0 for size in tensor.dims):
            problem = f"expected sizes, found {list(tensor.dims)} for {tensor.name}"
            raise ZlideError(path, problem, _EXPORT_AGAIN)
        try:
            values = numpy_helper.to_array(tensor)
        except Exception as error:  # ValueError and others, of numbers that do not fit their sizes
            problem = f"expected the numbers of {tensor.name}, found: {_first_line(error)}"
            raise ZlideError(path, problem, _EXPORT_AGAIN) from error
        if values.dtype.kind == "f" and np.isnan(values).any():
            problem = f"expected finite weights, found NaN in {tensor.name}"
            raise ZlideError(path, problem, "train again with a lower learning rate")


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
