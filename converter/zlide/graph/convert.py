"""Convert a PyTorch module to a TensorFlow.js graph model, and compare the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from zlide.bundle import Graph, count_ops
from zlide.errors import ZlideError
from zlide.graph.evaluator.tensors import Run, on_tensors
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.make_model import MakeModel, by_zlide
from zlide.graph.refusals import remedy_for_difference
from zlide.graph.shards import write_graph
from zlide.parity import relative_difference

TOLERANCE = 1e-4
"""Largest relative difference between PyTorch and a converted graph at the same inputs, in float32.

It is relative to the largest value, at least 1.
"""


@dataclass(frozen=True)
class Converted:
    """A converted graph.

    ops: number of nodes by op, without constants.
    weights: bytes of the shards.
    difference: relative difference between the written graph and PyTorch.
    run: the written graph, from the tensors of the inputs, in order, to those of the outputs.
    """

    graph: Graph
    ops: dict[str, int]
    weights: int
    difference: float
    run: Run


def convert(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    to: Path,
    where: str,
    make: MakeModel = by_zlide,
) -> Converted:
    """Convert `module` and write `model.json` and shards into the folder `to`.

    inputs: name → tensor (B, …), B ≥ 2, in the order of the module's arguments. Integers are int32
    in the graph.
    outputs: names of the flat tuple that the module returns. An output that the module passes
    through from an input is not in the graph: its name in the result is the input's.
    make: converts the module; by default our own converter.
    The path of the graph in the result is `model.json`; the caller adds the folder.
    Raises ZlideError if the module cannot be exported, converted or run by every backend, or if
    the results of the written graph differ.
    """
    with torch.no_grad():
        expected = module(*inputs.values())
    sources = _passed_through(expected, inputs)
    computed = [name for name, source in zip(outputs, sources, strict=True) if source is None]
    # The exporter leaves a module in the mode of its outermost one: without eval() on the wrapper,
    # dropout would be active afterwards.
    only = _Only(module, [source is None for source in sources]).eval()
    model, weights = make(only, inputs, computed, where)
    size = write_graph(model, weights, to)
    names = [source or name for name, source in zip(outputs, sources, strict=True)]
    graph = Graph(path="model.json", inputs=list(inputs), outputs=names)
    run = on_tensors(read_graph(to / graph.path, graph.inputs, graph.outputs))
    difference = _compare("the written graph", run(*inputs.values()), expected, names, where)
    return Converted(graph, count_ops(model["modelTopology"]["node"]), size, difference, run)


class _Only(nn.Module):
    """A module with only the outputs that `keep` selects."""

    def __init__(self, module: nn.Module, keep: Sequence[bool]) -> None:
        super().__init__()
        self.module = module
        self.keep = list(keep)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            output for output, keep in zip(self.module(*inputs), self.keep, strict=True) if keep
        )


def _passed_through(outputs: Sequence[Tensor], inputs: Mapping[str, Tensor]) -> list[str | None]:
    """Return for each output the name of the input that it is, or None if it is computed.

    The first counts as computed if no other is.
    """
    sources = [
        next((name for name, tensor in inputs.items() if output is tensor), None)
        for output in outputs
    ]
    return sources if None in sources else [None, *sources[1:]]


def _compare(
    other: str,
    found: Sequence[Tensor],
    expected: Sequence[Tensor],
    names: Sequence[str],
    where: str,
) -> float:
    """Return the largest difference of all outputs. Raises ZlideError if it is too large.

    other: the implementation that gave `found`; PyTorch gave `expected`.
    """
    largest = 0.0
    for name, ours, theirs in zip(names, expected, found, strict=True):
        if ours.shape != theirs.shape:
            raise ZlideError(
                where,
                f"{name}: expected {tuple(ours.shape)} as in PyTorch, "
                f"found {tuple(theirs.shape)} in {other}",
                "use static shapes",
            )
        if not ours.is_floating_point():
            continue  # the greedy token may differ at a tie; the logits are compared themselves
        difference = relative_difference(ours, theirs)
        if not difference <= TOLERANCE:
            raise ZlideError(
                where,
                f"{name}: PyTorch and {other} differ by {difference:.2g}",
                remedy_for_difference(),
            )
        largest = max(largest, difference)
    return largest
