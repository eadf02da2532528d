"""The decoder and the encoder of sentences in a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from zlide.bundle.parts import Graph, Tokens
from zlide.bundle.specs import DecoderSpec, EncoderSpec, FindWidth, Widths
from zlide.vocabulary import read_words


class TextDecoder(DecoderSpec):
    """The graphs of a text decoder.

    start: z → state…. step: token, state… → logits, greedy token, state….
    """

    has_tokens: ClassVar[bool] = True
    samples: ClassVar[str] = "sentences"
    agreement: ClassVar[str] = "word for word"

    kind: Literal["text"] = "text"
    start: Graph
    step: Graph

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        state: Widths = [None] * len(self.start.outputs)
        return {
            "start": ([latent_size], state),
            "step": ([None, *state], [None, None, *state]),
        }

    def summary(self, tokens: Tokens | None) -> str:
        length = f", sentences of up to {tokens.max_length} words" if tokens else ""
        return f"{self.kind}{length}"

    def file_problems(self, folder: Path, tokens: Tokens | None, width: FindWidth) -> list[str]:
        """Return the contradictions of the vocabulary."""
        if tokens is None:
            return []
        count = len(read_words(folder / tokens.vocabulary))
        logits = width(self.step, self.step.outputs[0])
        if logits not in (None, count):
            expected = f"{logits} words, one per logit of {self.step.path}"
            return [f"{tokens.vocabulary}: expected {expected}, found {count}"]
        ids = {"begin": tokens.begin, "end": tokens.end}
        expected = f"an id below {count}, the words of {tokens.vocabulary}"
        return [
            f"tokens.{name}: expected {expected}, found {i}"
            for name, i in ids.items()
            if i >= count
        ]


class TextEncoder(EncoderSpec):
    """The graphs of a text encoder, which reads words without begin and end.

    start: token → state…, of which only the batch size matters.
    read: forward token, backward token, state… → state….
    finish: state… → posterior mean (B, Z).
    """

    kind: Literal["text"] = "text"
    start: Graph
    read: Graph
    finish: Graph

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        state: Widths = [None] * len(self.start.outputs)
        return {
            "start": ([None], state),
            "read": ([None, None, *state], state),
            "finish": (state, [latent_size]),
        }
