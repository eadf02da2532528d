"""Kinds of ops that rules ask for."""

from __future__ import annotations

from zlide.graph.ir import Value

UNARY = frozenset(
    """
    Abs Neg Sign Exp Log Sqrt Rsqrt Square Erf Sin Cos Floor Ceil Round Sigmoid Tanh Relu Relu6 Elu
    LeakyRelu Softplus Reciprocal Expm1 Log1p Atan Cast LogicalNot
    """.split()
)
"""Elementwise ops of one input."""

BINARY = frozenset("AddV2 Sub Mul RealDiv Maximum Minimum Pow Prelu SquaredDifference".split())
"""Elementwise ops of two inputs, of numbers."""

ELEMENTWISE = (
    UNARY
    | BINARY
    | frozenset(
        """
        Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr SelectV2 Atan2
        """.split()
    )
)

REDUCTIONS = frozenset("Sum Mean Max Min Prod".split())

PRODUCTS = frozenset("MatMul Conv2D DepthwiseConv2dNative".split())
"""Ops that multiply by a weight, and that can be fused with a bias and an activation."""


def permutation(value: Value) -> list[int] | None:
    """Return the permutation of a Transpose, or None."""
    if value.op != "Transpose" or (array := value.inputs[1].array) is None:
        return None
    return [int(axis) for axis in array]


def constant_operand(value: Value) -> tuple[Value, Value] | None:
    """Return the operand of a binary op that depends on the data, and the constant, or None."""
    x, y = value.inputs
    if y.array is not None:
        return x, y
    return (y, x) if x.array is not None else None
