"""Keep PyTorch's ONNX exporter from printing."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator

import torch

_LOG = "_jit_onnx_log"


@contextlib.contextmanager
def silent_exporter() -> Iterator[None]:
    """Suppress the warnings of tracing, and the graph that PyTorch prints on errors.

    Parity finds what the warnings are about.
    """
    log = getattr(torch._C, _LOG)  # noqa: SLF001 (the exporter's log has no public switch)
    setattr(torch._C, _LOG, lambda *_: None)  # noqa: SLF001
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        setattr(torch._C, _LOG, log)  # noqa: SLF001
