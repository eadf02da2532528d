"""Remedies for ops that do not convert."""

from __future__ import annotations

from zlide.graph.lowering.registry import strangers_lowerings

_IN_FILE = "export the file without it; docs/exporting.md says what a file may hold"

_IN_MODULE = (
    "write that part with other layers, or register a lowering: zlide.register_lowering, "
    "docs/adding-a-layer.md"
)

_RANDOM = """RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
Bernoulli""".split()

_QUANTIZED = """QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul
ConvInteger MatMulInteger""".split()

NEVER_IN_FILES = frozenset([*_RANDOM, *_QUANTIZED])
"""Ops that are refused before a file is run."""

_BY_OP = {
    **dict.fromkeys(
        "DFT STFT Hann".split(),
        "use convolutions, or compute the frequencies once, outside of the decoder",
    ),
    **dict.fromkeys(
        "If Loop Scan SequenceAt SequenceConstruct SequenceInsert SplitToSequence".split(),
        "write it without control flow that depends on the data",
    ),
    **dict.fromkeys(
        "NonZero Unique NonMaxSuppression Compress".split(),
        "keep shapes that do not depend on the data: torch.where(mask, x, y) instead of x[mask]",
    ),
    **dict.fromkeys(
        _RANDOM,
        "leave chance out of the decoder, or draw the numbers once and keep them as a buffer",
    ),
    **dict.fromkeys(_QUANTIZED, "give the model in float32; zlide quantizes the weights itself"),
}


_COMPLEX = frozenset(
    "complex polar view_as_complex view_as_real real imag angle conj resolve_conj".split()
)
"""Functions of complex numbers."""


def remedy_for_difference(module: str = "the module") -> str:
    """Return what to do if a converted module computes something else than the original."""
    if names := strangers_lowerings():
        return f"check your lowering of {', '.join(names)}: it has to compute the same"
    return f"please report this with {module}"


def remedy_for_function(name: str) -> str:
    """Return a way that works instead of a function of PyTorch that its exporter does not have."""
    if name.startswith("fft_") or name in {"stft", "istft"}:
        return _BY_OP["DFT"]
    if name.startswith("linalg_"):
        return f"let it depend on weights alone, which is computed once, or {_IN_MODULE}"
    if name in _COMPLEX:
        return "write complex numbers as two real ones, in two channels"
    return _IN_MODULE


def remedy_in_module(op: str) -> str:
    """Return a way that works instead of an ONNX op of a PyTorch module."""
    return _BY_OP.get(op, _IN_MODULE)


def remedy_in_file(op: str) -> str:
    """Return a way that works instead of an op of an ONNX file."""
    return _BY_OP.get(op, _IN_FILE)
