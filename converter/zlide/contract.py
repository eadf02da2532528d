"""Whether a module keeps its contract, found out by calling it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary

State = tuple[Tensor, ...]


@torch.no_grad()
def check_decoder(decoder: nn.Module, z: Tensor, vocabulary: Vocabulary) -> State:
    """Call start at z (B, Z) and step; returns the first state. Raises ZlideError that says what is expected and what came."""
    _finite_weights(decoder, "decoder")
    state = _state(_call("decoder.start", decoder.start, z), "decoder.start", len(z))
    token = torch.full((len(z),), vocabulary.begin)
    result = _call("decoder.step", decoder.step, token, state)
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ZlideError("decoder.step", f"expected (logits, state), found {_describe(result)}")
    logits, after = result
    if not isinstance(logits, Tensor) or logits.shape != (len(z), len(vocabulary.words)):
        expected = (len(z), len(vocabulary.words))
        raise ZlideError("decoder.step", f"expected logits {expected}, one for each word of the vocabulary, found {_describe(logits)}")
    _same(state, _state(after, "decoder.step", len(z)), "decoder.step")
    return state


@torch.no_grad()
def check_encoder(encoder: nn.Module, latent: int, vocabulary: Vocabulary, batch: int = 3) -> State:
    """Read one word and finish; returns the first state. Raises ZlideError as `check_decoder` does."""
    _finite_weights(encoder, "encoder")
    state = _state(_call("encoder.start", encoder.start, batch), "encoder.start", batch)
    token = torch.full((batch,), vocabulary.end)
    after = _state(_call("encoder.read", encoder.read, token, token, state), "encoder.read", batch)
    _same(state, after, "encoder.read")
    mean = _call("encoder.finish", encoder.finish, after)
    if not isinstance(mean, Tensor) or mean.shape != (batch, latent):
        raise ZlideError("encoder.finish", f"expected posterior means ({batch}, {latent}), found {_describe(mean)}")
    return state


def _call(where: str, method: object, *arguments: object) -> object:
    try:
        return method(*arguments)  # type: ignore[operator]
    except Exception as error:  # whatever a stranger's module raises is theirs to mend
        raise ZlideError(where, f"fails on a batch of 3: {type(error).__name__}: {error}", "see the contract in zlide/decoders.py") from error


def _state(value: object, where: str, batch: int) -> State:
    if isinstance(value, list):
        value = tuple(value)
    good = isinstance(value, tuple) and value and all(isinstance(t, Tensor) and t.dim() > 0 and t.shape[0] == batch for t in value)
    if not good:
        raise ZlideError(where, f"expected a tuple of tensors ({batch}, …), the batch first, found {_describe(value)}")
    return value  # type: ignore[return-value]


def _same(before: State, after: State, where: str) -> None:
    if [t.shape for t in before] != [t.shape for t in after]:
        raise ZlideError(where, f"expected the next state shaped as the last, {_describe(before)}, found {_describe(after)}")


def _finite_weights(module: nn.Module, where: str) -> None:
    if not isinstance(module, nn.Module):
        raise ZlideError(where, f"expected an nn.Module, found {type(module).__name__}")
    bad = [name for name, p in [*module.named_parameters(), *module.named_buffers()] if p.is_floating_point() and not torch.isfinite(p).all()]
    if bad:
        raise ZlideError(where, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate")


def _describe(value: object) -> str:
    if isinstance(value, Tensor):
        return str(tuple(value.shape))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"({', '.join(_describe(v) for v in value)})"
    return type(value).__name__
