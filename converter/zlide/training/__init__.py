"""Data → `weights/<name>/`. Needs the corpora, which the rest of the package never does."""
