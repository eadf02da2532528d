"""Ops that compute each element by itself, after broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from zlide.graph.evaluator.operation import Array, operations

_ERF_NUMERATOR = (
    -2.72614225801306e-10,
    2.77068142495902e-08,
    -2.10102402082508e-06,
    -5.69250639462346e-05,
    -7.34990630326855e-04,
    -2.95459980854025e-03,
    -1.60960333262415e-02,
)
_ERF_DENOMINATOR = (
    -1.45660718464996e-05,
    -2.13374055278905e-04,
    -1.68282697438203e-03,
    -7.37332916720468e-03,
    -1.42647390514189e-02,
)
"""Coefficients of a rational function of x² that is erf(x) / x to float32, as Eigen has them."""


def identity(x: Array) -> Array:
    return x


def cast(x: Array, *, DstT: np.dtype[Any]) -> Array:  # noqa: N803 (TensorFlow's name)
    return x.astype(DstT)


def bias_add(x: Array, bias: Array) -> Array:
    """Add a bias (C,) to x (…, C)."""
    if bias.shape != x.shape[-1:]:
        raise ValueError(f"expected a bias {x.shape[-1:]}, found {bias.shape}")
    return x + bias


def squared_difference(x: Array, y: Array) -> Array:
    return np.asarray(np.square(x - y))


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu6(x: Array) -> Array:
    return np.clip(x, 0, 6)


def elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(x))


def leaky_relu(x: Array, *, alpha: float = 0.2) -> Array:
    return np.where(x > 0, x, alpha * x)


def prelu(x: Array, alpha: Array) -> Array:
    return np.where(x > 0, x, alpha * x)


def softplus(x: Array) -> Array:
    return np.logaddexp(0, x)


def rsqrt(x: Array) -> Array:
    return 1 / np.sqrt(x)


def reciprocal(x: Array) -> Array:
    return 1 / x


def erf(x: Array) -> Array:
    x = np.clip(x, -4, 4)
    square = np.square(x)
    ratio: Array = x * np.polyval(_ERF_NUMERATOR, square) / np.polyval(_ERF_DENOMINATOR, square)
    return ratio


def select(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def log_softmax(x: Array) -> Array:
    shifted = x - x.max(-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(-1, keepdims=True)))


def clip_by_value(x: Array, minimum: Array, maximum: Array) -> Array:
    """Bring elements between two numbers."""
    if minimum.ndim or maximum.ndim or minimum > maximum:
        raise ValueError(f"expected two bounds in order, found {minimum} and {maximum}")
    return np.clip(x, minimum, maximum)


ELEMENTWISE = operations(
    {
        "Identity": identity,
        "Cast": cast,
        "BiasAdd": bias_add,
        "AddV2": np.add,
        "Add": np.add,
        "Sub": np.subtract,
        "Mul": np.multiply,
        "RealDiv": np.true_divide,
        "Maximum": np.maximum,
        "Minimum": np.minimum,
        "Pow": np.power,
        "SquaredDifference": squared_difference,
        "Sigmoid": sigmoid,
        "Tanh": np.tanh,
        "Relu": relu,
        "Relu6": relu6,
        "Elu": elu,
        "LeakyRelu": leaky_relu,
        "Prelu": prelu,
        "Softplus": softplus,
        "Exp": np.exp,
        "Log": np.log,
        "Sqrt": np.sqrt,
        "Rsqrt": rsqrt,
        "Square": np.square,
        "Neg": np.negative,
        "Abs": np.absolute,
        "Erf": erf,
        "Floor": np.floor,
        "Softmax": softmax,
        "LogSoftmax": log_softmax,
        "ClipByValue": clip_by_value,
        "Reciprocal": reciprocal,
        "Sin": np.sin,
        "Cos": np.cos,
        "Atan": np.arctan,
        "Atan2": np.arctan2,
        "Sinh": np.sinh,
        "Cosh": np.cosh,
        "Asinh": np.arcsinh,
        "IsNan": np.isnan,
        "Expm1": np.expm1,
        "Log1p": np.log1p,
        "Sign": np.sign,
        "Ceil": np.ceil,
        "Round": np.rint,
        "Greater": np.greater,
        "GreaterEqual": np.greater_equal,
        "Less": np.less,
        "LessEqual": np.less_equal,
        "Equal": np.equal,
        "NotEqual": np.not_equal,
        "LogicalAnd": np.logical_and,
        "LogicalOr": np.logical_or,
        "LogicalNot": np.logical_not,
        "Select": select,
        "SelectV2": select,
    }
)
