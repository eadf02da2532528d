"""The bias and the activation that an op is fused with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zlide.graph.evaluator.elementwise import ELEMENTWISE, bias_add, leaky_relu, prelu
from zlide.graph.evaluator.operation import Array, Operation

_PLAIN = frozenset({"Relu", "Relu6", "Elu", "Sigmoid"})
"""Activations without an attribute and an input of their own."""


def fused(product: Operation) -> Operation:
    """Return the op that computes `product`, and then the ops that `fused_ops` names.

    A bias and the slopes of Prelu are inputs after those of the product.
    """

    def compute(
        x: Array,
        weight: Array,
        *extra: Array,
        fused_ops: Sequence[str] = (),
        leakyrelu_alpha: float = 0.2,
        **attributes: Any,
    ) -> Array:
        output = product.compute(x, weight, **attributes)
        return _activate(output, list(extra), fused_ops, leakyrelu_alpha)

    return Operation(compute, product.attributes | {"fused_ops", "leakyrelu_alpha"})


def _activate(x: Array, extra: list[Array], names: Sequence[str], alpha: float) -> Array:
    for name in names:
        if name == "BiasAdd":
            x = bias_add(x, extra.pop(0))
        elif name == "Prelu":
            x = prelu(x, extra.pop(0))
        elif name == "LeakyRelu":
            x = leaky_relu(x, alpha=alpha)
        elif name in _PLAIN:
            x = ELEMENTWISE[name].compute(x)
        elif name != "NoOp":
            raise ValueError(f"expected a bias or an activation in fused_ops, found {name}")
    if extra:
        raise ValueError(f"{len(extra)} inputs more than fused_ops {list(names)} read")
    return x
