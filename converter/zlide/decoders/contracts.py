"""The contracts: what a module must offer to become a live page. Nothing else is asked of it.

Every tensor is batched first. Modules are called in eval mode and without gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class TextDecoder(Protocol):
    """Writes a sentence token by token. Keeps nothing on itself from call to call: what a step has to know is in the state."""

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        """z (B, Z) float32 → the state before the first token: tensors (B, …), float32 or int64. Put here what does not change from step to step."""

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """token (B,) int64, the one before → logits (B, V) of the next, and the next state, shaped as the last."""


@runtime_checkable
class ImageDecoder(Protocol):
    """Paints a picture."""

    def __call__(self, z: Tensor) -> Tensor:
        """z (B, Z) float32 → pixels (B, H, W, C) in [0, 1]."""


@runtime_checkable
class TextEncoder(Protocol):
    """Reads a sentence word by word from both ends; an encoder that reads one way ignores the other."""

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """The state before the first word: tensors (batch, …), the same for every row."""

    def read(
        self, forward: Tensor, backward: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """The i-th word from the front and from the back, (B,) int64 each, without begin and end → the next state."""

    def finish(self, state: tuple[Tensor, ...]) -> Tensor:
        """→ posterior mean (B, Z)."""


@runtime_checkable
class ImageEncoder(Protocol):
    """Looks at a picture."""

    def __call__(self, pixels: Tensor) -> Tensor:
        """pixels (B, H, W, C) in [0, 1] → posterior mean (B, Z)."""
