"""The browser engines in which a site can be verified."""

from __future__ import annotations

from pathlib import Path

from zlide.verify.engines.chromium import Chromium
from zlide.verify.engines.engine import Engine
from zlide.verify.engines.firefox import Firefox
from zlide.verify.engines.webkit import WebKit

__all__ = ["ENGINES", "Engine", "engine_of"]

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Chromium(), Firefox(), WebKit())}


def engine_of(program: Path) -> Engine:
    """Return the engine of a program by its file name; any other name is a Chromium."""
    name = program.name.lower()
    if "firefox" in name:
        return ENGINES["firefox"]
    return ENGINES["webkit" if name == "minibrowser" else "chromium"]
