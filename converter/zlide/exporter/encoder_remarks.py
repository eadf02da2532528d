"""What the page's encoder will make of typed text: which entries of a vocabulary nobody can type, and which examples it reads otherwise.

The page takes letters and apostrophes for words (`zlide.words`) and gives the encoder those that the vocabulary has.
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

CLOSE = 1e-2
"""By so much, relative to its largest number (at least 1), the latent of an example may differ from what the encoder makes of its text."""

_MOST_NAMED = 5


def remarks_on(
    encoder: TextEncoder, vocabulary: Vocabulary, latents: Mapping[str, NDArray[np.float32]]
) -> Iterator[str]:
    """What an author should know, one line each; nothing where all that matters is read as it was meant.

    latents: text of an example → the latent (Z,) that was given for it.
    """
    if entries := entries_never_typed(vocabulary):
        many = (
            f"{len(entries):,} of {len(vocabulary.words):,} entries can never be typed on the page"
        )
        rule = "it reads letters and apostrophes" + (", in lower case" if vocabulary.lower else "")
        yield f"vocabulary: {many}, where {rule}: {_named(entries)}"
    unread = {text: signs for text in latents if (signs := unread_in(text, vocabulary))}
    if unread:
        text, signs = next(iter(unread.items()))
        yield f"examples: {len(unread)} of {len(latents)} hold what the encoder does not read, as {_named(signs)} in “{text}”"
    apart = {
        text: far
        for text, z in latents.items()
        if (far := _distance(encoder, vocabulary, text, z)) > CLOSE
    }
    if apart:
        text, far = max(apart.items(), key=lambda pair: pair[1])
        given = (
            f"{len(apart)} of {len(latents)} have another latent than the encoder gives their text"
        )
        yield f"examples: {given}, {far:.2g} apart for “{text}”; typed on the page, they decode otherwise than loaded"


def entries_never_typed(vocabulary: Vocabulary) -> list[str]:
    """The entries, begin and end left out, that the rule of words makes of no text."""
    special = {vocabulary.begin, vocabulary.end}
    return [
        word
        for i, word in enumerate(vocabulary.words)
        if i not in special and tokenize(word, lower=vocabulary.lower) != [word]
    ]


def unread_in(text: str, vocabulary: Vocabulary) -> list[str]:
    """What of `text` an encoder is not given: words that the vocabulary lacks, digits, punctuation; each once."""
    unknown = [
        word for word in tokenize(text, lower=vocabulary.lower) if _id(word, vocabulary) is None
    ]
    return list(dict.fromkeys([*unknown, *unread_signs(text, lower=vocabulary.lower)]))


def _id(word: str, vocabulary: Vocabulary) -> int | None:
    found = vocabulary.ids.get(word)
    return None if found in {vocabulary.begin, vocabulary.end} else found


def _distance(
    encoder: TextEncoder, vocabulary: Vocabulary, text: str, z: NDArray[np.float32]
) -> float:
    """Between the latent that was given and that of the words that are read; 0 where none is, which is said elsewhere."""
    ids = [
        found
        for word in tokenize(text, lower=vocabulary.lower)
        if (found := _id(word, vocabulary)) is not None
    ]
    if not ids or len(ids) > vocabulary.max_length:
        return 0.0
    return relative_difference(
        torch.from_numpy(z)[None], encode_sentences(encoder, torch.tensor([ids]))
    )


def _named(things: Sequence[str]) -> str:
    each = ", ".join(f"“{thing}”" for thing in things[:_MOST_NAMED])
    return each + (f" and {len(things) - _MOST_NAMED:,} more" if len(things) > _MOST_NAMED else "")
