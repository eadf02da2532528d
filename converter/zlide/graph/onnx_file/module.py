"""The graph of an ONNX file as a module."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from onnx import ModelProto, numpy_helper
from torch import Tensor, nn

from zlide.graph.onnx_file.batch import set_rows
from zlide.graph.onnx_file.limits import refuse_large_values
from zlide.graph.onnx_file.run import OnnxRunner
from zlide.graph.source import FileOrigin
from zlide.graph.trace.fold import fold_shapes
from zlide.graph.trace.traces import Traces

_OUTPUT_CHANNELS = {"ConvTranspose": (1, 1), "MatMul": (1, -1), "Gemm": (1, 1)}
"""Op → dimension of the output channels of its weight; negative ones count from the end."""


class OnnxModule(nn.Module):
    """An ONNX graph of one input and one output, (B, …) → (B, …) float32.

    Its weights are parameters, so that they can be quantized. `OnnxRunner` computes it, and so
    stands where PyTorch stands for a module: it gives the samples that everything is compared
    with. `trace` gives the graph itself to the converter.

    channel_axes: name of a parameter → dimension of its output channels, if that is not the first.
    """

    def __init__(self, model: ModelProto, origin: FileOrigin) -> None:
        super().__init__()
        self.origin = origin
        self._model = _Shared(model)
        self._runner = OnnxRunner(model, origin)
        self.names: dict[str, str] = {}
        for name, values in self._runner.constants.items():
            if values.dtype == "f4" and values.size > 1:
                self.names[name] = _parameter_name(name, self.names.values())
                tensor = nn.Parameter(torch.from_numpy(values.copy()), requires_grad=False)
                self.register_parameter(self.names[name], tensor)
        axes = _channel_axes(model)
        self.channel_axes = {
            self.names[name]: axis % self._runner.constants[name].ndim
            for name, axis in axes.items()
            if name in self.names
        }

    def forward(self, x: Tensor) -> Tensor:
        # Guards of Python code that reads values are not meant for the evaluator.
        with torch._C.DisableTorchFunction():  # noqa: SLF001 (documented, without a public name)
            weights = {
                name: getattr(self, other).detach().numpy() for name, other in self.names.items()
            }
            inputs = {self._runner.inputs[0]: x.detach().to(torch.float32).numpy()}
            (result,) = self._runner.run({**weights, **inputs})
            return torch.from_numpy(result.copy())

    def trace(
        self, _module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
    ) -> Traces:
        """Return the graph with its weights, for as many rows as the inputs have, and for more.

        The arguments are those of `export_onnx`. Raises ZlideError for values that are too large.
        """
        del where
        named = self._named([*inputs], outputs)
        rows = len(next(iter(inputs.values())))
        one, other = (fold_shapes(set_rows(named, count)) for count in (rows, rows + 2))
        refuse_large_values(one, rows, self.origin.name)
        return Traces(one, other, (rows, rows + 2), self.origin)

    def _named(self, inputs: Sequence[str], outputs: Sequence[str]) -> ModelProto:
        """Return the graph with the weights of this module, and with these inputs and outputs."""
        model = ModelProto()
        model.CopyFrom(self._model.proto)
        graph = model.graph
        for tensor in graph.initializer:
            if tensor.name in self.names:
                values = getattr(self, self.names[tensor.name]).detach().numpy()
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        new = dict(zip(self._runner.inputs, inputs, strict=True))
        new |= dict(zip(self._runner.outputs, outputs, strict=True))

        def name(old: str) -> str:
            return new.get(old, f"file/{old}") if old else old

        for each in (*graph.initializer, *graph.input, *graph.output):
            each.name = name(each.name)
        for node in graph.node:
            node.input[:] = map(name, node.input)
            node.output[:] = map(name, node.output)
        return model


class _Shared:
    """A model that copies of a module share."""

    def __init__(self, proto: ModelProto) -> None:
        self.proto = proto

    def __deepcopy__(self, _: object) -> _Shared:
        return self


def _parameter_name(name: str, taken: Collection[str]) -> str:
    """Return a name of its own without dots, which PyTorch keeps for paths."""
    found = f"weight {name}".replace(".", "/")
    return found if found not in taken else _parameter_name(f"{name}'", taken)


def _channel_axes(model: ModelProto) -> dict[str, int]:
    """Return the dimension of the output channels of weights whose first dimension it is not."""
    found = {}
    for node in model.graph.node:
        if node.op_type == "Gemm" and any(a.name == "transB" and a.i for a in node.attribute):
            continue
        if node.op_type in _OUTPUT_CHANNELS:
            index, axis = _OUTPUT_CHANNELS[node.op_type]
            found[node.input[index]] = axis
    return found
