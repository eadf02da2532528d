"""Tell which latent size a decoder takes, if the axes have another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.contract.checks import sample_latents
from zlide.errors import ZlideError

MAX_TRIED = 512
"""Every latent size up to this one is tried, since z may be only a part of a layer's input."""


@contextmanager
def explain_latent_size(
    axes: Axes, decoder: nn.Module, run: Callable[[Tensor], object]
) -> Iterator[None]:
    """Replace a ZlideError in the block by one about the axes, if their latent size is the cause.

    run: z (B, Z) → (B, …). It is the cause if `run` fails at this size and works at another.
    """
    try:
        yield
    except ZlideError as error:
        if _accepts(run, axes.latent_size):
            raise
        sizes = (size for size in _candidates(decoder) if _accepts(run, size))
        if (size := next(sizes, None)) is None:
            raise
        problem = (
            f"expected axes of the decoder's latent size, {size}, found axes of {axes.latent_size}"
        )
        remedy = "fit them to latents of this decoder"
        raise ZlideError(f"axes {axes.name}", problem, remedy) from error


def _candidates(decoder: nn.Module) -> Iterable[int]:
    """Return possible latent sizes, the likeliest first.

    1 comes last: a sum broadcasts a single number to any size.
    """
    tensors = [*decoder.parameters(), *decoder.buffers()]
    of_weights = (size for tensor in tensors for size in tensor.shape if size > 1)
    return dict.fromkeys([*of_weights, *range(2, MAX_TRIED + 1), 1])


@torch.no_grad()
def _accepts(run: Callable[[Tensor], object], latent_size: int) -> bool:
    z = sample_latents(latent_size)
    try:
        result = run(z)
    except Exception:  # noqa: BLE001 (a user's module may raise anything)
        return False
    return isinstance(result, Tensor) and len(result) == len(z)
