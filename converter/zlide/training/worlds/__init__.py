"""Worlds: frames of games, captured, and what a VAE makes of them."""
