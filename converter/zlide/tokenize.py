"""Tokenization: the rule that splits text into words.

1. Normalize to NFKC, then lower the case.
2. Replace the curly apostrophes U+2018, U+2019, U+02BC and U+FF07 by the straight one.
3. A word is a letter and all letters, combining marks and apostrophes that follow it. Everything
   else separates words: digits, hyphens, emoji and the marks that emoji carry.
4. Apostrophes at the end of a word are quotation marks, and are removed.

The page has the same rule in `webapp/src/modalities/text/tokenize.ts`. Tests compare both
implementations with `tests/golden/tokenize.json`.
"""

from __future__ import annotations

import unicodedata

import regex  # has \p{L} and \p{M}, which `re` does not

_CURLY_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"))
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}']*")


def tokenize(text: str, *, lower: bool = True) -> list[str]:
    """Split `text` into words; `lower=False` keeps the case, for case-sensitive vocabularies."""
    return [match.rstrip("'") for match in _WORD.findall(_normalize(text, lower=lower))]


def unread_signs(text: str, *, lower: bool = True) -> list[str]:
    """Return the runs of characters that belong neither to words nor to white space: "100", "!!".

    They are runs of the normalized text.
    """
    return _WORD.sub(
        lambda match: " " + "'" * (len(match[0]) - len(match[0].rstrip("'"))),
        _normalize(text, lower=lower),
    ).split()


def _normalize(text: str, *, lower: bool) -> str:
    text = unicodedata.normalize("NFKC", text)
    return (text.lower() if lower else text).translate(_CURLY_APOSTROPHES)
