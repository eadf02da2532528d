"""The sentences that PyTorch decodes at some positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.bundle import Probe, StoredReference
from zlide.decoders import (
    Decoded,
    DecodingMode,
    TextDecoder,
    TextEncoder,
    decode_greedily,
    decode_sentences,
    encode_sentences,
)
from zlide.errors import ZlideError
from zlide.modalities.reference import ENCODED, Array, Positions, positions_at, positions_of
from zlide.modalities.text.sampled import (
    MODES,
    SampledComparison,
    SampledDifference,
    compare_sampled,
    decoded_from_json,
    mode_to_json,
)
from zlide.parity import Comparison, Difference, compare_sentences, compare_with_margins
from zlide.tokenize import tokenize
from zlide.vocabulary import Vocabulary

Sentences = list[list[int]]

MAX_LINES = 10
"""Wrong sentences that are listed, of each kind."""


@dataclass(frozen=True)
class SentenceFindings:
    """How greedy and sampled sentences compare; words: the vocabulary by id."""

    comparison: Comparison
    sampled: SampledComparison
    words: Sequence[str]

    @property
    def equal(self) -> bool:
        return self.comparison.equal and self.sampled.equal

    def rows(self) -> list[tuple[str, str]]:
        greedy, sampled = self.comparison, self.sampled
        equal = greedy.positions - len(greedy.wrong) - len(greedy.ties)
        rows = [
            ("sentences that agree word for word", f"{equal:,} of {greedy.positions:,}"),
            ("tolerated, a tie in PyTorch", str(len(greedy.ties))),
            ("that differ", str(len(greedy.wrong))),
        ]
        if not sampled.sentences:
            return rows
        equal = sampled.sentences - len(sampled.wrong) - len(sampled.tolerated)
        return [
            *rows,
            ("decoded again, also sampled", f"{equal:,} of {sampled.sentences:,}"),
            ("largest difference of a confidence", f"{sampled.difference:.1e}"),
        ]

    def lines(self) -> list[str]:
        greedy, sampled = self.comparison, self.sampled
        return [
            *(self._line("tie", d, f"logits {d.gap:.1e} apart") for d in greedy.ties),
            *(
                self._line("differs", d, f"logits {d.gap:.1e} apart")
                for d in greedy.wrong[:MAX_LINES]
            ),
            *(
                self._line("sampled at an edge", d, f"draw {d.gap:.1e} from it")
                for d in sampled.tolerated
            ),
            *(
                self._line("sampled differently", d, f"draw {d.gap:.1e} from an edge")
                for d in sampled.wrong[:MAX_LINES]
            ),
        ]

    def _line(self, kind: str, d: Difference | SampledDifference, detail: str) -> str:
        expected, found = (
            " ".join(self.words[token] for token in tokens) for tokens in (d.expected, d.found)
        )
        return (
            f"{kind} at position {d.index}, word {d.word + 1}: "
            f"expected “{expected}”, found “{found}”, {detail}"
        )


@dataclass(frozen=True)
class SentenceReference:
    """A `Reference`: the sentences, as token ids, that greedy decoding gives at `positions`.

    compare_tokens: compares them with those of a browser.
    words: the vocabulary by id.
    encode: sentences that the browser encodes, with posterior means `encoded` (M, Z).
    modes, sampled: the first positions decoded a second time, each in a mode of its own.
    """

    positions: Positions
    sentences: Sentences
    compare_tokens: Callable[[Sentences], Comparison]
    words: Sequence[str]
    encode: Sentences
    encoded: Array
    modes: Sequence[DecodingMode] = ()
    sampled: Sequence[Decoded] = ()
    tolerance = 1e-4

    def job(self) -> dict[str, Any]:
        return {"encode": self.encode, "modes": [mode_to_json(mode) for mode in self.modes]}

    def compare(self, found: Any, parts: Sequence[bytes]) -> SentenceFindings:  # noqa: ARG002 (there are no values)
        tokens = found["tokens"]
        sampled = [decoded_from_json(sentence) for sentence in found.get("sentences", [])]
        if (len(tokens), len(sampled)) != (len(self.sentences), len(self.sampled)):
            raise ZlideError(
                "verify",
                f"expected {len(self.sentences)} greedy and {len(self.sampled)} sampled sentences, "
                f"the page sent {len(tokens)} and {len(sampled)}",
                "build the site again",
            )
        self._require_known_tokens([*tokens, *(decoded.tokens for decoded in sampled)])
        return SentenceFindings(
            self.compare_tokens(tokens), compare_sampled(self.sampled, sampled), self.words
        )

    def _require_known_tokens(self, sentences: Sentences) -> None:
        ids = {token for sentence in sentences for token in sentence}
        if unknown := sorted(token for token in ids if not 0 <= token < len(self.words)):
            raise ZlideError(
                "verify",
                f"expected ids of {len(self.words)} words, the page sent {unknown[:3]}",
                "build the site again",
            )


def reference_at(
    decoder: TextDecoder, axes: Axes, vocabulary: Vocabulary, sliders: Array, residual: Array
) -> SentenceReference:
    """Decode at sliders (N, K) and residual (N, Z); nothing is encoded.

    The weights of `decoder` have the precision of the bundle.
    """
    return _decode(decoder, positions_at(axes, sliders, residual), vocabulary)


def reference_with_encoder(
    decoder: TextDecoder,
    encoder: TextEncoder | None,
    positions: Positions,
    vocabulary: Vocabulary,
    examples: Sequence[str],
) -> SentenceReference:
    """Decode `positions`, and encode the texts of the examples and what was decoded.

    The weights have the precision of the bundle. encoder: None if the model has none.
    """
    reference = _decode(decoder, positions, vocabulary)
    texts = [tokenize(text, lower=vocabulary.lower) for text in examples]
    known = [
        [vocabulary.ids[word] for word in words]
        for words in texts
        if words and all(word in vocabulary.ids for word in words)
    ]
    encode = [*known, *(sentence for sentence in reference.sentences if sentence)][:ENCODED]
    if encoder is None or not encode:
        return reference
    means = [encode_sentences(encoder, torch.tensor([tokens]))[0] for tokens in encode]
    return replace(reference, encode=encode, encoded=torch.stack(means).numpy())


def reference_from_probe(probe: Probe, vocabulary: Vocabulary) -> SentenceReference:
    """Return the sentences of a bundle's probe; nothing is encoded.

    A probe has no logits, so no difference is tolerated.
    """
    margins = np.full(probe.samples.shape, np.inf, np.float32)
    return _stored(positions_of(probe), probe.samples, margins, vocabulary)


def reference_from_file(
    path: Path, stored: StoredReference, vocabulary: Vocabulary
) -> SentenceReference:
    """Return the sentences of a stored reference, whose margins settle ties; nothing is encoded.

    Raises ZlideError if they are not of this vocabulary.
    """
    remedy = "export the bundle again"
    shape, words = (len(stored.z), vocabulary.max_length), len(vocabulary.words)
    expected = {"tokens": (*shape, "int32"), "margins": (*shape, "float32")}
    found = {name: (*each.shape, each.dtype.name) for name, each in stored.samples.items()}
    if found != expected:
        raise ZlideError(path, f"expected {expected}, found {found}", remedy)
    tokens, margins = stored.samples["tokens"], stored.samples["margins"]
    if not (tokens.min() >= 0 and tokens.max() < words):
        problem = f"expected ids of {words:,} words, found {tokens.min()} to {tokens.max()}"
        raise ZlideError(path, problem, remedy)
    if not (margins >= 0).all():
        raise ZlideError(path, "expected margins of at least 0, found others", remedy)
    return _stored(positions_of(stored), tokens, margins, vocabulary)


def _stored(
    positions: Positions, tokens: NDArray[Any], margins: Array, vocabulary: Vocabulary
) -> SentenceReference:
    """Return the reference of stored tokens and margins, both (N, max_length)."""
    sentences = [_until(vocabulary.end, [int(t) for t in row]) for row in tokens]
    return SentenceReference(
        positions=positions,
        sentences=sentences,
        compare_tokens=lambda found: compare_with_margins(sentences, found, margins),
        words=vocabulary.words,
        encode=[],
        encoded=np.zeros((0, positions.z.shape[1]), np.float32),
    )


def _until(end: int, tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


def _decode(
    decoder: TextDecoder, positions: Positions, vocabulary: Vocabulary
) -> SentenceReference:
    z = torch.from_numpy(positions.z)
    begin, end, max_length = vocabulary.begin, vocabulary.end, vocabulary.max_length
    sentences = decode_greedily(decoder, z, begin=begin, end=end, max_length=max_length)
    modes = MODES[: len(z)]
    sampled = decode_sentences(
        decoder, z[: len(modes)], modes, begin=begin, end=end, max_length=max_length
    )

    def compare(found: Sentences) -> Comparison:
        return compare_sentences(decoder, z, sentences, found, begin=begin)

    return SentenceReference(
        positions=positions,
        sentences=sentences,
        compare_tokens=compare,
        words=vocabulary.words,
        encode=[],
        encoded=np.zeros((0, positions.z.shape[1]), np.float32),
        modes=modes,
        sampled=sampled,
    )
