"""The command line."""

from __future__ import annotations

from zlide.cli.commands import main

__all__ = ["main"]
