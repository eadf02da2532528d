"""How wide a z a decoder takes, told where the axes have another width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.errors import ZlideError
from zlide.exporter.contract import some_latents

WIDEST = 512
"""Up to here every width is tried, beyond it the sizes of the weights: z may be only a part of what a layer takes."""


@contextmanager
def explain_latent_width(
    axes: Axes, decoder: nn.Module, run: Callable[[Tensor], object]
) -> Iterator[None]:
    """Turn a ZlideError into one that names the axes, where `run`, z (B, Z) → (B, …), fails at their width and works at another."""
    try:
        yield
    except ZlideError as error:
        if (
            _works(run, axes.latent_size)
            or (width := next((w for w in _widths(decoder) if _works(run, w)), None)) is None
        ):
            raise
        problem = f"expected axes as wide as the z that the decoder takes, {width}, found {axes.latent_size}"
        raise ZlideError(
            f"axes {axes.name}", problem, "fit them to latents of this decoder"
        ) from error


def _widths(decoder: nn.Module) -> Iterable[int]:
    """What may be the width of z, the likeliest first, and 1 last: a single number is stretched to any width by a sum."""
    tensors = [*decoder.parameters(), *decoder.buffers()]
    return dict.fromkeys(
        [
            *(size for tensor in tensors for size in tensor.shape if size > 1),
            *range(2, WIDEST + 1),
            1,
        ]
    )


@torch.no_grad()
def _works(run: Callable[[Tensor], object], width: int) -> bool:
    z = some_latents(width)
    try:
        made = run(z)
    except Exception:  # noqa: BLE001 (whatever a stranger's module raises)
        return False
    return isinstance(made, Tensor) and len(made) == len(z)
