"""Find begin and end in a plain list of words by their names, or ask for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary


class Role(Enum):
    """The role of a special token, with its usual names in lower case, without brackets."""

    BEGIN = frozenset(
        """
        s sos bos begin start go cls startseq start_sent
        startoftext start_of_text begin_of_text start_of_sentence
        """.split()
    )
    END = frozenset(
        "/s e eos end stop sep eot endseq end_sent endoftext end_of_text end_of_sentence".split()
    )
    OTHER = frozenset("pad padding blank nul null unk unknown oov mask".split())


_BRACKETED = re.compile(
    r"<\|?(.+?)\|?>|\[(.+)\]|\{(.+)\}|__(.+)__|_([A-Z]+)|\|(.+)\||[#!](.+?)[#!]?"
)

_UNBRACKETED = frozenset(
    "PAD UNK SOS BOS EOS CLS SEP MASK OOV sos bos eos unk startseq endseq".split()
)
"""Names that are special without brackets."""

_MAX_LISTED = 4


def role_of(word: str) -> Role | None:
    """Return the role of a name such as `<sos>`, `[CLS]`, `_GO` or `EOS`, or None for a word."""
    match = _BRACKETED.fullmatch(word)
    bare = word if word in _UNBRACKETED else ""
    name = next(filter(None, match.groups()), "") if match else bare
    return next((role for role in Role if name.lower().replace("-", "_") in role.value), None)


def vocabulary_of_list(words: Sequence[str]) -> Vocabulary:
    """Return a plain list as a vocabulary in which begin is 0 and end is 1.

    Raises ZlideError if the names of its entries contradict that, as in a list that starts with
    `<pad>`, and if it is not a vocabulary.
    """
    vocabulary = Vocabulary(words)
    roles = [role_of(word) for word in vocabulary.words]
    if not any(roles) or roles[:2] == [Role.BEGIN, Role.END]:
        return vocabulary
    first = ", ".join(vocabulary.words[:_MAX_LISTED])
    special = ", ".join(f"{i} {vocabulary.words[i]}" for i, role in enumerate(roles) if role)
    problem = (
        f"expected a plain list to start with begin and end, found {first}; "
        f"the special tokens seem to be {special}"
    )
    begin, end = _id_of(Role.BEGIN, roles), _id_of(Role.END, roles)
    remedy = f"name their ids: zlide.Vocabulary(words, begin={begin}, end={end})"
    raise ZlideError("vocabulary", problem, remedy)


def _id_of(role: Role, roles: Sequence[Role | None]) -> str:
    ids = [i for i, other in enumerate(roles) if other is role]
    return str(ids[0]) if len(ids) == 1 else "…"
