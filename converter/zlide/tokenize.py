"""The rule that turns text into words: written once here in words, and once more in `webapp/src/words.ts`.

1. Normalize to NFKC, then lower case.
2. The curly apostrophes U+2018, U+2019, U+02BC and U+FF07 become the straight one.
3. A word is a letter and all the letters, combining marks and apostrophes that follow it; everything else (digits, hyphens, emoji
   and the marks that emoji carry) separates.
4. Apostrophes at the end of a word are quotation marks and fall away, as those before a word do by rule 3.

Both implementations are tested against `tests/golden/tokenize.json`.
"""

from __future__ import annotations

import unicodedata

import regex  # knows \p{L} and \p{M}, which the standard `re` does not

_CURLY = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"))
_RUN = regex.compile(r"\p{L}[\p{L}\p{M}']*")


def tokenize(text: str, *, lower: bool = True) -> list[str]:
    """Split `text` into words by the rule above; `lower=False` keeps its case, for case-sensitive vocabularies."""
    text = unicodedata.normalize("NFKC", text)
    text = (text.lower() if lower else text).translate(_CURLY)
    return [run.rstrip("'") for run in _RUN.findall(text)]


def unread_signs(text: str, *, lower: bool = True) -> list[str]:
    """The runs of characters in `text`, after NFKC, that are neither white space nor part of a word: "100", "!!", "%"."""
    text = unicodedata.normalize("NFKC", text)
    text = (text.lower() if lower else text).translate(_CURLY)
    return _RUN.sub(lambda run: " " + "'" * (len(run[0]) - len(run[0].rstrip("'"))), text).split()
