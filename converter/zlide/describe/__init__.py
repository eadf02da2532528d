"""Measure what changes along each axis, and suggest names and notes."""

from __future__ import annotations

from zlide.describe.describe import AxisDescription, FeatureExtractor, describe
from zlide.describe.effects import BinaryFeature, ContinuousFeature, Feature
from zlide.describe.pictures import PictureFeatures
from zlide.describe.pronouns import HE, SHE
from zlide.describe.sentences import SentenceFeatures

__all__ = [
    "HE",
    "SHE",
    "AxisDescription",
    "BinaryFeature",
    "ContinuousFeature",
    "Feature",
    "FeatureExtractor",
    "PictureFeatures",
    "SentenceFeatures",
    "describe",
]
