"""The contracts: the methods, shapes and dtypes that a decoder or an encoder keeps.

The first dimension of every tensor is the batch. zlide calls modules in eval mode and without
gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class TextDecoder(Protocol):
    """Decodes a sentence token by token.

    It keeps nothing on itself between calls: everything that a step needs is in the state.
    """

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        """Return the state before the first token.

        z: (B, Z) float32. The state: tensors (B, …), float32 or int64. Values that do not change
        from step to step belong in it too.
        """

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the logits of the next token, (B, V), and the next state.

        token: the previous token, (B,) int64. The next state has the shapes and dtypes of `state`.
        """


@runtime_checkable
class ImageDecoder(Protocol):
    """Decodes a picture."""

    def __call__(self, z: Tensor) -> Tensor:
        """Return pixels (B, H, W, C) in [0, 1] for z (B, Z) float32."""


@runtime_checkable
class TextEncoder(Protocol):
    """Encodes a sentence word by word, from both ends at once.

    An encoder that reads in one direction ignores the other.
    """

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """Return the state before the first word: tensors (batch, …), the same in every row."""

    def read(
        self, forward: Tensor, backward: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """Return the state after word i from the front and word i from the back.

        forward, backward: (B,) int64 each, without begin and end.
        """

    def finish(self, state: tuple[Tensor, ...]) -> Tensor:
        """Return the posterior mean (B, Z)."""


@runtime_checkable
class ImageEncoder(Protocol):
    """Encodes a picture."""

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return the posterior mean (B, Z) of pixels (B, H, W, C) in [0, 1]."""
