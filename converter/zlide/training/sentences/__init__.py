"""Sentences: a corpus, prepared, and what a VAE makes of it."""
