"""Choose the examples of a checkpoint among candidates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from zlide.bundle import write_examples
from zlide.checkpoint import EXAMPLES, read_sentences_checkpoint
from zlide.errors import ZlideError
from zlide.recipes.sentences.choose_examples import choose_examples, read_groups


def replace_examples(
    folder: Path,
    candidates: Path,
    *,
    count: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[str], int]:
    """Write the examples of the checkpoint in `folder`.

    candidates: a text file, see `read_groups`.
    Returns the chosen sentences, best first, and the number of candidates.
    Raises ZlideError if the model reconstructs none of them; the old examples stay then.
    """
    checkpoint = read_sentences_checkpoint(folder)
    groups = read_groups(candidates)
    chosen = choose_examples(
        checkpoint.model.encoder,
        checkpoint.model.decoder,
        checkpoint.vocabulary,
        groups,
        count=count,
        progress=progress,
    )
    total = sum(map(len, groups))
    if not chosen:
        raise ZlideError(
            folder / EXAMPLES,
            f"none of the {total:,} candidates is reconstructed word for word",
            "train longer, with more text or with a lower --kl-weight",
        )
    write_examples(folder, {example.text: example.z for example in chosen}, checkpoint.axes)
    return [example.text for example in chosen], total
