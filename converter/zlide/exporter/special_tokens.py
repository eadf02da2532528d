"""Find begin and end in a plain list of words, or ask for them: a list that begins with <pad> has them elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary


class Role(Enum):
    """What a special token is for, and its usual names in lower case, without brackets."""

    BEGIN = frozenset(
        {
            "s",
            "sos",
            "bos",
            "begin",
            "start",
            "go",
            "cls",
            "startoftext",
            "start_of_text",
            "begin_of_text",
            "start_of_sentence",
        }
    )
    END = frozenset(
        {"/s", "eos", "end", "stop", "sep", "eot", "endoftext", "end_of_text", "end_of_sentence"}
    )
    OTHER = frozenset({"pad", "padding", "blank", "unk", "unknown", "oov", "mask"})


_BRACKETED = re.compile(r"<\|?(.+?)\|?>|\[(.+)\]|\{(.+)\}|__(.+)__|_([A-Z]+)|\|(.+)\|")
_BARE = frozenset({"PAD", "UNK", "SOS", "BOS", "EOS", "CLS", "SEP", "MASK", "OOV"})
"""Names that are special in capitals alone, without brackets."""

_MOST_NAMED = 4


def role_of(word: str) -> Role | None:
    """What a special token is for by its name, as `<sos>`, `[CLS]`, `_GO` or `EOS`; None for a word."""
    match = _BRACKETED.fullmatch(word)
    name = next(filter(None, match.groups()), "") if match else word if word in _BARE else ""
    return next((role for role in Role if name.lower() in role.value), None)


def with_begin_and_end(words: Sequence[str]) -> Vocabulary:
    """A plain list as a vocabulary, whose first entries are begin (0) and end (1).

    Raises ZlideError where the names of its entries say otherwise, and for what is not a vocabulary.
    """
    vocabulary = Vocabulary(words)
    roles = [role_of(word) for word in vocabulary.words]
    begins, ends = (
        [i for i, role in enumerate(roles) if role is sought] for sought in (Role.BEGIN, Role.END)
    )
    if not any(roles) or (roles[0] is Role.BEGIN and len(roles) > 1 and roles[1] is Role.END):
        return vocabulary
    found = ", ".join(f"{i} {vocabulary.words[i]}" for i, role in enumerate(roles) if role)
    first = ", ".join(vocabulary.words[:_MOST_NAMED])
    begin, end = (str(ids[0]) if len(ids) == 1 else "…" for ids in (begins, ends))
    problem = f"expected a plain list to begin with begin and end, found {first}; the special tokens seem to be {found}"
    raise ZlideError(
        "vocabulary",
        problem,
        f"say which they are: zlide.Vocabulary(words, begin={begin}, end={end})",
    )
