"""ONNX files with random bytes or odd graphs are read, or refused in one line."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.coverage.decoders import LATENT
from tests.coverage.onnx_files import decoder, save
from zlide.errors import ZlideError
from zlide.graph import read_onnx_module

ROUNDS = 1500

ODD = (-(2**62), -7, -1, 0, 1, 2, 3, 48, 2**31, 2**40)
"""Whole numbers that a graph may hold anywhere."""

OPS = sorted({schema.name for schema in onnx.defs.get_all_schemas()})


def mangle(data: bytes, rng: random.Random) -> bytes:
    """Change, remove, repeat or insert a few bytes, mostly among those of the graph itself."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        at = rng.choice([rng.randrange(len(found)), rng.randrange(min(200, len(found)))])
        kind = rng.randrange(4)
        if kind == 0:
            found[at] = rng.randrange(256)
        elif kind == 1:
            del found[at : at + rng.randrange(1, 9)]
        elif kind == 2:
            found[at:at] = found[at : at + rng.randrange(1, 40)]
        else:
            found[at:at] = rng.randbytes(rng.randrange(1, 5))
        if len(found) < 10:
            break
    return bytes(found)


def disturb(data: bytes, rng: random.Random) -> bytes:
    """Change a few parts of the graph: ops, inputs, outputs, attributes, sizes, types, numbers."""
    model = onnx.load_model_from_string(data)
    graph = model.graph
    names = [name for node in graph.node for name in (*node.input, *node.output)]
    for _ in range(rng.choice([1, 1, 2, 4])):
        node, tensor = rng.choice(graph.node), rng.choice(graph.initializer)
        value = rng.choice([*graph.input, *graph.output]).type.tensor_type
        change = rng.randrange(9)
        if change == 0:
            node.op_type = rng.choice(OPS)
        elif change == 1 and node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        elif change == 2:
            node.output[0] = rng.choice(names)
        elif change == 3:
            name = rng.choice(
                ["axis", "perm", "to", "allowzero", "transB", "alpha", "kernel_shape"]
            )
            odd = rng.choice([rng.choice(ODD), [rng.choice(ODD)] * 3, 0.5, "text"])
            node.attribute.append(onnx.helper.make_attribute(name, odd))
        elif change == 4:
            tensor.dims.append(rng.choice(ODD))
        elif change == 5:
            tensor.data_type = rng.randrange(24)
        elif change == 6:
            value.elem_type = rng.randrange(24)
        elif change == 7:
            rng.choice(value.shape.dim).dim_value = rng.choice(ODD)
        else:
            odd = np.array([rng.choice(ODD) for _ in range(rng.randrange(6))], np.int64)
            shape = next(each for each in graph.initializer if each.name == "shape")
            shape.CopyFrom(onnx.numpy_helper.from_array(odd, "shape"))
    changed: bytes = model.SerializeToString()
    return changed


@pytest.mark.parametrize("change", [mangle, disturb])
def test_changed_files_are_read_or_refused(
    change: Callable[[bytes, random.Random], bytes], tmp_path: Path
) -> None:
    path, rng = save(decoder(), tmp_path), random.Random(5)  # noqa: S311 (nothing secret)
    data, outcomes = path.read_bytes(), Counter[str]()
    for _ in range(ROUNDS):
        path.write_bytes(change(data, rng))
        try:
            module = read_onnx_module(path, channels_last=True)
            module(torch.randn(3, LATENT))
            outcomes["runs"] += 1
        except ZlideError as error:
            outcomes[" ".join(error.problem.split()[:7])] += 1
    sys.stdout.write(f"\n{outcomes.most_common(40)}\n")
    assert outcomes["runs"] > ROUNDS / 100
    assert outcomes.total() - outcomes["runs"] > ROUNDS / 20
