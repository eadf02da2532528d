"""Find what the page's encoder cannot read: entries of the vocabulary and parts of the examples.

The page splits text into words by `zlide.tokenize` and gives the encoder the words that are in the
vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.decoders import TextEncoder, encode_sentences
from zlide.parity import relative_difference
from zlide.tokenize import tokenize, unread_signs
from zlide.vocabulary import Vocabulary

MAX_DIFFERENCE = 1e-2
"""Largest relative difference between an example's latent and the posterior mean of its text."""

_MAX_LISTED = 5


def remarks_on(
    encoder: TextEncoder, vocabulary: Vocabulary, latents: Mapping[str, NDArray[np.float32]]
) -> Iterator[str]:
    """Yield remarks for the author, one line each.

    latents: text of an example → the latent (Z,) that the author gave for it.
    """
    if entries := unreachable_entries(vocabulary):
        rule = "letters and apostrophes" + (", in lower case" if vocabulary.lower else "")
        yield (
            f"vocabulary: the page reads {rule}, so {len(entries):,} of "
            f"{len(vocabulary.words):,} entries can never be typed: {_listed(entries)}"
        )
    unread = {text: parts for text in latents if (parts := unread_parts(text, vocabulary))}
    if unread:
        text, parts = next(iter(unread.items()))
        yield (
            f"examples: the encoder does not read all of {len(unread)} of {len(latents)}: "
            f"it skips {_listed(parts)} in “{text}”"
        )
    differences = {
        text: difference
        for text, z in latents.items()
        if (difference := _difference(encoder, vocabulary, text, z)) > MAX_DIFFERENCE
    }
    if differences:
        text, difference = max(differences.items(), key=lambda item: item[1])
        yield (
            f"examples: {len(differences)} of {len(latents)} have another latent than the encoder "
            f"gives for their text, the worst “{text}” (relative difference {difference:.2g}); "
            "typed on the page, they decode differently than when loaded"
        )


def unreachable_entries(vocabulary: Vocabulary) -> list[str]:
    """Return the entries, without begin and end, that no typed text is split into."""
    special = {vocabulary.begin, vocabulary.end}
    return [
        word
        for i, word in enumerate(vocabulary.words)
        if i not in special and tokenize(word, lower=vocabulary.lower) != [word]
    ]


def unread_parts(text: str, vocabulary: Vocabulary) -> list[str]:
    """Return the parts of `text` that the encoder does not get, each once.

    These are unknown words, digits and punctuation.
    """
    words = tokenize(text, lower=vocabulary.lower)
    unknown = [word for word in words if _word_id(word, vocabulary) is None]
    return list(dict.fromkeys([*unknown, *unread_signs(text, lower=vocabulary.lower)]))


def _word_id(word: str, vocabulary: Vocabulary) -> int | None:
    found = vocabulary.ids.get(word)
    return None if found in {vocabulary.begin, vocabulary.end} else found


def _difference(
    encoder: TextEncoder, vocabulary: Vocabulary, text: str, z: NDArray[np.float32]
) -> float:
    """Return the relative difference of z (Z,) and the posterior mean of the words that are read.

    It is 0 if no word is read, which is another remark, or if the text is too long.
    """
    words = tokenize(text, lower=vocabulary.lower)
    ids = [found for word in words if (found := _word_id(word, vocabulary)) is not None]
    if not ids or len(ids) > vocabulary.max_length:
        return 0.0
    mean = encode_sentences(encoder, torch.tensor([ids]))
    return relative_difference(torch.from_numpy(z)[None], mean)


def _listed(items: Sequence[str]) -> str:
    quoted = ", ".join(f"“{item}”" for item in items[:_MAX_LISTED])
    more = f" and {len(items) - _MAX_LISTED:,} more" if len(items) > _MAX_LISTED else ""
    return quoted + more
