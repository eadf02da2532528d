"""What differs between the two ends of an axis by more than chance, and how much.

Sizes are Cohen's (*Statistical Power Analysis for the Behavioral Sciences*, second edition, 1988), of which 0.2 is small, 0.5 medium and
0.8 large: h of two shares (chapter 6) and d of two means (chapter 2). The samples are pairs, of one position at both ends, which makes
the test sharper: McNemar's for shares, a z test of the differences for means. It does not make the sizes larger: d counts in spreads of
the samples, not of the differences, as a reader sees them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

SMALL = 0.2
"""What Cohen calls a small effect: less is not told."""

CHANCE = 0.01
"""How likely it may be that anything at all is told of axes that change nothing (Bonferroni)."""

_ALIKE = 0.7  # traits that correlate more say the same twice


@dataclass(frozen=True)
class BinaryFeature:
    """Something that a sample has or has not. values (2, N) of bool: the same positions at both ends of an axis; more: what it is."""

    more: str
    values: NDArray[np.bool_]

    less: ClassVar[str | None] = None  # of what is not there there is nothing to say
    where: ClassVar[str] = ""
    least: ClassVar[float] = 0.0
    symbol: ClassVar[str] = "h"

    def test(self) -> tuple[float, float, float]:
        """Cohen's h, the standard error of the difference between the shares, and z by McNemar, corrected for continuity."""
        low, high = self.values
        gained, lost, count = int((high & ~low).sum()), int((low & ~high).sum()), len(low)
        changed, difference = gained + lost, gained - lost
        error = math.sqrt(max(0.0, changed - difference**2 / count)) / count
        z = max(0, abs(difference) - 1) / math.sqrt(changed) if changed else 0.0
        return 2 * (math.asin(math.sqrt(high.mean())) - math.asin(math.sqrt(low.mean()))), error, z

    def say(self, value: float) -> str:
        return f"{value:.0%}"


@dataclass(frozen=True)
class ContinuousFeature:
    """Something that a sample has more or less of. values (2, N): the same positions at both ends.

    more, less: what a reader sees, and `where`; least: the smallest difference that is told, and the spread of the samples is taken as no
    less; unit: what is counted, shares of the whole where it is empty.
    """

    more: str
    less: str
    values: NDArray[np.float64]
    least: float
    where: str = ""
    unit: str = ""

    symbol: ClassVar[str] = "d"

    def test(self) -> tuple[float, float, float]:
        """Cohen's d, the standard error of the mean difference, and z."""
        low, high = self.values
        differences = high - low
        error = float(differences.std(ddof=1)) / math.sqrt(len(low))
        spread = max(self.least, math.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2))
        mean = float(differences.mean())
        return (
            mean / spread,
            error,
            abs(mean) / error if error else math.inf * abs(mean) if mean else 0.0,
        )

    def say(self, value: float) -> str:
        return f"{value:.1f} {self.unit}" if self.unit else f"{value:.0%}"


Feature = BinaryFeature | ContinuousFeature


@dataclass(frozen=True)
class Effect:
    """A trait that changes: its share or mean at −2 and at 2 σ, the standard error of their difference, and Cohen's h or d, of its sign."""

    trait: Feature
    low: float
    high: float
    error: float
    size: float

    def word(self, end: int) -> str | None:
        """What is seen of it towards −, of end −1, or towards +, of end 1: nothing where there is none."""
        return self.trait.more if self.size * end > 0 else self.trait.less

    def at(self, end: int) -> str | None:
        """The same, and where."""
        word = self.word(end)
        return word and f"{word} {self.trait.where}".rstrip()

    def line(self) -> str:
        """“music” 2% → 41% ± 2%, h 1.05"""
        trait = self.trait
        error = (
            f"{self.error:.1f}"
            if isinstance(trait, ContinuousFeature) and trait.unit
            else f"{self.error:.1%}"
        )
        return (
            f"{trait.more} {trait.where}".rstrip()
            + f" {trait.say(self.low)} → {trait.say(self.high)} ± {error}, {trait.symbol} {self.size:+.2f}"
        )

    def facts(self) -> dict[str, Any]:
        """The same for programs."""
        what = f"{self.trait.more} {self.trait.where}".rstrip()
        numbers = {key: float(getattr(self, key)) for key in ("low", "high", "error", "size")}
        return {"what": what, "measure": self.trait.symbol, **numbers}


def effects_of(traits: Sequence[Feature], axes: int) -> list[Effect]:
    """What changes by more than chance and not by little, of `axes` so described, largest first.

    Of what goes together the largest is told, and of one place what changes most in itself.
    """
    beyond = NormalDist().inv_cdf(1 - CHANCE / 2 / max(1, len(traits) * axes))
    found = []
    for trait in traits:
        size, error, z = trait.test()
        low, high = (float(end.mean()) for end in trait.values)
        if z > beyond and abs(size) >= SMALL and abs(high - low) >= trait.least:
            found.append(Effect(trait, low, high, error, size))
    return _different(sorted(_one_of_a_place(found), key=lambda effect: -abs(effect.size)))


def _one_of_a_place(effects: Iterable[Effect]) -> list[Effect]:
    most: dict[str | int, Effect] = {}
    for effect in effects:
        place = effect.trait.where or id(effect)
        if place not in most or abs(effect.high - effect.low) > abs(
            most[place].high - most[place].low
        ):
            most[place] = effect
    return list(most.values())


def _different(effects: Iterable[Effect]) -> list[Effect]:
    kept: list[Effect] = []
    spread: list[NDArray[np.float64]] = []
    for effect in effects:
        values = effect.trait.values.astype(np.float64).ravel()
        values = (values - values.mean()) / (np.linalg.norm(values - values.mean()) or 1)
        if all(values @ other <= _ALIKE for other in spread):
            kept.append(effect)
            spread.append(values)
    return kept
