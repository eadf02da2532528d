"""Whether a module keeps its contract, found out by calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from zlide.decoders import ImageDecoder, ImageEncoder, TextDecoder, TextEncoder
from zlide.errors import ZlideError
from zlide.exporter.tensor_reads import ForbidTensorReads
from zlide.parity import relative_difference
from zlide.vocabulary import Vocabulary

State = tuple[Tensor, ...]

ALONE = 1e-4
"""By so much, relative to the largest, logits may change with the size of the batch: sums are then added in another order."""

KINDS = frozenset({torch.float32, torch.float64, torch.int64})
"""What a state may hold. float64 travels as float32, int64 as int32."""

HALVES = frozenset({torch.float16, torch.bfloat16})
"""In which no browser computes, however weights travel."""

ROWS = 5
"""Rows in the batch with which modules are tried: a prime number, so that nothing else has this size by chance."""

CONTRACT = "see the contract in zlide/decoders.py"


@torch.no_grad()
def check_decoder(decoder: TextDecoder, z: Tensor, vocabulary: Vocabulary) -> State:
    """Call start at z (B, Z), B ≥ 3, and step; returns the first state. Raises ZlideError that says what is expected and what came."""
    _check_weights(decoder, "decoder")

    def start(rows: int) -> State:
        some = z[:rows]
        with ForbidTensorReads("decoder.start", [some]):
            return _state(_call("decoder.start", decoder.start, some), "decoder.start", rows)

    def logits(state: State) -> Tensor:
        return _first_logits(decoder, state, vocabulary)

    return _check_rows(start, logits, len(z), "decoder.step", "logits")


def _first_logits(decoder: TextDecoder, state: State, vocabulary: Vocabulary) -> Tensor:
    """The logits of the first word."""
    rows = len(state[0])
    token = torch.full((rows,), vocabulary.begin)
    with ForbidTensorReads("decoder.step", [token, *state]):
        result = _call("decoder.step", decoder.step, token, state)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ZlideError(
            "decoder.step", f"expected (logits, state), found {_describe(result)}", CONTRACT
        )
    logits, after = result
    expected = (rows, len(vocabulary.words))
    if not (isinstance(logits, Tensor) and logits.is_floating_point() and logits.shape == expected):
        problem = f"expected logits {expected}, one for each word of the vocabulary, found {_describe(logits)}"
        raise ZlideError(
            "decoder.step", problem, "give the vocabulary that the decoder was trained with"
        )
    _same(state, _state(after, "decoder.step", rows), "decoder.step")
    return logits


@torch.no_grad()
def check_encoder(
    encoder: TextEncoder, latent: int, vocabulary: Vocabulary, batch: int = ROWS
) -> State:
    """Read two words and finish, B = `batch` ≥ 3; returns the first state. Raises ZlideError as `check_decoder` does."""
    _check_weights(encoder, "encoder")
    words = [
        i for i in range(len(vocabulary.words)) if i not in {vocabulary.begin, vocabulary.end}
    ] or [vocabulary.end]
    token = torch.tensor([words[i % len(words)] for i in range(batch)])

    def start(rows: int) -> State:
        return _state(_call("encoder.start", encoder.start, rows), "encoder.start", rows)

    def mean(state: State) -> Tensor:
        for _ in range(2):
            state = _read(encoder, token[: len(state[0])], state)
        with ForbidTensorReads("encoder.finish", state):
            made = _call("encoder.finish", encoder.finish, state)
        if not (
            isinstance(made, Tensor)
            and made.is_floating_point()
            and made.shape == (len(state[0]), latent)
        ):
            raise ZlideError(
                "encoder.finish",
                f"expected posterior means ({len(state[0])}, {latent}), found {_describe(made)}",
                CONTRACT,
            )
        return made

    return _check_rows(start, mean, batch, "encoder", "posterior means")


def _read(encoder: TextEncoder, token: Tensor, state: State) -> State:
    with ForbidTensorReads("encoder.read", [token, *state]):
        after = _state(
            _call("encoder.read", encoder.read, token, token, state), "encoder.read", len(token)
        )
    _same(state, after, "encoder.read")
    return after


@torch.no_grad()
def check_image_decoder(decoder: ImageDecoder, z: Tensor) -> Tensor:
    """Call it at z (B, Z), B ≥ 3; returns the pixels (B, H, W, C). Raises ZlideError as `check_decoder` does."""
    _check_weights(decoder, "decoder")
    pixels = _picture(decoder, z, "decoder", "z")
    if pixels.dim() != 4 or len(pixels) != len(z) or pixels.shape[3] not in {1, 3}:
        problem = f"expected pixels ({len(z)}, H, W, C), C 1 or 3, found {_describe(pixels)}"
        raise ZlideError(
            "decoder",
            problem,
            "put the channels last: pixels.permute(0, 2, 3, 1); a decoder of sentences needs vocabulary=",
        )
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        problem = f"expected pixels from 0 to 1, found {pixels.min():.3g} to {pixels.max():.3g}"
        raise ZlideError(
            "decoder", problem, "end it with a sigmoid, or scale and clamp what it gives"
        )
    _check_alone(pixels, _picture(decoder, z[:2], "decoder", "z"), "decoder", "pixels")
    return pixels


@torch.no_grad()
def check_image_encoder(encoder: ImageEncoder, pixels: Tensor, latent: int) -> None:
    """Call it on pixels (B, H, W, C), B ≥ 3. Raises ZlideError as `check_decoder` does."""
    _check_weights(encoder, "encoder")
    mean = _picture(encoder, pixels, "encoder", "pixels")
    if mean.shape != (len(pixels), latent):
        raise ZlideError(
            "encoder",
            f"expected posterior means ({len(pixels)}, {latent}), found {_describe(mean)}",
            CONTRACT,
        )
    _check_alone(
        mean, _picture(encoder, pixels[:2], "encoder", "pixels"), "encoder", "posterior means"
    )


def _picture(module: ImageDecoder | ImageEncoder, x: Tensor, where: str, what: str) -> Tensor:
    if not callable(module):
        raise ZlideError(
            where,
            f"expected a module that is called with {what}, found a {type(module).__name__}",
            CONTRACT,
        )
    with ForbidTensorReads(where, [x]):
        made = _call(where, module, x)
    if not isinstance(made, Tensor) or not made.is_floating_point():
        raise ZlideError(
            where, f"expected numbers for {what} {_describe(x)}, found {_describe(made)}", CONTRACT
        )
    if torch.isnan(made).any():
        raise ZlideError(
            where,
            f"gives NaN for {what} {_describe(x)}",
            "look for a logarithm, a root or a division that may meet 0 or less",
        )
    return made


def _check_alone(together: Tensor, alone: Tensor, where: str, what: str) -> None:
    if problem := _changed(together[:2], alone, f"the {what} of a row"):
        raise ZlideError(
            where,
            problem + " with the rows beside it",
            "keep the batch first and the rows apart, and leave chance out",
        )


def _check_rows(
    start: Callable[[int], State], run: Callable[[State], Tensor], rows: int, where: str, what: str
) -> State:
    """Whether what `run` makes of a state depends on that state alone, and each row of it on that row alone; returns the state of all `rows`."""
    state = start(rows)
    together = run(_copy(state))
    if torch.isnan(together).any():
        raise ZlideError(
            where,
            f"its {what} hold NaN",
            "look for a logarithm, a root or a division that may meet 0 or less",
        )
    alone = run(start(2))
    given = _copy(state)
    try:
        again = run(given)
        problem = _changed(together, again, f"the {what} of one and the same state")
    except ZlideError as error:
        problem = f"cannot go on from a state once start has begun another ({error.problem})"
    if problem:
        raise ZlideError(
            where, problem, "put what is kept on self into the state, and leave chance out"
        )
    if not all(torch.equal(ours, theirs) for ours, theirs in zip(given, state, strict=True)):
        raise ZlideError(
            where,
            "writes into the state that it is given",
            "make a new tensor: h = h + x, not h += x",
        )
    if problem := _changed(together[:2], alone, f"the {what} of a row"):
        raise ZlideError(
            where,
            problem + " with the rows beside it",
            "keep the batch first in every state, and the rows apart",
        )
    return state


def _copy(state: State) -> State:
    return tuple(part.clone() for part in state)


def _changed(ours: Tensor, theirs: Tensor, what: str) -> str | None:
    difference = relative_difference(ours, theirs)
    return None if difference <= ALONE else f"{what} change by {difference:.2g}"


def _call(where: str, method: Callable[..., object], *arguments: object) -> object:
    try:
        return method(*arguments)
    except ZlideError:
        raise
    except Exception as error:  # whatever a stranger's module raises is theirs to mend
        first = tree_leaves(arguments)[0]  # how many rows, or a tensor of them
        batch = first if isinstance(first, int) else len(first)
        module = where.partition(".")[0]
        remedy = (
            f"its weights are float64: call {module}.float() first"
            if _is_double(method)
            else CONTRACT
        )
        raise ZlideError(
            where, f"fails on a batch of {batch}: {type(error).__name__}: {error}", remedy
        ) from error


def _is_double(method: Callable[..., object]) -> bool:
    """Whether `method`, a module or one of its own, has weights of float64: one that takes care to give them z so, and float32 back, is welcome."""
    module = getattr(method, "__self__", method)
    return isinstance(module, nn.Module) and any(
        p.dtype == torch.float64 for p in module.parameters()
    )


def _state(value: object, where: str, batch: int) -> State:
    parts = tuple(value) if isinstance(value, tuple | list) else ()
    if not parts or not all(
        isinstance(part, Tensor) and part.dim() > 0 and part.shape[0] == batch for part in parts
    ):
        raise ZlideError(
            where,
            f"expected a tuple of tensors ({batch}, …), the batch first, found {_describe(value)}",
            CONTRACT,
        )
    if any(part.dtype not in KINDS for part in parts):
        raise ZlideError(
            where,
            f"expected a state of float32 or int64, found {_describe(parts)}",
            "keep it with .float(), yes and no as 1 and 0",
        )
    if any(part.numel() == 0 for part in parts):
        raise ZlideError(
            where,
            f"expected a state that holds numbers, found {_describe(parts)}",
            "leave out what is empty",
        )
    return parts


def _same(before: State, after: State, where: str) -> None:
    if [(t.shape, t.dtype) for t in before] != [(t.shape, t.dtype) for t in after]:
        raise ZlideError(
            where,
            f"expected the next state shaped as the last, {_describe(before)}, found {_describe(after)}",
            CONTRACT,
        )


def _check_weights(module: object, where: str) -> None:
    if not isinstance(module, nn.Module):
        raise ZlideError(where, f"expected an nn.Module, found {type(module).__name__}")
    if halves := {
        str(tensor.dtype)
        for tensor in [*module.parameters(), *module.buffers()]
        if tensor.dtype in HALVES
    }:
        found = " and ".join(sorted(halves)).replace("torch.", "")
        raise ZlideError(
            where, f"expected weights of float32, found {found}", f"call {where}.float() first"
        )
    # A buffer may hold infinity: masks do.
    bad = [name for name, p in module.named_parameters() if not torch.isfinite(p).all()]
    bad += [name for name, b in module.named_buffers() if torch.isnan(b).any()]
    if bad:
        raise ZlideError(
            where, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate"
        )


def _describe(value: object) -> str:
    if isinstance(value, Tensor):
        return str(tuple(value.shape)) + (
            "" if value.dtype == torch.float32 else f" {value.dtype}".replace("torch.", "")
        )
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(_describe(v) for v in value)})"
    return type(value).__name__


def some_latents(latent: int) -> Tensor:
    """z (ROWS, latent), drawn from N(0, 1), with which modules are tried."""
    return torch.randn(ROWS, latent, generator=torch.Generator().manual_seed(0))
