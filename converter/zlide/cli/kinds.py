"""The commands whose work depends on the kind of a checkpoint's samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from zlide.cli import sentences, worlds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zlide.checkpoint import Checkpoint


class Commands(Protocol):
    """The commands of a checkpoint of one kind."""

    def evaluate(
        self, checkpoint: Any, files: tuple[Path, ...], curve: Path | None, seed: int
    ) -> None:
        """Evaluate the model and print its figures. files: the corpus, if it has one."""

    def encode_points(self, checkpoint: Any, files: tuple[Path, ...]) -> NDArray[Any]:
        """Return the posterior means (N, Z) of training samples."""

    def decode(
        self,
        checkpoint: Any,
        decoder: Any,
        position: tuple[NDArray[Any], NDArray[Any]],
        options: dict[str, Any],
    ) -> None:
        """Decode sliders (K,) and z (1, Z) of a position, and print or write the sample."""


_COMMANDS: dict[str, Commands] = {"text": sentences, "image": worlds}


def commands_of(checkpoint: Checkpoint) -> Commands:
    """Return the commands for a checkpoint."""
    return _COMMANDS[checkpoint.modality.kind]
