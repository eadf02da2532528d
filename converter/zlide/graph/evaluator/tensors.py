"""Call a written graph with PyTorch tensors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from zlide.graph.evaluator.operation import Array
from zlide.graph.evaluator.written_graph import WrittenGraph

Run = Callable[..., tuple[Tensor, ...]]
"""A graph as a function: the tensors of the inputs, in order → those of the outputs."""


def on_tensors(graph: WrittenGraph) -> Run:
    """Return a graph as a function of tensors. Integers are int32 in its outputs."""

    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(map(torch.from_numpy, graph.run(*map(_to_array, inputs))))

    return run


def _to_array(tensor: Tensor) -> Array:
    kind = np.float32 if tensor.is_floating_point() else np.int32
    return tensor.detach().numpy().astype(kind, copy=False)
