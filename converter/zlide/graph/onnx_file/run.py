"""Run an ONNX graph: the oracle for the graph that is written of it.

`onnx.reference` runs each node. It loops in Python over the pixels of convolutions and resizes, at
minutes a picture, so `fast_ops` replaces those few. None of this is shared with the emitter: a
fault of the emitter shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper
from onnx.reference import ReferenceEvaluator

from zlide.errors import ZlideError
from zlide.graph.onnx_file.fast_ops import FAST_OPS
from zlide.graph.onnx_file.limits import MAX_NUMBERS, too_many_numbers
from zlide.graph.source import FileOrigin
from zlide.graph.trace.fold import constants, result_size

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class OnnxRunner:
    """An ONNX graph in memory. Copies share it, since a run does not change it."""

    def __init__(self, model: ModelProto, origin: FileOrigin) -> None:
        graph = model.graph
        self.inputs = [value.name for value in graph.input]
        self.outputs = [value.name for value in graph.output]
        self.constants = {name: np.array(value) for name, value in constants(graph).items()}
        self._opset = int(model.opset_import[0].version)
        self._origin = origin
        self._nodes = list(graph.node)
        self._evaluators: dict[int, ReferenceEvaluator] = {}
        readers = {name: i for i, node in enumerate(self._nodes) for name in node.input if name}
        self._released: list[list[str]] = [[] for _ in self._nodes]
        for name, i in readers.items():
            if name not in self.constants and name not in self.outputs:
                self._released[i].append(name)

    def __deepcopy__(self, _: dict[int, Any]) -> OnnxRunner:
        return self

    def run(self, inputs: Arrays) -> list[Array]:
        """Return the outputs. `inputs` may also replace constants.

        Raises ZlideError, with the node, if a node cannot be computed.
        """
        found: dict[str, Array] = dict(inputs)
        for node, results in self.steps(inputs):
            found.update(zip(node.output, results, strict=False))
            found = {name: value for name, value in found.items() if name in self.outputs}
        return [found[name] if name in found else self.constants[name] for name in self.outputs]

    def steps(self, feeds: Arrays) -> Iterator[tuple[NodeProto, list[Array]]]:
        """Yield each node with its outputs."""
        values = {**self.constants, **feeds}
        for i, node in enumerate(self._nodes):
            inputs = {name: values[name] for name in node.input if name}
            where = self._origin.locate(node)
            if (count := result_size(node, list(inputs.values()))) > MAX_NUMBERS:
                raise too_many_numbers(where, count)
            try:
                with np.errstate(all="ignore"):
                    results = self._compute(i, inputs)
            except Exception as error:  # an op may raise anything for inputs that do not fit it
                shapes = ", ".join(str(value.shape) for value in inputs.values())
                problem = f"{node.op_type} of {shapes} fails: {error}"
                remedy = "try the file with onnx.reference.ReferenceEvaluator"
                raise ZlideError(where, problem, remedy) from error
            values.update(zip(node.output, results, strict=False))
            yield node, results
            for name in self._released[i]:
                values.pop(name, None)

    def _compute(self, i: int, inputs: dict[str, Array]) -> list[Array]:
        if i not in self._evaluators:
            self._evaluators[i] = _evaluator(self._nodes[i], inputs, self._opset)
        return [np.asarray(each) for each in self._evaluators[i].run(None, inputs)]


def _evaluator(node: NodeProto, inputs: Arrays, opset: int) -> ReferenceEvaluator:
    """Return an evaluator of one node. Some ops are chosen by the dtypes of their inputs."""
    declared = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), None)
        for name, value in inputs.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
    graph = helper.make_graph([node], "node", declared, outputs)
    opsets = [helper.make_opsetid("", opset)]
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=opsets), new_ops=FAST_OPS)
