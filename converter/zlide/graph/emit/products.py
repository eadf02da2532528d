"""Products of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from string import ascii_letters

import numpy as np

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value
from zlide.graph.ir.build import (
    add,
    expand_dims,
    matmul,
    mul,
    reduce,
    reshape,
    squeeze,
    to_float,
    transpose,
)


@emits("MatMul")
def product(node: Node) -> Value:
    """Multiply as NumPy does: a vector is a row at the left and a column at the right."""
    x, y = to_float(node.input(0)), to_float(node.input(1))
    left, right = x.rank == 1, y.rank == 1
    x = expand_dims(x, [0]) if left else x
    y = expand_dims(y, [1]) if right else y
    result = matmul(x, y)
    axes = ([result.rank - 2] if left else []) + ([result.rank - 1] if right else [])
    return squeeze(result, axes) if axes else result


@emits("Gemm")
def general_product(node: Node) -> Value:
    """α·A·B + β·C."""
    x, y = node.input(0), node.input(1)
    x = transpose(x, (1, 0)) if node.attribute("transA", 0) else x
    y = transpose(y, (1, 0)) if node.attribute("transB", 0) else y
    result = matmul(x, y)
    if (alpha := node.attribute("alpha", 1.0)) != 1.0:
        result = mul(result, alpha)
    if not node.has(2):
        return result
    bias = node.input(2)
    beta = node.attribute("beta", 1.0)
    return add(result, bias if beta == 1.0 else mul(bias, beta))


@emits("Einsum")
def einsum(node: Node) -> Value:
    """Sum of products over named axes, one factor after the other."""
    equation = node.attribute("equation").replace(" ", "")
    terms, arrow, output = equation.partition("->")
    if not arrow:
        raise NotEmittedError(f"einsum {equation!r}", "give the axes of the result: ->")
    names = terms.split(",")
    if "..." in equation:
        names, output = _without_dots(names, output, [x.rank for x in node.present])
    factors = [_diagonal_free(name, x) for name, x in zip(names, node.present, strict=True)]
    (name, result), *rest = factors
    for i, (other, factor) in enumerate(rest):
        later = {*output, *chain.from_iterable(later for later, _ in rest[i + 1 :])}
        name, result = _contract(name, result, other, factor, later)
    result = _summed(name, result, set(output))
    name = "".join(letter for letter in name if letter in output)
    return transpose(result, [name.index(letter) for letter in output])


def _without_dots(names: Sequence[str], output: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Return the names of axes with letters for the axes that "..." stands for."""
    used = {*output, *chain.from_iterable(names)}
    free = [letter for letter in ascii_letters if letter not in used]
    counts = [rank - len(name) + 3 for name, rank in zip(names, ranks, strict=True)]
    dots = "".join(free[: max(c for c, name in zip(counts, names, strict=True) if "." in name)])
    found = [
        name.replace("...", dots[len(dots) - count :] if count else "")
        for name, count in zip(names, counts, strict=True)
    ]
    return found, output.replace("...", dots)


def _diagonal_free(name: str, x: Value) -> tuple[str, Value]:
    if len(set(name)) < len(name):
        raise NotEmittedError("einsum along a diagonal", "use torch.diagonal")
    return name, x


def _summed(name: str, x: Value, kept: set[str]) -> Value:
    axes = [i for i, letter in enumerate(name) if letter not in kept]
    return squeeze(reduce("Sum", x, axes), axes) if axes else x


def _contract(a_name: str, a: Value, b_name: str, b: Value, later: set[str]) -> tuple[str, Value]:
    """Multiply two factors as a batch of matrices, and sum over what nothing needs later."""
    kept = {*b_name, *later}
    a, a_name = _summed(a_name, a, kept), "".join(c for c in a_name if c in kept)
    kept = {*a_name, *later}
    b, b_name = _summed(b_name, b, kept), "".join(c for c in b_name if c in kept)
    both = [c for c in a_name if c in b_name]
    batch = [c for c in both if c in later]
    inner = [c for c in both if c not in later]
    rows = [c for c in a_name if c not in both]
    columns = [c for c in b_name if c not in both]
    left = _matrix(a_name, a, batch, rows, inner)
    right = _matrix(b_name, b, batch, inner, columns)
    result = matmul(left, right) if inner else mul(left, right)
    sizes = {**dict(zip(a_name, a.shape, strict=True)), **dict(zip(b_name, b.shape, strict=True))}
    order = [*batch, *rows, *columns]
    return "".join(order), reshape(result, [sizes[c] for c in order])


def _matrix(name: str, x: Value, batch: list[str], rows: list[str], columns: list[str]) -> Value:
    """Return x as (batch…, rows, columns), each group of axes in one dimension."""
    x = transpose(x, [name.index(c) for c in [*batch, *rows, *columns]])
    shape = x.shape
    first, second = shape[len(batch) : len(batch) + len(rows)], shape[len(batch) + len(rows) :]
    sizes = (int(np.prod(part, dtype=int)) for part in (first, second))
    return reshape(x, [*shape[: len(batch)], *sizes])
