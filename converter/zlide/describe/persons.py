"""Words for men and women, as the counts of bias and the features of sentences have them."""

from __future__ import annotations

HE = ("he", "him", "his", "himself")


SHE = ("she", "her", "hers", "herself")
