"""Check by calls whether a module keeps the contract of `TextDecoder` or `TextEncoder`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from zlide.contract import (
    ALL,
    AVOID_NAN,
    FIRST,
    MAX_DIFFERENCE,
    ROWS,
    SEE_CONTRACT,
    ForbidTensorReads,
    RowsError,
    call,
    check_calls,
    check_rows,
    describe_value,
)
from zlide.decoders import TextDecoder, TextEncoder
from zlide.errors import ZlideError
from zlide.graph import error_site
from zlide.parity import relative_difference
from zlide.vocabulary import Vocabulary

State = tuple[Tensor, ...]

STATE_DTYPES = frozenset({torch.float32, torch.float64, torch.int64})
"""dtypes of a state. In the graph float64 becomes float32, and int64 becomes int32."""


@torch.no_grad()
def check_text_decoder(decoder: TextDecoder, z: Tensor, vocabulary: Vocabulary) -> State:
    """Call start at z (B, Z), B ≥ 3, and step, and return the first state.

    Raises ZlideError if a result has another shape or dtype than the contract says, or depends on
    anything but its own row of the arguments.
    """

    def start(rows: slice) -> State:
        z_rows = z[rows]
        with ForbidTensorReads("decoder.start", [z_rows], decoder):
            state = call("decoder.start", decoder.start, z_rows)
        return _check_state(state, "decoder.start", len(z_rows))

    def logits(state: State, _: slice) -> Tensor:
        return _first_logits(decoder, state, vocabulary)

    with check_calls(decoder, "decoder"):
        state = _check_dependence(start, logits, "decoder.step", "logits")
        _check_length(decoder, state, vocabulary)
    return state


@torch.no_grad()
def check_text_encoder(
    encoder: TextEncoder, latent_size: int, vocabulary: Vocabulary, batch: int = ROWS
) -> State:
    """Read two words with B = `batch` ≥ 3, finish, and return the first state.

    Raises ZlideError as `check_text_decoder` does.
    """
    special = {vocabulary.begin, vocabulary.end}
    words = [i for i in range(len(vocabulary.words)) if i not in special] or [vocabulary.end]
    token = torch.tensor([words[i % len(words)] for i in range(batch)])

    def start(rows: slice) -> State:
        count = len(token[rows])
        return _check_state(call("encoder.start", encoder.start, count), "encoder.start", count)

    def mean(state: State, rows: slice) -> Tensor:
        for _ in range(2):
            state = _read(encoder, token[rows], state)
        return _finish(encoder, state, latent_size)

    with check_calls(encoder, "encoder"):
        return _check_dependence(start, mean, "encoder", "posterior means")


def _first_logits(decoder: TextDecoder, state: State, vocabulary: Vocabulary) -> Tensor:
    """Return the logits (B, V) of the first token."""
    rows = len(state[0])
    token = torch.full((rows,), vocabulary.begin)
    with ForbidTensorReads("decoder.step", [token, *state], decoder):
        result = call("decoder.step", decoder.step, token, state)
    if not (isinstance(result, tuple) and len(result) == 2):
        problem = f"expected (logits, state), found {describe_value(result)}"
        raise ZlideError("decoder.step", problem, SEE_CONTRACT)
    logits, after = result
    shape = (rows, len(vocabulary.words))
    if not (isinstance(logits, Tensor) and logits.is_floating_point() and logits.shape == shape):
        problem = (
            f"expected logits {shape}, one for each word of the vocabulary, "
            f"found {describe_value(logits)}"
        )
        remedy = "give the vocabulary that the decoder was trained with"
        raise ZlideError("decoder.step", problem, remedy)
    _check_alike(state, _check_state(after, "decoder.step", rows), "decoder.step")
    return logits


def _check_length(decoder: TextDecoder, state: State, vocabulary: Vocabulary) -> None:
    """Raise ZlideError unless the decoder makes as many words as the vocabulary allows.

    A sentence may have them all: the end token does not stop this one.
    """
    token, state = torch.full((len(state[0]),), vocabulary.begin), _copy(state)
    for word in range(vocabulary.max_length):
        try:
            logits, state = decoder.step(token, state)
        except Exception as error:  # a user's module may raise anything
            site = error_site(error, decoder, "decoder.step")
            at = f" at {site.line}" if site.line else ""
            problem = (
                f"expected sentences of up to {vocabulary.max_length} words, the max_length of the "
                f"vocabulary, found that word {word + 1} fails{at}: {type(error).__name__}: {error}"
            )
            remedy = f"give zlide.Vocabulary(…, max_length={max(word, 1)}), or more positions"
            raise ZlideError("decoder.step", problem, remedy) from error
        token = logits.argmax(1)


def _read(encoder: TextEncoder, token: Tensor, state: State) -> State:
    with ForbidTensorReads("encoder.read", [token, *state], encoder):
        after = call("encoder.read", encoder.read, token, token, state)
    checked = _check_state(after, "encoder.read", len(token))
    _check_alike(state, checked, "encoder.read")
    return checked


def _finish(encoder: TextEncoder, state: State, latent_size: int) -> Tensor:
    with ForbidTensorReads("encoder.finish", state, encoder):
        mean = call("encoder.finish", encoder.finish, state)
    shape = (len(state[0]), latent_size)
    if not (isinstance(mean, Tensor) and mean.is_floating_point() and mean.shape == shape):
        problem = f"expected posterior means {shape}, found {describe_value(mean)}"
        raise ZlideError("encoder.finish", problem, SEE_CONTRACT)
    return mean


def _check_dependence(
    start: Callable[[slice], State],
    run: Callable[[State, slice], Tensor],
    where: str,
    what: str,
) -> State:
    """Check that each row of `run(state)` depends only on its row of the state.

    start, run: take the rows of the batch that they are called with.
    Returns the state of all rows. Raises ZlideError if it depends on anything else.
    """
    state = start(ALL)
    together = run(_copy(state), ALL)
    if torch.isnan(together).any():
        raise ZlideError(where, f"expected numbers, found NaN in its {what}", AVOID_NAN)
    run(start(FIRST), FIRST)  # leaves nothing behind that changes later calls
    argument = _copy(state)
    if problem := _repetition_problem(run, argument, together, what):
        remedy = "keep everything in the state, nothing on self, and disable dropout and sampling"
        raise RowsError(where, problem, remedy)
    if not all(torch.equal(now, before) for now, before in zip(argument, state, strict=True)):
        raise ZlideError(
            where,
            "expected a state that is only read, found that it is written in place",
            "make a new tensor, h = h + x, or write to a copy, h.clone()",
        )
    check_rows(together, lambda rows: run(start(rows), rows), where, what)
    return state


def _repetition_problem(
    run: Callable[[State, slice], Tensor], state: State, expected: Tensor, what: str
) -> str | None:
    """Return what is wrong if `run(state)` is not `expected` after another call of start."""
    try:
        difference = relative_difference(expected, run(state, ALL))
    except ZlideError as error:
        return f"cannot continue from a state after another call of start ({error.problem})"
    if difference <= MAX_DIFFERENCE:
        return None
    return f"{what} of the same state change between calls (relative difference {difference:.2g})"


def _copy(state: State) -> State:
    return tuple(tensor.clone() for tensor in state)


def _check_state(value: object, where: str, batch: int) -> State:
    tensors = tuple(value) if isinstance(value, tuple | list) else ()
    if not tensors or not all(
        isinstance(tensor, Tensor) and tensor.dim() > 0 and len(tensor) == batch
        for tensor in tensors
    ):
        expected = f"a tuple of tensors ({batch}, …), the batch first"
        raise ZlideError(where, f"expected {expected}, found {describe_value(value)}", SEE_CONTRACT)
    if any(tensor.dtype not in STATE_DTYPES for tensor in tensors):
        problem = f"expected a state of float32 or int64, found {describe_value(tensors)}"
        raise ZlideError(where, problem, "convert it with .float(), booleans to 1 and 0")
    if any(tensor.numel() == 0 for tensor in tensors):
        problem = f"expected a state without empty tensors, found {describe_value(tensors)}"
        raise ZlideError(where, problem, "leave the empty ones out")
    return tensors


def _check_alike(before: State, after: State, where: str) -> None:
    if [(t.shape, t.dtype) for t in before] != [(t.shape, t.dtype) for t in after]:
        problem = (
            "expected the next state with the shapes and dtypes of the last, "
            f"{describe_value(before)}, found {describe_value(after)}"
        )
        raise ZlideError(where, problem, SEE_CONTRACT)
