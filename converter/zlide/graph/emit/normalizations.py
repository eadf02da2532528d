"""Norms: products and sums with constants, or with means over the layer's own dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import add, div, matmul, mean, mul, reshape, sub, transpose, unary


@emits("BatchNormalization")
def batch_norm(node: Node) -> Value:
    """x·f + t for each channel."""
    x = node.input(0)
    if node.attribute("training_mode", 0):
        raise NotEmittedError(
            "batch norm without running statistics, by which rows depend on each other",
            "set track_running_stats=True and train, or use nn.GroupNorm",
        )
    scale, shift, average, variance = (by_channel(node.input(i), x.rank) for i in range(1, 5))
    epsilon = float(node.attribute("epsilon", 1e-5))
    factor = div(scale, unary("Sqrt", add(variance, epsilon)))
    return add(mul(x, factor), sub(shift, mul(average, factor)))


def by_channel(x: Value, rank: int) -> Value:
    """Reshape (C,) to (C, 1, …), which broadcasts along the channels of (B, C, …)."""
    return reshape(x, (*x.shape, *[1] * (rank - 2)))


@emits("InstanceNormalization")
def instance_norm(node: Node) -> Value:
    x = node.input(0)
    normalized = normalize(x, range(2, x.rank), float(node.attribute("epsilon", 1e-5)))
    scale, shift = (by_channel(node.input(i), x.rank) for i in (1, 2))
    return add(mul(normalized, scale), shift)


def normalize(x: Value, axes: Sequence[int], epsilon: float) -> Value:
    """Shift and scale x to mean 0 and variance 1 along axes."""
    centered = sub(x, mean(x, axes))
    variance = mean(unary("Square", centered), axes)
    return mul(centered, unary("Rsqrt", add(variance, epsilon)))


@emits("LayerNormalization")
def layer_norm(node: Node) -> Value:
    x, axis = node.input(0), node.attribute("axis", -1)
    y = normalize(x, range(axis % x.rank, x.rank), float(node.attribute("epsilon", 1e-5)))
    y = mul(y, node.input(1))
    return add(y, node.input(2)) if node.has(2) else y


@emits("GroupNormalization")
def group_norm(node: Node) -> Value:
    """Means over pixels, then over the channels of each group (Wu & He 2018)."""
    x, groups = node.input(0), node.attribute("num_groups")
    epsilon = float(node.attribute("epsilon", 1e-5))
    centered = sub(x, _group_means(x, groups))
    variance = _group_means(unary("Square", centered), groups)
    y = mul(centered, unary("Rsqrt", add(variance, epsilon)))
    scale, shift = (node.input(i) for i in (1, 2))
    if scale.shape[0] == groups != x.shape[1]:
        scale, shift = (_repeated(each, x.shape[1] // groups) for each in (scale, shift))
    return add(mul(y, by_channel(scale, x.rank)), by_channel(shift, x.rank))


def _repeated(x: Value, times: int) -> Value:
    rows = mul(reshape(x, (x.shape[0], 1)), const(np.ones((1, times), np.float32)))
    return reshape(rows, (x.shape[0] * times,))


def _group_means(x: Value, groups: int) -> Value:
    """Return the means of x (B, C, …) by group, as (B, C, 1, …)."""
    channels = x.shape[1]
    average = np.kron(np.eye(groups), np.full((channels // groups,) * 2, groups / channels))
    means = reshape(mean(x, range(2, x.rank)), x.shape[:2])
    if groups < channels:
        means = matmul(means, const(average.astype(np.float32)))
    return reshape(means, (*x.shape[:2], *[1] * (x.rank - 2)))


@emits("LRN")
def local_response_norm(node: Node) -> Value:
    """x ÷ (k + α/n·Σ x²)^β over n channels beside it (Krizhevsky et al. 2012, section 3.3)."""
    x, size = node.input(0), node.attribute("size")
    alpha, beta, bias = (
        float(node.attribute(name, default))
        for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    places = np.arange(x.shape[1])
    distance = places[:, None] - places[None]  # output channel at the right
    before = (size - 1) // 2
    near = (distance >= -before) & (distance <= size - 1 - before)
    last = transpose(x, [0, *range(2, x.rank), 1])
    sums = matmul(unary("Square", last), const(near.astype(np.float32)))
    power = make("Pow", add(mul(sums, alpha / size), bias), const(np.float32(-beta)))
    return transpose(mul(last, power), [0, x.rank - 1, *range(1, x.rank - 1)])


@emits("MeanVarianceNormalization")
def mean_variance_norm(node: Node) -> Value:
    x, axes = node.input(0), node.attribute("axes", [0, 2, 3])
    if 0 in axes:
        raise NotEmittedError("a norm over the batch", "normalize every row by itself")
    return normalize(x, axes, 1e-9)
