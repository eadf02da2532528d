"""What to call an axis, and what to tell a reader of it: words made of measurements alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from zlide.axes import MAX_NAME_LENGTH, MAX_NOTE_LENGTH
from zlide.describe.effects import ContinuousFeature, Effect

_MOST = 3  # things that a note says of an end


def name_of(effects: Sequence[Effect], taken: Collection[str] = ()) -> str | None:
    """A name that fits into a slider's row and is not taken yet, of the largest effect that gives one; None where none does."""
    return next(
        (name for name in _names(effects) if len(name) <= MAX_NAME_LENGTH and name not in taken),
        None,
    )


def note_of(effects: Sequence[Effect]) -> str | None:
    """What is seen towards either end, as much as a note holds: "Towards −: questions (3% → 46% of sentences); towards +: “music” (2% → 41%)."

    Numbers lead from the other end to this one; how light a place is stands there without. None where nothing changes.
    """
    for most in range(_MOST, 0, -1):
        ends = [
            f"towards {sign}: {', '.join(reason_of)}"
            for end, sign in ((-1, "−"), (1, "+"))
            if (reason_of := _seen(effects, end, most))
        ]
        note = ("; ".join(ends) + ".").replace(
            "%)", "% of sentences)", 1
        )  # what shares are of is said once
        if ends and len(note) <= MAX_NOTE_LENGTH:
            return note[0].upper() + note[1:]
    return None


def _names(effects: Sequence[Effect]) -> Iterator[str]:
    """The two ends of the largest effect, or the largest of each end, or what comes or goes towards +."""
    for effect in effects:
        low, high, where = effect.at(-1), effect.at(1), effect.trait.where
        if low and high:
            yield f"{where}: {effect.word(-1)} ↔ {effect.word(1)}".removeprefix(": ")
            yield high
        elif high:
            yield from (f"{opposite} ↔ {high}" for other in effects if (opposite := other.at(-1)))
            yield f"more {high}"
        else:
            yield from (f"{low} ↔ {opposite}" for other in effects if (opposite := other.at(1)))
            yield f"less {low}"


def _seen(effects: Sequence[Effect], end: int, most: int) -> list[str]:
    seen = [(reason_of, effect) for effect in effects if (reason_of := effect.at(end))]
    return [f"{reason_of}{_from_to(effect, end)}" for reason_of, effect in seen[:most]]


def _from_to(effect: Effect, end: int) -> str:
    if isinstance(effect.trait, ContinuousFeature) and not effect.trait.unit:
        return ""
    low, high = effect.trait.say(effect.low), effect.trait.say(effect.high)
    return f" ({low} → {high})" if end > 0 else f" ({high} → {low})"
