"""What PyTorch writes at some positions: the truth about a bundle of sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.bundle import Poster, Probe, Tokens
from zlide.checkpoint import SentenceCheckpoint
from zlide.decoders import Decoded, DecodingMode, TextDecoder, decode_greedily, decode_sentences
from zlide.errors import ZlideError
from zlide.parity import Comparison, Difference, compare_sentences
from zlide.tokenize import tokenize
from zlide.verify.reference import ENCODED, Positions, positions_among, positions_at
from zlide.verify.reference.sampled import WRITINGS, Unlike, Written, compare_lines, job_of, line_of
from zlide.vocabulary import Vocabulary

Sentences = list[list[int]]

MOST_SHOWN = 10  # differences


@dataclass(frozen=True)
class SentenceFindings:
    """How sentences compare, and some written once more, by chance too; words: the vocabulary, to say what differs."""

    comparison: Comparison
    written: Written
    words: Sequence[str]

    @property
    def equal(self) -> bool:
        return self.comparison.equal and self.written.equal

    def rows(self) -> list[tuple[str, str]]:
        found, written = self.comparison, self.written
        agreed = found.positions - len(found.wrong) - len(found.ties)
        rows = [
            ("sentences that agree word for word", f"{agreed:,} of {found.positions:,}"),
            ("excused, a tie of PyTorch's own", str(len(found.ties))),
            ("that differ", str(len(found.wrong))),
        ]
        if not written.sentences:
            return rows
        again = f"{written.sentences - len(written.wrong) - len(written.excused):,} of {written.sentences:,}"
        return [
            *rows,
            ("written again, by chance too", again),
            ("largest difference of a confidence", f"{written.difference:.1e}"),
        ]

    def lines(self) -> list[str]:
        ties, wrong = self.comparison.ties, self.comparison.wrong[:MOST_SHOWN]
        excused, other = self.written.excused, self.written.wrong[:MOST_SHOWN]
        return [
            *(self._line("tie", d, f"logits {d.gap:.1e} apart") for d in ties),
            *(self._line("differs", d, f"logits {d.gap:.1e} apart") for d in wrong),
            *(self._line("drawn at an edge,", d, f"{d.near:.1e} from it") for d in excused),
            *(self._line("drawn otherwise", d, f"{d.near:.1e} from an edge") for d in other),
        ]

    def _line(self, kind: str, d: Difference | Unlike, how: str) -> str:
        expected, found = (
            " ".join(self.words[t] for t in tokens) for tokens in (d.expected, d.found)
        )
        return f"{kind} at position {d.index}, word {d.word + 1}: expected “{expected}”, found “{found}”, {how}"


@dataclass(frozen=True)
class SentenceReference:
    """At `places` PyTorch writes `sentences`, and it encodes the sentences `encode` to `encoded` (M, Z): a `Truth`.

    At the first places it writes `lines` as well, each as its own of `writings` says.
    """

    places: Positions
    sentences: Sentences
    compare: Callable[[Sentences], Comparison]
    words: Sequence[str]
    encode: Sentences
    encoded: NDArray[np.float32]
    writings: Sequence[DecodingMode] = ()
    lines: Sequence[Decoded] = ()
    tolerance = 1e-4

    def job(self) -> dict[str, Any]:
        return {"encode": self.encode, "writings": [job_of(writing) for writing in self.writings]}

    def judge(self, found: Any, parts: Sequence[bytes]) -> SentenceFindings:  # noqa: ARG002 (there are no pictures)
        tokens, lines = found["tokens"], [line_of(line) for line in found.get("lines", [])]
        asked, sent = len(self.sentences) + len(self.lines), len(tokens) + len(lines)
        if (len(tokens), len(lines)) != (len(self.sentences), len(self.lines)):
            raise ZlideError(
                "verify",
                f"asked for {asked} sentences, the page sent {sent}",
                "build the site again",
            )
        if strange := {
            t
            for sentence in [*tokens, *(line.tokens for line in lines)]
            for t in sentence
            if not 0 <= t < len(self.words)
        }:
            raise ZlideError(
                "verify",
                f"the page sent {sorted(strange)[:3]}, expected ids of {len(self.words)} words",
                "build the site again",
            )
        return SentenceFindings(self.compare(tokens), compare_lines(self.lines, lines), self.words)


def reference_at(
    decoder: TextDecoder,
    axes: Axes,
    vocabulary: Vocabulary,
    sliders: NDArray[np.float32],
    residual: NDArray[np.float32],
) -> SentenceReference:
    """What `decoder`, whose weights are as they travel, says at sliders (N, K) and residual (N, Z); nothing is encoded."""
    return _truth(decoder, positions_at(axes, sliders, residual), vocabulary)


def reference_of_checkpoint(
    checkpoint: SentenceCheckpoint, positions: int, seed: int
) -> SentenceReference:
    """What a checkpoint, whose weights are as they travel, says at random positions and at its examples; it encodes those and what was decoded."""
    axes, vocabulary, model = checkpoint.axes, checkpoint.vocabulary, checkpoint.model
    truth = _truth(
        model.decoder,
        positions_among(axes, list(checkpoint.examples.values()), positions, seed),
        vocabulary,
    )
    split = [tokenize(text, lower=vocabulary.lower) for text in checkpoint.examples]
    texts = [
        [vocabulary.ids[word] for word in words]
        for words in split
        if words and all(word in vocabulary.ids for word in words)
    ]
    encode = [*texts, *(s for s in truth.sentences if s)][:ENCODED]
    with torch.no_grad():
        means = [model.encoder(torch.tensor([words]))[0][0] for words in encode]
    return replace(truth, encode=encode, encoded=torch.stack(means).numpy()) if means else truth


def reference_in_probe(
    probe: Probe, tokens: Tokens, words: Sequence[str], positions: int | None = None
) -> SentenceReference:
    """What the bundle itself says that PyTorch decoded at its first positions, or at all: no logits are known, so that nothing can be excused."""
    rows = [list(row) for row in probe.tokens[:positions]]
    sentences = [
        [int(t) for t in (row[: row.index(tokens.end)] if tokens.end in row else row)]
        for row in rows
    ]

    def compare(found: Sentences) -> Comparison:
        wrong = [
            Difference(i, 0, a, b, float("inf"))
            for i, (a, b) in enumerate(zip(sentences, found, strict=True))
            if a != b
        ]
        return Comparison(len(sentences), [], wrong)

    sliders, residual, z = (part[:positions] for part in (probe.sliders, probe.residual, probe.z))
    places = Positions(sliders, residual, z, (sliders, residual))  # which was of no axis
    return SentenceReference(
        places, sentences, compare, words, [], np.zeros((0, probe.z.shape[1]), np.float32)
    )


def true_posters(
    posters: Sequence[Poster], checkpoint: SentenceCheckpoint, tolerance: float
) -> bool:
    """Whether each shows an example where it is, and what PyTorch, whose weights are as they travel, decodes there."""
    axes, vocabulary, latents = checkpoint.axes, checkpoint.vocabulary, checkpoint.examples
    if not all(poster.text in latents for poster in posters):
        return False
    if not posters:
        return True
    sliders, residual = axes.from_z(np.stack([latents[poster.text] for poster in posters]))
    truth = reference_at(checkpoint.model.decoder, axes, vocabulary, sliders, residual)
    found = [
        [vocabulary.ids.get(word, -1) for word in poster.decoded.split()] for poster in posters
    ]
    return not truth.compare(found).wrong and bool(
        np.abs(np.array([poster.sliders for poster in posters]) - sliders).max() <= tolerance
    )


def _truth(decoder: TextDecoder, places: Positions, vocabulary: Vocabulary) -> SentenceReference:
    z = torch.from_numpy(places.z)
    sentences = decode_greedily(
        decoder, z, begin=vocabulary.begin, end=vocabulary.end, max_length=vocabulary.max_length
    )

    def compare(found: Sentences) -> Comparison:
        return compare_sentences(decoder, z, sentences, found, begin=vocabulary.begin)

    writings = WRITINGS[: len(z)]
    lines = decode_sentences(
        decoder,
        z[: len(writings)],
        writings,
        begin=vocabulary.begin,
        end=vocabulary.end,
        max_length=vocabulary.max_length,
    )
    return SentenceReference(
        places,
        sentences,
        compare,
        vocabulary.words,
        [],
        np.zeros((0, places.z.shape[1]), np.float32),
        writings,
        lines,
    )
