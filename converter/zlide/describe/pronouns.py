"""English pronouns, for the features of sentences and for the counts of bias."""

from __future__ import annotations

HE = ("he", "him", "his", "himself")
SHE = ("she", "her", "hers", "herself")
