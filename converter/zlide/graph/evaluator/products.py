"""Products of matrices."""

from __future__ import annotations

import numpy as np

from zlide.graph.evaluator.activation import fused
from zlide.graph.evaluator.operation import Array, operations


def mat_mul(a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """Multiply (M, K) by (K, N)."""
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError(f"expected two matrices, found {a.shape} and {b.shape}")
    return np.asarray(np.matmul(a.T if transpose_a else a, b.T if transpose_b else b))


def batch_mat_mul(x: Array, y: Array, *, adj_x: bool = False, adj_y: bool = False) -> Array:
    """Multiply (…, M, K) by (…, K, N)."""
    return np.asarray(
        np.matmul(x.swapaxes(-1, -2) if adj_x else x, y.swapaxes(-1, -2) if adj_y else y)
    )


_PRODUCTS = operations({"MatMul": mat_mul, "BatchMatMulV2": batch_mat_mul})

PRODUCTS = {**_PRODUCTS, "_FusedMatMul": fused(_PRODUCTS["MatMul"])}
