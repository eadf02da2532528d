"""Checks that the contracts of all kinds share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from zlide.contract.author_modules import require_module
from zlide.contract.counting import cause_of_counting, numbers_of
from zlide.contract.guards import ForbidTensorReads
from zlide.contract.mixed_rows import cause_of_mixed_rows
from zlide.contract.mixing_call import mixing_call
from zlide.contract.weight_reads import WeightReads
from zlide.errors import ZlideError
from zlide.graph import RecordCalls, error_site
from zlide.parity import relative_difference

ALL, FIRST, LAST, ALONE = slice(None), slice(2), slice(-2, None), slice(1)
"""Rows of a batch."""

MAX_DIFFERENCE = 1e-4
"""Largest relative difference by batch size: sums are then added in another order."""

ROWS = 5
"""Batch size at which modules are tried: a prime number, so that no other size equals it."""

SEE_CONTRACT = "see the contract in zlide/decoders/contracts.py"

AVOID_NAN = "look for a logarithm, a root or a division that may meet 0 or less"

AVOID_INFINITY = "look for an exponential or a division whose result may exceed float32"

_HALF_DTYPES = frozenset({torch.float16, torch.bfloat16})
"""dtypes in which no browser computes, whatever the precision of the weights."""


def sample_latents(latent_size: int) -> Tensor:
    """Return z (ROWS, latent_size) from N(0, 1), always the same."""
    return torch.randn(ROWS, latent_size, generator=torch.Generator().manual_seed(0))


class RowsError(ZlideError):
    """Results that depend on other rows of the batch, or that change between calls."""


@contextmanager
def check_calls(module: object, where: str) -> Iterator[None]:
    """Check the weights that calls in the block read, and explain errors by what they call.

    Weights of parts that are never called, such as an encoder beside a decoder, may be anything.
    Raises ZlideError if `module` is not an nn.Module, and for weights that are not finite or of
    half precision. It comes in place of a ZlideError in the block, whose cause they most likely
    are. A RowsError becomes one about chance or about statistics of the batch if a layer has them.
    """
    checked = require_module(module, where)
    read, record, before = WeightReads(checked), RecordCalls(checked, where), numbers_of(checked)
    try:
        with read, record:
            yield
    except ZlideError as error:
        _refuse_weights(read.found(), where)
        if isinstance(error, RowsError):
            cause = cause_of_mixed_rows(record.calls) or cause_of_counting(checked, before, error)
            if cause is not None:
                raise cause from error
        raise
    _refuse_weights(read.found(), where)


def _refuse_weights(weights: Mapping[str, Tensor], where: str) -> None:
    if halves := {str(each.dtype) for each in weights.values() if each.dtype in _HALF_DTYPES}:
        found = " and ".join(sorted(halves)).replace("torch.", "")
        problem = f"expected weights of float32, found {found}"
        raise ZlideError(where, problem, f"call {where}.float() first")
    # A buffer may hold infinity: masks do.
    bad = [
        name
        for name, each in weights.items()
        if (torch.isnan(each).any() or (isinstance(each, nn.Parameter) and torch.isinf(each).any()))
    ]
    if bad:
        problem = f"expected finite weights, found NaN or infinity in {', '.join(bad)}"
        raise ZlideError(where, problem, "train again with a lower learning rate")


def call(where: str, method: Callable[..., object], *arguments: object) -> object:
    """Call `method`. Raises ZlideError with the exception that it raises."""
    try:
        return method(*arguments)
    except ZlideError:
        raise
    except Exception as error:  # a user's module may raise anything
        first = tree_leaves(arguments)[0]  # the batch size, or a tensor with that many rows
        batch = first if isinstance(first, int) else len(first)
        site, remedy = error_site(error, getattr(method, "__self__", method), where), SEE_CONTRACT
        at = f", at {site.line}" if site.line else ""
        if _has_float64_weights(method):
            remedy = f"its weights are float64: call {where.partition('.')[0]}.float() first"
        problem = f"fails on a batch of {batch}: {type(error).__name__}: {error}{at}"
        raise ZlideError(where, problem, remedy) from error


def call_with(module: Callable[[Tensor], Tensor], x: Tensor, where: str, what: str) -> Tensor:
    """Return what a module gives for x (B, …), which `what` names.

    Raises ZlideError for anything but a tensor of finite floats that is not empty, and if Python
    reads values.
    """
    if not callable(module):
        problem = f"expected a module that takes {what}, found a {type(module).__name__}"
        raise ZlideError(where, problem, SEE_CONTRACT)
    with ForbidTensorReads(where, [x], module):
        result = call(where, module, x)
    if not isinstance(result, Tensor) or not result.is_floating_point():
        problem = f"expected numbers for {what} {describe_value(x)}, found {describe_value(result)}"
        raise ZlideError(where, problem, SEE_CONTRACT)
    if result.dtype in _HALF_DTYPES:
        problem = f"expected numbers of float32, found {describe_value(result)}"
        raise ZlideError(where, problem, "end it with .float()")
    if not result.numel():
        problem = f"expected a number for each row at least, found {describe_value(result)}"
        raise ZlideError(where, problem, "return the values of a sample for each row")
    check_finite(result, where, f"for {what} {describe_value(x)}")
    return result


def check_finite(values: Tensor, where: str, at: str) -> None:
    """Raise ZlideError if values are NaN or infinite; `at` says for what they were computed."""
    if torch.isfinite(values).all():
        return
    for found, is_bad, remedy in (
        ("NaN", torch.isnan, AVOID_NAN),
        ("infinity", torch.isinf, AVOID_INFINITY),
    ):
        if is_bad(values).any():
            raise ZlideError(where, f"expected numbers, found {found} {at}", remedy)


def _has_float64_weights(method: Callable[..., object]) -> bool:
    """Return whether `method`, a module or a method of one, has weights of float64.

    Only a failing call asks: a module that converts z to float64 and its result back is welcome.
    """
    module = getattr(method, "__self__", method)
    return isinstance(module, nn.Module) and any(
        p.dtype == torch.float64 for p in module.parameters()
    )


def check_rows(
    together: Tensor,
    run: Callable[[slice], Tensor],
    where: str,
    what: str,
    measure: Callable[[Tensor, Tensor], float] = relative_difference,
) -> None:
    """Raise ZlideError if rows of a batch differ from smaller batches of the same rows.

    The first two rows show a dependence on later rows, and the last two one on earlier rows. A row
    alone shows a dependence on the size of the batch: the page decodes one position at a time.
    together: (B, …), B ≥ 3; run: rows of the batch → (rows, …); what: the name of these values.
    measure: the relative difference of two tensors; by default masks are equal.
    """
    differences = (measure(together[rows], run(rows)) for rows in (FIRST, LAST, ALONE))
    if difference := next((each for each in differences if not each <= MAX_DIFFERENCE), 0):
        problem = (
            f"{what} of one row depend on the other rows of the batch "
            f"(relative difference {difference:.2g})"
        )
        remedy = "keep the batch first, do not mix rows, and disable dropout and sampling"
        raise RowsError(where, problem, remedy)


@contextmanager
def locate_mixed_rows(module: Callable[[Tensor], object], x: Tensor, where: str) -> Iterator[None]:
    """Name the layer and the line in a RowsError of the block, if a call of `module` mixes rows.

    x: (B, …), B ≥ 3, that the module was called with.
    """
    try:
        yield
    except RowsError as error:
        site = mixing_call(module, x, where, MAX_DIFFERENCE)
        raise RowsError(site or error.where, error.problem, error.remedy) from error


def describe_value(value: object) -> str:
    """Return the shape of a tensor, with its dtype if it is not float32, or the type of a value."""
    if isinstance(value, Tensor):
        dtype = "" if value.dtype == torch.float32 else f" {value.dtype}".replace("torch.", "")
        return f"{tuple(value.shape)}{dtype}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(describe_value(item) for item in value)})"
    return type(value).__name__
