"""Remedies for ops that do not convert."""

from __future__ import annotations

_REMEDY = (
    "write that part with other layers, or register a lowering: zlide.register_lowering, "
    "docs/adding-a-layer.md"
)

_BY_OP = {
    **dict.fromkeys(
        "DFT STFT Hann".split(), "compute the frequencies before export, or use convolutions"
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
        """RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
        Bernoulli""".split(),
        "leave chance out of the decoder, or draw the numbers once and keep them as a buffer",
    ),
}


def unsupported_remedy(op: str) -> str:
    """Return a way that works instead of an ONNX op."""
    return _BY_OP.get(op, _REMEDY)
