"""Suggest the name and the note of an axis from its measured effects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from zlide.axes import MAX_NAME_LENGTH, MAX_NOTE_LENGTH
from zlide.describe.effects import ContinuousFeature, Effect

_MAX_EFFECTS = 3  # in a note, at each end


def suggest_name(effects: Sequence[Effect], taken: Collection[str] = ()) -> str | None:
    """Return a name of up to 28 characters, of the largest effect that has one; or None.

    taken: names of other axes, which are not used again.
    """
    return next(
        (name for name in _names(effects) if len(name) <= MAX_NAME_LENGTH and name not in taken),
        None,
    )


def suggest_note(effects: Sequence[Effect], samples: str) -> str | None:
    """Return a note of up to 240 characters on what a reader sees at each end; None if nothing.

    Example: "Towards −: questions (3% → 46% of sentences); towards +: “music” (2% → 41%)."
    The first number is that of the other end. Effects in a region of a picture have no numbers.
    samples: the noun for several samples, of which a share is given.
    """
    for count in range(_MAX_EFFECTS, 0, -1):
        ends = [
            f"towards {sign}: {', '.join(texts)}"
            for end, sign in ((-1, "−"), (1, "+"))
            if (texts := _texts_at(effects, end, count))
        ]
        # The first share says what it is a share of.
        note = ("; ".join(ends) + ".").replace("%)", f"% of {samples})", 1)
        if ends and len(note) <= MAX_NOTE_LENGTH:
            return note[0].upper() + note[1:]
    return None


def _names(effects: Sequence[Effect]) -> Iterator[str]:
    """Yield names: of both ends of an effect, of one end of two effects, or of one end."""
    for effect in effects:
        low, high, region = effect.text_at(-1), effect.text_at(1), effect.feature.region
        if low and high:
            yield f"{region}: {effect.word_at(-1)} ↔ {effect.word_at(1)}".removeprefix(": ")
            yield high
        elif high:
            yield from (f"{other_low} ↔ {high}" for e in effects if (other_low := e.text_at(-1)))
            yield f"more {high}"
        else:
            yield from (f"{low} ↔ {other_high}" for e in effects if (other_high := e.text_at(1)))
            yield f"less {low}"


def _texts_at(effects: Sequence[Effect], end: int, count: int) -> list[str]:
    texts = [(text, effect) for effect in effects if (text := effect.text_at(end))]
    return [f"{text}{_change_towards(effect, end)}" for text, effect in texts[:count]]


def _change_towards(effect: Effect, end: int) -> str:
    feature = effect.feature
    if isinstance(feature, ContinuousFeature) and not feature.unit:
        return ""
    low, high = feature.format(effect.low), feature.format(effect.high)
    return f" ({low} → {high})" if end > 0 else f" ({high} → {low})"
