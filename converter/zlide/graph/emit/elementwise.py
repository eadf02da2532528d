"""Ops that compute each element by itself."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from zlide.graph.emit.dtypes import dtype_of
from zlide.graph.emit.node import EMITTERS, Node, NotEmittedError, emits
from zlide.graph.ir import BOOL, FLOAT, INT, Value, const, make
from zlide.graph.ir.build import (
    add,
    at_rank,
    cast,
    div,
    maximum,
    minimum,
    mul,
    select,
    sub,
    to_bool,
    to_float,
    unary,
)

_UNARY = {
    name: name
    for name in """
    Abs Neg Sign Exp Log Sqrt Erf Sin Cos Floor Ceil Round Sigmoid Tanh Relu Softplus Reciprocal
    Atan Identity
    """.split()
}


def _unary(node: Node) -> Value:
    x = node.input(0)
    if node.op in {"Floor", "Ceil", "Round"} and x.dtype != FLOAT:
        return x
    return x if node.op == "Identity" else unary(_UNARY[node.op], x)


EMITTERS.update(dict.fromkeys(_UNARY, _unary))

_BINARY = {"Add": add, "Sub": sub, "Mul": mul}


def _binary(node: Node) -> Value:
    return _BINARY[node.op](node.input(0), node.input(1))


EMITTERS.update(dict.fromkeys(_BINARY, _binary))


@emits("Dropout")
def dropout(node: Node) -> Value:
    if node.has(2) and np.any(node.array(2)):
        raise NotEmittedError("dropout in training mode", "export the model in eval mode")
    return node.input(0)


@emits("Div")
def divide(node: Node) -> Value:
    """Divide; whole numbers are rounded towards 0."""
    x, y = node.input(0), node.input(1)
    if x.dtype == FLOAT:
        return div(x, y)
    return cast(div(to_float(x), to_float(y)), INT)


@emits("Mod")
def modulo(node: Node) -> Value:
    """x − ⌊x/y⌋·y; with fmod, the result has the sign of x."""
    x, y = node.input(0), node.input(1)
    a, b = to_float(x), to_float(y)
    quotient = div(a, b)
    if node.attribute("fmod", 0):
        whole = mul(unary("Sign", quotient), unary("Floor", unary("Abs", quotient)))
    else:
        whole = unary("Floor", quotient)
    return cast(sub(a, mul(whole, b)), x.dtype)


@emits("Pow")
def power(node: Node) -> Value:
    """x to a power; whole powers by products, since a backend's power of a negative x is NaN."""
    x, y = node.input(0), to_float(node.input(1))
    base = to_float(x)
    exponent = float(y.array.ravel()[0]) if y.array is not None and y.array.size == 1 else None
    if exponent is not None and exponent == int(exponent) and 0 <= abs(exponent) <= 8:
        result = whole_power(base, int(abs(exponent)))
        result = unary("Reciprocal", result) if exponent < 0 else result
        return cast(result, x.dtype)
    if exponent == 0.5:
        return unary("Sqrt", base)
    if exponent == -0.5:
        return unary("Rsqrt", base)
    return cast(make("Pow", base, y), x.dtype)


def whole_power(x: Value, exponent: int) -> Value:
    if exponent == 0:
        return add(mul(x, 0.0), 1.0)
    if exponent == 1:
        return x
    half = unary("Square", whole_power(x, exponent // 2))
    return mul(half, x) if exponent % 2 else half


@emits("Max", "Min")
def extreme(node: Node) -> Value:
    return reduce(maximum if node.op == "Max" else minimum, node.present)


@emits("Sum", "Mean")
def sum_of_all(node: Node) -> Value:
    total = reduce(add, node.present)
    return total if node.op == "Sum" else mul(total, 1 / len(node.present))


@emits("Clip")
def clip(node: Node) -> Value:
    x = node.input(0)
    low = node.input(1) if node.has(1) else _attribute(node, "min")
    high = node.input(2) if node.has(2) else _attribute(node, "max")
    x = x if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


def _attribute(node: Node, name: str) -> Value | None:
    value = node.attribute(name)
    return None if value is None else const(np.float32(value))


@emits("LeakyRelu")
def leaky_relu(node: Node) -> Value:
    return make("LeakyRelu", node.input(0), alpha=float(node.attribute("alpha", 0.01)))


@emits("PRelu")
def prelu(node: Node) -> Value:
    x, slope = node.input(0), node.input(1)
    return make("Prelu", x, at_rank(slope, x.rank))


@emits("Elu")
def elu(node: Node) -> Value:
    """α·(exp(x) − 1) below 0."""
    return _scaled_elu(node.input(0), float(node.attribute("alpha", 1.0)), 1.0)


@emits("Celu")
def celu(node: Node) -> Value:
    """α·(exp(x/α) − 1) below 0 (Barron 2017, equation 2)."""
    alpha = float(node.attribute("alpha", 1.0))
    return mul(unary("Elu", mul(node.input(0), 1 / alpha)), alpha)


@emits("Selu")
def selu(node: Node) -> Value:
    """Klambauer et al. 2017, equation 2."""
    alpha = float(node.attribute("alpha", 1.67326319217681884765625))
    gamma = float(node.attribute("gamma", 1.05070102214813232421875))
    return _scaled_elu(node.input(0), alpha, gamma)


def _scaled_elu(x: Value, alpha: float, gamma: float) -> Value:
    y = unary("Elu", x)
    if alpha != 1.0:
        y = add(unary("Relu", x), mul(unary("Elu", minimum(x, 0.0)), alpha))
    return y if gamma == 1.0 else mul(y, gamma)


@emits("HardSigmoid")
def hard_sigmoid(node: Node) -> Value:
    alpha, beta = float(node.attribute("alpha", 0.2)), float(node.attribute("beta", 0.5))
    return clamp01(add(mul(node.input(0), alpha), beta))


def clamp01(x: Value) -> Value:
    return minimum(unary("Relu", x), 1.0)


@emits("HardSwish")
def hard_swish(node: Node) -> Value:
    """x·relu6(x + 3)/6 (Howard et al. 2019, section 5.2)."""
    x = node.input(0)
    return mul(x, mul(unary("Relu6", add(x, 3.0)), 1 / 6))


@emits("Softsign")
def softsign(node: Node) -> Value:
    x = node.input(0)
    return div(x, add(unary("Abs", x), 1.0))


@emits("ThresholdedRelu")
def thresholded_relu(node: Node) -> Value:
    x = node.input(0)
    above = make("Greater", x, const(np.float32(node.attribute("alpha", 1.0))))
    return mul(x, to_float(above))


@emits("Shrink")
def shrink(node: Node) -> Value:
    x = node.input(0)
    bias, limit = (float(node.attribute(name, d)) for name, d in (("bias", 0.0), ("lambd", 0.5)))
    above = to_float(make("Greater", x, const(np.float32(limit))))
    below = to_float(make("Less", x, const(np.float32(-limit))))
    return add(mul(above, sub(x, bias)), mul(below, add(x, bias)))


@emits("Mish")
def mish(node: Node) -> Value:
    x = node.input(0)
    return mul(x, unary("Tanh", unary("Softplus", x)))


@emits("Gelu")
def gelu(node: Node) -> Value:
    """x·Φ(x) (Hendrycks & Gimpel 2016); the tanh form is their approximation."""
    x = node.input(0)
    if node.attribute("approximate", "none") == "tanh":
        inner = mul(add(x, mul(whole_power(x, 3), 0.044715)), math.sqrt(2 / math.pi))
        return mul(mul(x, 0.5), add(unary("Tanh", inner), 1.0))
    return mul(mul(x, 0.5), add(unary("Erf", mul(x, math.sqrt(0.5))), 1.0))


@emits("Tan")
def tan(node: Node) -> Value:
    x = node.input(0)
    return div(unary("Sin", x), unary("Cos", x))


@emits("Asin")
def asin(node: Node) -> Value:
    return _asin(node.input(0))


@emits("Acos")
def acos(node: Node) -> Value:
    return sub(math.pi / 2, _asin(node.input(0)))


def _asin(x: Value) -> Value:
    """atan(x / √(1 − x²)), as 2·atan(x / (1 + √(1 − x²))), which has no pole."""
    root = unary("Sqrt", sub(1.0, unary("Square", x)))
    return mul(unary("Atan", div(x, add(root, 1.0))), 2.0)


@emits("Sinh")
def sinh(node: Node) -> Value:
    """(e^x − e^−x)/2, by e^x − 1, which is exact near 0."""
    x = node.input(0)
    return mul(sub(unary("Expm1", x), unary("Expm1", unary("Neg", x))), 0.5)


@emits("Cosh")
def cosh(node: Node) -> Value:
    x = node.input(0)
    return mul(add(unary("Exp", x), unary("Exp", unary("Neg", x))), 0.5)


@emits("Asinh")
def asinh(node: Node) -> Value:
    """sign(x)·log1p(|x| + x²/(1 + √(x² + 1)))."""
    x = node.input(0)
    size, square = unary("Abs", x), unary("Square", x)
    root = unary("Sqrt", add(square, 1.0))
    inner = add(size, div(square, add(root, 1.0)))
    return mul(unary("Sign", x), unary("Log1p", inner))


@emits("Acosh")
def acosh(node: Node) -> Value:
    x = node.input(0)
    return unary("Log", add(x, unary("Sqrt", sub(unary("Square", x), 1.0))))


@emits("Atanh")
def atanh(node: Node) -> Value:
    x = node.input(0)
    return mul(sub(unary("Log1p", x), unary("Log1p", unary("Neg", x))), 0.5)


_COMPARISONS = {
    "Equal": "Equal",
    "Greater": "Greater",
    "GreaterOrEqual": "GreaterEqual",
    "Less": "Less",
    "LessOrEqual": "LessEqual",
}


def _comparison(node: Node) -> Value:
    x, y = node.input(0), node.input(1)
    if x.dtype == BOOL:
        x, y = cast(x, INT), cast(y, INT)
    return make(_COMPARISONS[node.op], x, y)


EMITTERS.update(dict.fromkeys(_COMPARISONS, _comparison))


@emits("And", "Or", "Xor")
def logical(node: Node) -> Value:
    x, y = to_bool(node.input(0)), to_bool(node.input(1))
    if node.op == "Xor":
        return make("NotEqual", cast(x, INT), cast(y, INT))
    return make("LogicalAnd" if node.op == "And" else "LogicalOr", x, y)


@emits("Not")
def negation(node: Node) -> Value:
    return make("LogicalNot", to_bool(node.input(0)))


@emits("IsNaN")
def is_nan(node: Node) -> Value:
    x = node.input(0)
    return make("NotEqual", x, x)


@emits("IsInf")
def is_infinite(node: Node) -> Value:
    limit = const(np.float32(np.finfo(np.float32).max))
    return make("Greater", unary("Abs", node.input(0)), limit)


@emits("Where")
def where(node: Node) -> Value:
    condition, x, y = to_bool(node.input(0)), node.input(1), node.input(2)
    return select(condition, x, y)


@emits("Cast")
def cast_to(node: Node) -> Value:
    dtype = dtype_of(node.attribute("to"))
    if dtype is None:
        raise NotEmittedError(
            "a cast to text, half precision or complex numbers", "keep numbers of float32"
        )
    return cast(node.input(0), dtype)


@emits("CastLike")
def cast_like(node: Node) -> Value:
    return cast(node.input(0), node.input(1).dtype)
