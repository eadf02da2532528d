"""The kinds of browser that a site is verified in."""

from __future__ import annotations

from pathlib import Path

from zlide.verify.engines.chromium import Chromium
from zlide.verify.engines.engine import Engine
from zlide.verify.engines.firefox import Firefox
from zlide.verify.engines.webkit import WebKit

__all__ = ["ENGINES", "Engine", "engine_of"]

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Chromium(), Firefox(), WebKit())}


def engine_of(program: Path) -> Engine:
    """The engine of a program, by what its file is called; of any other name it is taken for a Chromium."""
    name = program.name.lower()
    return ENGINES[
        "firefox" if "firefox" in name else "webkit" if name == "minibrowser" else "chromium"
    ]
