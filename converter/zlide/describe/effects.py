"""Find the features that differ between the two ends of an axis, and measure by how much.

Effect sizes are Cohen's (*Statistical Power Analysis for the Behavioral Sciences*, second edition,
1988): h of two shares (chapter 6) and d of two means (chapter 2). 0.2 is small, 0.5 medium and 0.8
large. The samples are pairs of one position at both ends, so the tests are paired: McNemar's test
for shares, and a z test of the differences for means. The effect sizes are not paired: d is in
standard deviations of the samples, which is what a reader sees.
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
"""The smallest effect size that is reported; Cohen calls it small."""

SIGNIFICANCE = 0.01
"""The probability of any effect at all if no axis changes anything (Bonferroni)."""

_MAX_CORRELATION = 0.7  # of an effect with a larger one; beyond it both mean the same


@dataclass(frozen=True)
class BinaryFeature:
    """A property that a sample has or does not have.

    more: the name of the property.
    values (2, N) bool: of the same positions at both ends of an axis.
    """

    more: str
    values: NDArray[np.bool_]

    less: ClassVar[str | None] = None  # the absence of a property has no name
    region: ClassVar[str] = ""
    min_difference: ClassVar[float] = 0.0
    symbol: ClassVar[str] = "h"

    def test(self) -> tuple[float, float, float]:
        """Return Cohen's h, the standard error of the difference between the shares, and z.

        z is that of McNemar's test with continuity correction.
        """
        low, high = self.values
        gained, lost, count = int((high & ~low).sum()), int((low & ~high).sum()), len(low)
        changed, difference = gained + lost, gained - lost
        error = math.sqrt(max(0.0, changed - difference**2 / count)) / count
        z = max(0, abs(difference) - 1) / math.sqrt(changed) if changed else 0.0
        return 2 * (math.asin(math.sqrt(high.mean())) - math.asin(math.sqrt(low.mean()))), error, z

    def format(self, value: float) -> str:
        """Return a share as text."""
        return f"{value:.0%}"


@dataclass(frozen=True)
class ContinuousFeature:
    """A property that a sample has more or less of.

    more, less: what a reader sees where the value is higher, and where it is lower.
    values (2, N) float64: of the same positions at both ends of an axis.
    min_difference: the smallest visible difference, and a lower bound of the standard deviation.
    region: the part of a picture that the property belongs to; empty for the whole.
    unit: of the values; empty for shares of the full range.
    """

    more: str
    less: str
    values: NDArray[np.float64]
    min_difference: float
    region: str = ""
    unit: str = ""

    symbol: ClassVar[str] = "d"

    def test(self) -> tuple[float, float, float]:
        """Return Cohen's d, the standard error of the mean difference, and z."""
        low, high = self.values
        differences = high - low
        error = float(differences.std(ddof=1)) / math.sqrt(len(low))
        deviation = math.sqrt((low.var(ddof=1) + high.var(ddof=1)) / 2)
        mean = float(differences.mean())
        z = abs(mean) / error if error else math.inf if mean else 0.0
        return mean / max(self.min_difference, deviation), error, z

    def format(self, value: float) -> str:
        """Return a value as text, with its unit."""
        return f"{value:.1f} {self.unit}" if self.unit else f"{value:.0%}"


Feature = BinaryFeature | ContinuousFeature


@dataclass(frozen=True)
class Effect:
    """A change of a feature along an axis.

    low, high: its share or mean at −2 and at 2 σ.
    error: the standard error of their difference.
    size: Cohen's h or d; positive if the feature grows.
    """

    feature: Feature
    low: float
    high: float
    error: float
    size: float

    def word_at(self, end: int) -> str | None:
        """Return what a reader sees at the end −1 or 1; None for the absence of a property."""
        return self.feature.more if self.size * end > 0 else self.feature.less

    def text_at(self, end: int) -> str | None:
        """Return what a reader sees at the end −1 or 1, and in which region."""
        word = self.word_at(end)
        return word and f"{word} {self.feature.region}".rstrip()

    def summary(self) -> str:
        """Return one line, such as “music” 2% → 41% ± 2%, h +1.05."""
        feature = self.feature
        has_unit = isinstance(feature, ContinuousFeature) and feature.unit
        error = f"{self.error:.1f}" if has_unit else f"{self.error:.1%}"
        return (
            f"{self._name} {feature.format(self.low)} → {feature.format(self.high)} ± {error}, "
            f"{feature.symbol} {self.size:+.2f}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the effect as values of JSON."""
        numbers = {key: float(getattr(self, key)) for key in ("low", "high", "error", "size")}
        return {"what": self._name, "measure": self.feature.symbol, **numbers}

    @property
    def _name(self) -> str:
        return f"{self.feature.more} {self.feature.region}".rstrip()


def find_effects(features: Sequence[Feature], axes: int) -> list[Effect]:
    """Return the significant effects that are not small, the largest first.

    axes: number of axes that are tested, for the correction of the significance.
    Of correlated effects only the largest is kept, and of each region the largest difference.
    """
    critical = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2 / max(1, len(features) * axes))
    effects = []
    for feature in features:
        size, error, z = feature.test()
        low, high = (float(end.mean()) for end in feature.values)
        is_visible = abs(size) >= SMALL and abs(high - low) >= feature.min_difference
        if z > critical and is_visible:
            effects.append(Effect(feature, low, high, error, size))
    by_size = sorted(_largest_by_region(effects), key=lambda effect: -abs(effect.size))
    return _drop_correlated(by_size)


def _largest_by_region(effects: Iterable[Effect]) -> list[Effect]:
    """Return the effect with the largest difference in each region, and all without a region."""
    largest: dict[str | int, Effect] = {}
    for effect in effects:
        region = effect.feature.region or id(effect)
        before = largest.get(region)
        if before is None or abs(effect.high - effect.low) > abs(before.high - before.low):
            largest[region] = effect
    return list(largest.values())


def _drop_correlated(effects: Iterable[Effect]) -> list[Effect]:
    """Return the effects whose values do not correlate with those of an effect before them."""
    kept: list[Effect] = []
    directions: list[NDArray[np.float64]] = []
    for effect in effects:
        centred = effect.feature.values.astype(np.float64).ravel()
        centred -= centred.mean()
        direction = centred / (np.linalg.norm(centred) or 1)
        if all(direction @ other <= _MAX_CORRELATION for other in directions):
            kept.append(effect)
            directions.append(direction)
    return kept
