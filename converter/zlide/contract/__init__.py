"""The contract of an author's module: check it by calls, and copy the module as it is shipped."""

from __future__ import annotations

from zlide.contract.checks import (
    ALL,
    AVOID_NAN,
    FIRST,
    MAX_DIFFERENCE,
    ROWS,
    SEE_CONTRACT,
    RowsError,
    call,
    call_with,
    check_calls,
    check_finite,
    check_rows,
    describe_value,
    locate_mixed_rows,
    sample_latents,
)
from zlide.contract.freeze import copy_untouched, freeze
from zlide.contract.guards import ForbidTensorReads, ForbidWeightChanges
from zlide.contract.latent_size import explain_latent_size

__all__ = [
    "ALL",
    "AVOID_NAN",
    "FIRST",
    "MAX_DIFFERENCE",
    "ROWS",
    "SEE_CONTRACT",
    "ForbidTensorReads",
    "ForbidWeightChanges",
    "RowsError",
    "call",
    "call_with",
    "check_calls",
    "check_finite",
    "check_rows",
    "copy_untouched",
    "describe_value",
    "explain_latent_size",
    "freeze",
    "locate_mixed_rows",
    "sample_latents",
]
