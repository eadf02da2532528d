"""Whether a module keeps its contract, found out by calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from zlide.decoders import TextDecoder, TextEncoder
from zlide.equal import relative_difference
from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary

State = tuple[Tensor, ...]

ALONE = 1e-4
"""By so much, relative to the largest, logits may change with the size of the batch: sums are then added in another order."""

CONTRACT = "see the contract in zlide/decoders.py"


@torch.no_grad()
def check_decoder(decoder: TextDecoder, z: Tensor, vocabulary: Vocabulary) -> State:
    """Call start at z (B, Z), B ≥ 3, and step; returns the first state. Raises ZlideError that says what is expected and what came."""
    _finite_weights(decoder, "decoder")
    state, logits = _first_step(decoder, z, vocabulary)
    _, alone = _first_step(decoder, z[:2], vocabulary)
    difference = relative_difference(logits[:2], alone)
    if not difference <= ALONE:
        problem = f"the logits of a row change by {difference:.2g} with the rows beside it"
        raise ZlideError("decoder.step", problem, "keep the batch first in every state, the rows apart, and chance out")
    return state


def _first_step(decoder: TextDecoder, z: Tensor, vocabulary: Vocabulary) -> tuple[State, Tensor]:
    """The first state at z, and the logits of the first word."""
    state = _state(_call("decoder.start", decoder.start, z), "decoder.start", len(z))
    result = _call("decoder.step", decoder.step, torch.full((len(z),), vocabulary.begin), state)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ZlideError("decoder.step", f"expected (logits, state), found {_describe(result)}", CONTRACT)
    logits, after = result
    if not isinstance(logits, Tensor) or logits.shape != (len(z), len(vocabulary.words)):
        expected = (len(z), len(vocabulary.words))
        problem = f"expected logits {expected}, one for each word of the vocabulary, found {_describe(logits)}"
        raise ZlideError("decoder.step", problem, "give the vocabulary that the decoder was trained with")
    _same(state, _state(after, "decoder.step", len(z)), "decoder.step")
    return state, logits


@torch.no_grad()
def check_encoder(encoder: TextEncoder, latent: int, vocabulary: Vocabulary, batch: int = 3) -> State:
    """Read one word and finish; returns the first state. Raises ZlideError as `check_decoder` does."""
    _finite_weights(encoder, "encoder")
    state = _state(_call("encoder.start", encoder.start, batch), "encoder.start", batch)
    token = torch.full((batch,), vocabulary.end)
    after = _state(_call("encoder.read", encoder.read, token, token, state), "encoder.read", batch)
    _same(state, after, "encoder.read")
    mean = _call("encoder.finish", encoder.finish, after)
    if not isinstance(mean, Tensor) or mean.shape != (batch, latent):
        raise ZlideError("encoder.finish", f"expected posterior means ({batch}, {latent}), found {_describe(mean)}", CONTRACT)
    return state


def _call(where: str, method: Callable[..., object], *arguments: object) -> object:
    try:
        return method(*arguments)
    except Exception as error:  # whatever a stranger's module raises is theirs to mend
        first = next(a if isinstance(a, int) else len(a) for a in arguments if isinstance(a, int | Tensor))
        raise ZlideError(where, f"fails on a batch of {first}: {type(error).__name__}: {error}", CONTRACT) from error


def _state(value: object, where: str, batch: int) -> State:
    parts = tuple(value) if isinstance(value, tuple | list) else ()
    if not parts or not all(isinstance(part, Tensor) and part.dim() > 0 and part.shape[0] == batch for part in parts):
        raise ZlideError(where, f"expected a tuple of tensors ({batch}, …), the batch first, found {_describe(value)}", CONTRACT)
    return parts


def _same(before: State, after: State, where: str) -> None:
    if [t.shape for t in before] != [t.shape for t in after]:
        raise ZlideError(where, f"expected the next state shaped as the last, {_describe(before)}, found {_describe(after)}", CONTRACT)


def _finite_weights(module: object, where: str) -> None:
    if not isinstance(module, nn.Module):
        raise ZlideError(where, f"expected an nn.Module, found {type(module).__name__}")
    # A buffer may hold infinity: masks do.
    bad = [name for name, p in module.named_parameters() if not torch.isfinite(p).all()]
    bad += [name for name, b in module.named_buffers() if torch.isnan(b).any()]
    if bad:
        raise ZlideError(where, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate")


def _describe(value: object) -> str:
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(_describe(v) for v in value)})"
    return type(value).__name__
