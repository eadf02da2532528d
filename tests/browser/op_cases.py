"""Test cases for every op of `portable.json`: shapes, axes and attributes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Values = Literal["signed", "positive", "halves", "int32", "bool", "nan"]
"""Kinds of test data.

Floats in [-3, 3], floats in [0.1, 3], multiples of ½, integers, booleans, and floats of which half
are not a number.
"""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Data:
    """A tensor that is not constant: the page slices it from a pool of random numbers."""

    shape: Shape
    values: Values = "signed"


Input = Data | int | float | list[Any] | tuple[list[float], ...]
"""An input of an op.

Numbers and lists of numbers are constants of the graph. A tuple or a list of `Data` is one input of
several tensors.
"""


@dataclass(frozen=True)
class Case:
    """One call of an op: its inputs and attributes, as in TensorFlow.

    The attributes leave out the types of the inputs.
    """

    inputs: tuple[Input, ...]
    attributes: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        inputs = [str(part).removeprefix("Data") for part in self.inputs]
        return ", ".join([*inputs, *(f"{key}={value}" for key, value in self.attributes.items())])


RANKS: tuple[Shape, ...] = ((5,), (3, 4), (2, 3, 4), (2, 3, 4, 5))
ONES: tuple[Shape, ...] = ((3, 1), (2, 1, 4), (2, 3, 1), (2, 3, 1, 4), (1, 4, 3, 1), (3, 1, 1, 2))
"""Shapes with dimensions of size 1, which some kernels skip."""

HIGH: tuple[Shape, ...] = ((2, 3, 1, 2, 4), (3, 1, 2, 2, 1, 3))
"""Shapes of the highest ranks that all backends have."""

LARGE: Shape = (2, 16, 16, 4)
"""More elements than a GPU sums at once."""

BROADCAST: tuple[tuple[Shape, Shape], ...] = (
    ((4,), (4,)),
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (2, 3, 4)),
    ((2, 1, 4), (1, 3, 1)),
    ((4,), (2, 3, 4)),
    ((2, 3, 4, 5), (2, 1, 1, 5)),
    ((2, 3, 4, 5), (3, 1, 1)),
    ((1, 3, 1, 5), (2, 1, 4, 1)),
    ((2, 3, 4, 5), ()),
)


def _each_axis(shapes: Iterable[Shape]) -> Iterator[tuple[Shape, int]]:
    """Yield every axis of every shape.

    Up to rank 2 each axis is counted from both ends. Beyond, even axes are counted from the first
    one, and odd axes from the last one.
    """
    for shape in shapes:
        rank = len(shape)
        yield from (
            (shape, axis)
            for axis in (
                range(-rank, rank)
                if rank < 3
                else [axis - rank * (axis % 2) for axis in range(rank)]
            )
        )


def _subsets(rank: int) -> Iterator[list[int]]:
    for size in range(1, rank + 1):
        yield from map(list, itertools.combinations(range(rank), size))


def _unary(*kinds: Values) -> list[Case]:
    return [Case((Data(shape, kind),)) for kind in kinds for shape in [(), *RANKS, *ONES[:4]]]


def _binary(*kinds: Values, second: Values | None = None) -> list[Case]:
    pairs = [(Data(a, kind), Data(b, second or kind)) for kind in kinds for a, b in BROADCAST]
    return [Case(pair) for pair in pairs]


def _reduction(kind: Values = "signed", large: Shape = LARGE) -> Iterator[Case]:
    """Yield reductions over every set of axes, and over a single axis that is not in a list.

    The axes are counted from both ends, with and without `keep_dims`.
    """
    for shape in [*RANKS, *ONES]:
        for axes in _subsets(len(shape)):
            from_end = [axis - len(shape) for axis in axes]
            yield Case((Data(shape, kind), axes), {"keep_dims": False})
            if len(shape) < 4 or 1 not in shape:
                yield Case((Data(shape, kind), from_end), {"keep_dims": True})
            if len(shape) < 4:
                yield Case((Data(shape, kind), axes), {"keep_dims": True})
                yield Case((Data(shape, kind), from_end), {"keep_dims": False})
    yield from (
        Case((Data(shape, kind), axis), {"keep_dims": axis < 0})
        for shape, axis in _each_axis(RANKS[1:3])
    )
    yield from (
        Case((Data(large, kind), axes), {"keep_dims": False}) for axes in _subsets(len(large))
    )


def _cumsum() -> Iterator[Case]:
    """Yield sums along axes that are counted from the first one, in order.

    The exporter writes no others.
    """
    for shape in [*RANKS, *ONES]:
        for axis, exclusive in itertools.product(range(len(shape)), (False, True)):
            yield Case((Data(shape), axis), {"exclusive": exclusive})


def _argmax() -> Iterator[Case]:
    for shape, axis in _each_axis([*RANKS, *ONES]):
        # Some halves are equal, and the op returns the first of them.
        values: Values = "halves" if axis < 0 else "signed"
        yield Case((Data(shape, values), axis), {"output_type": "int32"})


def _top_k() -> Iterator[Case]:
    """Yield choices of one, of two and of all elements; some halves are equal."""
    for shape in (each for each in [*RANKS, *ONES, (3, 40)] if each[-1] > 1):
        for k in sorted({1, min(2, shape[-1]), shape[-1]}):
            yield Case((Data(shape), k))
            yield Case((Data(shape, "halves"), k))


def _transpose() -> Iterator[Case]:
    """Yield every permutation of up to four dimensions, and some of five and six."""
    for shape in [*RANKS, *ONES]:
        yield from (Case((Data(shape), list(p))) for p in itertools.permutations(range(len(shape))))
    for shape in HIGH:
        yield from (
            Case((Data(shape), list(p)))
            for p in itertools.islice(itertools.permutations(range(len(shape))), 1, None, 41)
        )
    yield Case((Data(LARGE), [0, 3, 1, 2]))


def _reverse() -> Iterator[Case]:
    for shape in [*RANKS, *ONES]:
        for axes in _subsets(len(shape)):
            yield Case((Data(shape), axes))
            yield Case((Data(shape), [axis - len(shape) for axis in axes]))
    yield Case((Data((2, 3, 4), "int32"), [0, 2]))


def _broadcast_to() -> Iterator[Case]:
    for a, b in BROADCAST:
        to = list(np.broadcast_shapes(a, b))
        yield from (Case((Data(shape), to)) for shape in (a, b))
    for kind in ("int32", "bool"):
        yield Case((Data((3, 1), kind), [2, 3, 4]))


def _clip() -> Iterator[Case]:
    for case in _unary("signed"):
        for bounds in ((-1.0, 1.5), (0.0, 6.0), (-0.5, 3e38), (0.5, 0.5)):
            yield Case((*case.inputs, *bounds))


def _convolutions_3d() -> Iterator[Case]:
    shapes: list[tuple[Shape, Shape]] = [
        ((2, 4, 5, 3, 2), (2, 3, 3, 2, 4)),
        ((1, 4, 4, 4, 1), (1, 1, 1, 1, 2)),
        ((1, 3, 4, 5, 3), (3, 1, 2, 3, 1)),
    ]
    for x, kernel in shapes:
        for strides in ([1, 1, 1, 1, 1], [1, 2, 2, 2, 1], [1, 1, 2, 1, 1]):
            yield Case((Data(x), Data(kernel)), {"strides": strides, "padding": "VALID"})
        yield Case((Data(x), Data(kernel)), {"strides": [1] * 5, "padding": "SAME"})


def _gather() -> Iterator[Case]:
    for shape, axis in _each_axis([(5,), (4, 5), (2, 4, 5), (2, 3, 4, 5), (4, 1)]):
        last = shape[axis] - 1
        for indices in (last, [last, 0], [[0, last, 0], [last, last, 0]]):
            yield Case((Data(shape), indices, axis))
    yield Case((Data((4, 5), "int32"), [3, 0, 1], 0))
    yield Case((Data((4, 5), "bool"), [3, 0, 1], 1))
    for shape, axis in (((2, 4, 5), 1), ((2, 4, 5), 2), ((2, 3, 4, 5), -1)):
        yield Case((Data(shape), [[0, 3], [2, 1]], axis), {"batch_dims": 1})


def _concat() -> Iterator[Case]:
    for shape, axis in _each_axis([*RANKS, *ONES]):
        longer = tuple(size + (at == axis % len(shape)) for at, size in enumerate(shape))
        yield Case(([Data(shape), Data(longer), Data(shape)], axis))
    for kind in ("int32", "bool"):
        yield Case(([Data((2, 3), kind), Data((2, 1), kind)], 1))


def _split() -> Iterator[Case]:
    for shape, axis in _each_axis([(6,), (6, 4), (2, 6, 4), (2, 4, 1, 6)]):
        if shape[axis] % 2 == 0:
            yield Case((axis, Data(shape)), {"num_split": 2})
            yield Case((axis, Data(shape)), {"num_split": shape[axis]})
    yield Case((1, Data((2, 6), "int32")), {"num_split": 3})


def _split_v() -> Iterator[Case]:
    for shape, axis in _each_axis([(6,), (6, 4), (2, 6, 4), (2, 4, 1, 6)]):
        size = shape[axis]
        if size > 2:
            yield Case((Data(shape), [1, size - 1], axis), {"num_split": 2})
            yield Case((Data(shape), [2, -1, 1], axis), {"num_split": 3})


def _strided_slice() -> Iterator[Case]:
    def cut(
        shape: Shape, begin: list[int], end: list[int], strides: list[int], **masks: int
    ) -> Case:
        return Case((Data(shape), begin, end, strides), masks)

    for shape in (*RANKS, (2, 3, 1, 4)):
        zeros, steps = [0] * len(shape), [1] * len(shape)
        for axis, size in enumerate(shape):
            ends = [size if at != axis else max(size - 1, 1) for at, size in enumerate(shape)]
            yield cut(shape, zeros, ends, steps)
            yield cut(
                shape, zeros, list(shape), [2 if at == axis else 1 for at in range(len(shape))]
            )
            yield cut(
                shape,
                [-1 if at == axis else 0 for at in range(len(shape))],
                list(shape),
                steps,
                shrink_axis_mask=1 << axis,
            )
            backwards = [-1 if at == axis else 1 for at in range(len(shape))]
            yield cut(
                shape,
                zeros,
                zeros,
                backwards,
                begin_mask=(1 << len(shape)) - 1,
                end_mask=(1 << len(shape)) - 1,
            )
            yield cut(
                shape,
                [*zeros, 0],
                [*shape, 1],
                [*steps, 1],
                new_axis_mask=1 << axis,
                begin_mask=2 << len(shape),
                end_mask=2 << len(shape),
            )
    yield cut((2, 3, 4, 5), [0, -2], [0, 4], [1, 1], ellipsis_mask=1)
    yield cut((2, 3, 4, 5), [1, 0, 1], [2, 0, 4], [1, 1, 2], ellipsis_mask=2)
    yield cut((2, 3, 4, 5), [1, 0, 3], [2, 0, 4], [1, 1, 1], ellipsis_mask=2, shrink_axis_mask=5)
    yield Case((Data((4, 6), "int32"), [1, 4], [4, 0], [2, -1]))


def _slice() -> Iterator[Case]:
    for shape in [*RANKS, *ONES]:
        for axis, size in enumerate(shape):
            begin = [int(at == axis and size > 1) for at in range(len(shape))]
            yield Case((Data(shape), begin, [-1] * len(shape)))
            yield Case((Data(shape), begin, [1 if at == axis else -1 for at in range(len(shape))]))
    yield Case((Data((4, 6), "int32"), [1, 2], [2, 3]))


def _shapes() -> dict[str, list[Case]]:
    reshapes: list[tuple[Shape, list[int]]] = [
        ((12,), [3, 4]),
        ((3, 4), [-1]),
        ((2, 3, 4), [-1, 4]),
        ((2, 3, 4, 5), [2, -1]),
        ((24,), [2, 3, 1, 4]),
    ]
    squeezes: list[tuple[Shape, list[int]]] = [
        ((1, 4), [0]),
        ((4, 1), [-1]),
        ((2, 1, 3, 1), [1, 3]),
        ((2, 1, 3, 1), [-3]),
        ((1, 2, 1, 3), []),
    ]
    expanded = [
        (shape, axis) for shape in RANKS[:3] for axis in range(-len(shape) - 1, len(shape) + 1)
    ]
    return {
        "Reshape": [
            Case((Data(shape, kind), to))
            for shape, to in reshapes
            for kind in ("signed", "int32", "bool")
        ],
        "Squeeze": [Case((Data(shape),), {"squeeze_dims": dims}) for shape, dims in squeezes],
        "ExpandDims": [Case((Data(shape), axis)) for shape, axis in expanded],
        "Pack": [
            Case(([Data(shape), Data(shape), Data(shape)],), {"axis": axis})
            for shape, axis in expanded
        ],
        "Unpack": [
            Case((Data(shape),), {"num": shape[axis], "axis": axis})
            for shape, axis in _each_axis([*RANKS, *ONES])
        ],
        "Tile": [
            Case((data, [2 if at in axes else 1 for at in range(len(data.shape))]))
            for data in [*map(Data, [*RANKS, *ONES]), Data((2, 3), "int32"), Data((2, 3), "bool")]
            for axes in _subsets(len(data.shape))
        ],
    }


def _paddings(maximum: int) -> Iterator[tuple[Shape, list[list[int]]]]:
    """Yield paddings of one axis before, after and on both sides, and of all axes."""
    for shape in [(5,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (2, 3, 1, 4)]:
        for axis, size in enumerate(shape):
            width = min(maximum, size - 1)
            for ends in ([width, 0], [0, width], [width, width]):
                yield shape, [ends if at == axis else [0, 0] for at in range(len(shape))]
        yield shape, [[min(maximum, size - 1), min(1, size - 1)] for size in shape]


def _products() -> dict[str, list[Case]]:
    def factors(a: Shape, b: Shape, transpose_a: bool, transpose_b: bool) -> tuple[Data, Data]:
        return (
            Data((*a[:-2], a[-1], a[-2]) if transpose_a else a),
            Data((*b[:-2], b[-1], b[-2]) if transpose_b else b),
        )

    transposes = list(itertools.product((False, True), repeat=2))
    plain: list[tuple[Shape, Shape]] = [
        ((2, 3), (3, 4)),
        ((1, 5), (5, 7)),
        ((4, 1), (1, 3)),
        ((3, 6), (6, 1)),
        ((9, 20), (20, 33)),
    ]
    batched: list[tuple[Shape, Shape]] = [
        ((2, 2, 3), (2, 3, 4)),
        ((1, 2, 3), (4, 3, 2)),
        ((2, 1, 3), (2, 3, 1)),
        ((2, 3, 4, 5), (2, 3, 5, 2)),
        ((1, 1, 4, 5), (2, 3, 5, 2)),
        ((3, 2, 4, 5), (1, 2, 5, 6)),
        ((3, 2, 4, 5), (2, 5, 6)),
        ((2, 5, 4), (3, 2, 4, 6)),
    ]
    return {
        "MatMul": [
            Case(
                factors(a, b, *transpose),
                {"transpose_a": transpose[0], "transpose_b": transpose[1]},
            )
            for a, b in plain
            for transpose in transposes
        ],
        "BatchMatMulV2": [
            Case(factors(a, b, *transpose), {"adj_x": transpose[0], "adj_y": transpose[1]})
            for a, b in [*plain[:2], *batched]
            for transpose in transposes
        ],
        "_FusedMatMul": [
            Case((Data(a), Data(b), _vectors(b[-1], fused)), {"fused_ops": fused, **_slope(fused)})
            for a, b in plain
            for fused in FUSED
        ],
    }


FUSED: list[list[bytes]] = [
    [b"BiasAdd"],
    *([b"BiasAdd", act] for act in (b"Relu", b"Relu6", b"Elu", b"LeakyRelu", b"Sigmoid", b"Prelu")),
]
"""Ops that are fused with a product."""

Convolution = tuple[Shape, Shape, dict[str, Any]]


def _with_fused(
    convolutions: list[Convolution], choices: list[list[bytes]]
) -> Iterator[tuple[Shape, Shape, dict[str, Any], list[bytes]]]:
    """Yield each convolution once, and the first with each of the choices of fused ops."""
    for x, kernel, window in convolutions:
        if window["padding"] != "EXPLICIT":
            yield x, kernel, window, choices[1]
    yield from ((*convolutions[0], fused) for fused in choices)


def _vectors(width: int, fused: Sequence[bytes]) -> tuple[list[float], ...]:
    """Return the constants of the fused ops: a bias, and a slope for Prelu."""
    bias, slope = (
        [0.1 * (i % 7) - 0.3 for i in range(width)],
        [0.05 * (i % 5) for i in range(width)],
    )
    if fused[0] != b"BiasAdd":
        return ()
    return (bias, slope) if b"Prelu" in fused else (bias,)


def _slope(fused: Sequence[bytes]) -> dict[str, float]:
    return {"leakyrelu_alpha": 0.3} if b"LeakyRelu" in fused else {}


def _windows() -> Iterator[dict[str, Any]]:
    """Yield strides and paddings, as TensorFlow spells them."""
    for stride, padding in itertools.product((1, 2), ("SAME", "VALID")):
        yield {"strides": [1, stride, stride, 1], "padding": padding}


def _convolutions() -> dict[str, list[Case]]:
    kernels: list[tuple[Shape, Shape]] = [
        ((2, 6, 5, 3), (3, 3, 3, 4)),
        ((1, 6, 6, 4), (1, 1, 4, 8)),
        ((2, 5, 7, 1), (2, 4, 1, 1)),
        ((1, 4, 4, 2), (4, 4, 2, 3)),
    ]
    windows = list(_windows())
    explicit: dict[str, Any] = {
        "strides": [1, 1, 1, 1],
        "padding": "EXPLICIT",
        "explicit_paddings": [0, 0, 1, 2, 0, 1, 0, 0],
    }
    dilated: list[dict[str, Any]] = [
        {"strides": [1, 1, 1, 1], "padding": padding, "dilations": [1, 2, 2, 1]}
        for padding in ("SAME", "VALID")
    ]
    plain: list[Convolution] = [(x, k, window) for x, k in kernels for window in windows] + [
        (*kernels[0], window) for window in [explicit, *dilated]
    ]
    deep: list[tuple[Shape, Shape]] = [
        ((2, 6, 5, 3), (3, 3, 3, 1)),
        ((1, 6, 6, 2), (2, 3, 2, 3)),
        ((2, 5, 7, 1), (1, 1, 1, 2)),
        ((1, 6, 6, 4), (5, 5, 4, 1)),
    ]
    depthwise: list[Convolution] = [(x, k, window) for x, k in deep for window in windows] + [
        (*deep[0], window) for window in dilated
    ]
    return {
        "Conv2D": [Case((Data(x), Data(k)), window) for x, k, window in plain],
        "DepthwiseConv2dNative": [Case((Data(x), Data(k)), window) for x, k, window in depthwise],
        "_FusedConv2D": [
            Case(
                (Data(x), Data(k), _vectors(k[-1], fused)),
                {**window, "fused_ops": fused, **_slope(fused)},
            )
            for x, k, window, fused in _with_fused(plain, FUSED)
        ],
        "FusedDepthwiseConv2dNative": [
            Case((Data(x), Data(k), _vectors(k[2] * k[3], fused)), {**window, "fused_ops": fused})
            for x, k, window, fused in _with_fused(depthwise, [*FUSED[:4], [b"NoOp", b"Relu"]])
        ],
    }


def _pictures() -> dict[str, list[Case]]:
    pools = [
        Case((Data(shape),), {"ksize": [1, *size, 1], **window})
        for shape, size in [
            ((2, 6, 5, 3), (2, 2)),
            ((1, 7, 7, 4), (3, 2)),
            ((2, 4, 4, 1), (4, 4)),
            ((1, 5, 5, 2), (1, 1)),
        ]
        for window in _windows()
    ]
    resized = [
        ((1, 4, 4, 2), [8, 8]),
        ((2, 3, 5, 1), [7, 9]),
        ((1, 6, 6, 3), [3, 2]),
        ((1, 1, 1, 4), [3, 3]),
        ((1, 4, 4, 2), [4, 4]),
    ]
    corners = [
        {"align_corners": False, "half_pixel_centers": True},
        {"align_corners": True, "half_pixel_centers": False},
        {},
    ]
    resizes = [Case((Data(shape), size), how) for shape, size in resized for how in corners]
    return {
        "AvgPool": pools,
        "MaxPool": pools,
        "ResizeBilinear": resizes,
        "ResizeNearestNeighbor": resizes,
        "DepthToSpace": [
            Case((Data(shape),), {"block_size": block})
            for shape, block in [
                ((1, 2, 2, 8), 2),
                ((2, 3, 1, 4), 2),
                ((2, 1, 3, 18), 3),
                ((1, 4, 4, 12), 2),
            ]
        ],
    }


def _casts() -> Iterator[Case]:
    kinds: tuple[Values, ...] = ("signed", "halves", "int32", "bool")
    for kind, to in itertools.product(kinds, ("float32", "int32", "bool")):
        yield from (Case((Data(shape, kind),), {"DstT": to}) for shape in (RANKS[0], RANKS[3]))


def _selects() -> list[Case]:
    return [
        Case((Data(shape, "bool"), Data(shape, kind), Data(shape, kind)))
        for shape in [*RANKS, *ONES]
        for kind in ("signed", "int32")
    ]


def _all() -> dict[str, list[Case]]:
    padded = list(_paddings(2))
    by: dict[str, Iterable[Case]] = {
        "Identity": _unary("signed", "int32", "bool"),
        **dict.fromkeys(["Abs", "Neg"], _unary("signed", "int32")),
        **dict.fromkeys(
            ["Sigmoid", "Tanh", "Elu", "Softplus", "Exp", "Expm1", "Erf", "Sin", "Cos", "Square"],
            _unary("signed"),
        ),
        **dict.fromkeys(["Atan", "Sinh", "Cosh", "Asinh"], _unary("signed")),
        "IsNan": _unary("signed", "nan"),
        "ClipByValue": _clip(),
        **dict.fromkeys(
            ["Relu", "Relu6", "Floor", "Ceil", "Round", "Sign"], _unary("signed", "halves")
        ),
        **dict.fromkeys(["Log", "Log1p", "Sqrt", "Rsqrt", "Reciprocal"], _unary("positive")),
        "LeakyRelu": [
            Case(case.inputs, {"alpha": alpha})
            for case in _unary("signed")
            for alpha in (0.2, 0.01)
        ],
        "Prelu": [
            Case((Data(shape), Data(alpha)))
            for shape in [*RANKS, *ONES]
            for alpha in (shape, shape[-1:])
        ],
        **dict.fromkeys(["Softmax", "LogSoftmax"], _unary("signed")[1:]),
        **dict.fromkeys(["AddV2", "Add", "Sub", "Mul"], _binary("signed", "int32")),
        **dict.fromkeys(["Maximum", "Minimum"], _binary("signed", "halves", "int32")),
        **dict.fromkeys(["SquaredDifference", "Atan2"], _binary("signed")),
        "RealDiv": _binary("signed", second="positive"),
        "Pow": _binary("positive", second="signed"),
        **dict.fromkeys(
            ["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"],
            _binary("halves", "int32"),
        ),
        **dict.fromkeys(["LogicalAnd", "LogicalOr"], _binary("bool")),
        "LogicalNot": _unary("bool"),
        "Select": _selects(),
        "SelectV2": [
            *_selects(),
            *(Case((Data(a, "bool"), Data(b), Data(a))) for a, b in BROADCAST),
            *(Case((Data(b, "bool"), Data(a), 0.5)) for a, b in BROADCAST),
        ],
        **{op: _reduction() for op in ("Sum", "Mean", "Max", "Min")},
        "Cumsum": _cumsum(),
        "Prod": _reduction("positive", (2, 4, 8, 4)),
        **{op: _argmax() for op in ("ArgMax", "ArgMin")},
        "TopKV2": _top_k(),
        "Transpose": _transpose(),
        "ReverseV2": _reverse(),
        "BroadcastTo": _broadcast_to(),
        "Conv3D": _convolutions_3d(),
        "GatherV2": _gather(),
        "ConcatV2": _concat(),
        "Split": _split(),
        "SplitV": _split_v(),
        "StridedSlice": _strided_slice(),
        "Slice": _slice(),
        **_shapes(),
        "Cast": _casts(),
        "Pad": [Case((Data(shape), pads)) for shape, pads in padded],
        "PadV2": [Case((Data(shape), pads, -1.5)) for shape, pads in padded],
        "MirrorPad": [
            Case((Data(shape), pads), {"mode": mode})
            for (shape, pads), mode in zip(padded, itertools.cycle(("REFLECT", "SYMMETRIC")))
        ],
        "BiasAdd": [Case((Data(shape), Data(shape[-1:]))) for shape in [*RANKS[1:], *ONES]],
        **_products(),
        **_convolutions(),
        **_pictures(),
    }
    return {op: list(cases) for op, cases in by.items()}


CASES = _all()
"""Cases by op, under TensorFlow's names."""

POOL = 2048
"""Size of each pool of numbers that `Data` is sliced from."""

assert all(
    np.prod(part.shape) <= POOL
    for cases in CASES.values()
    for case in cases
    for part in case.inputs
    if isinstance(part, Data)
)
