"""All decoders that have to convert, by name, and the table of those that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from tests.coverage.architectures import ARCHITECTURES
from tests.coverage.decoders import Factory, make, picture
from tests.coverage.faults import FAULTS
from tests.coverage.lines import LINES
from tests.coverage.operations import OPERATIONS
from tests.coverage.text_lines import TEXT_LINES
from tests.coverage.writers import WRITERS

TABLE = Path(__file__).parent / "refused.json"
BACKENDS = ("wasm", "webgl", "webgpu")
GAIN = 1.8
"""Factor of the weights of whole decoders, whose outputs would hardly depend on z otherwise."""


@dataclass(frozen=True)
class Case:
    """A decoder; `group` is the heading in `docs/coverage.md`."""

    name: str
    group: str
    factory: Factory
    is_text: bool = False
    gain: float = 1

    def make(self) -> nn.Module:
        return make(self.name, self.factory, self.gain)


def _cases(
    group: str, factories: dict[str, Factory], wrap: Callable[[Factory], Factory], **settings: Any
) -> dict[str, Case]:
    return {
        name: Case(name, group, wrap(factory), **settings) for name, factory in factories.items()
    }


GROUPS = (
    _cases("Operations", OPERATIONS, picture),
    _cases("Layers and idioms of pictures", LINES, picture),
    _cases("Layers of sentences", TEXT_LINES, lambda factory: factory, is_text=True),
    _cases("Faults of decoders of pictures", FAULTS, lambda factory: factory),
    _cases("Decoders of pictures", ARCHITECTURES, lambda factory: factory, gain=GAIN),
    _cases("Decoders of sentences", WRITERS, lambda factory: factory, is_text=True, gain=GAIN),
)
CASES: dict[str, Case] = {name: case for group in GROUPS for name, case in group.items()}
assert len(CASES) == sum(map(len, GROUPS)), "two cases have the same name"

REFUSED_FOR_GOOD = {
    "fft": "fft",
    "complex": "complex",
    "bn_no_stats": "batch",
    "data_dependent_shape": "shape",
}
"""Cases that can never convert, and a word of their refusal, in lower case."""

_TABLE = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {"refused": {}, "backends": {}}

EXPECTED_REFUSALS: dict[str, str] = _TABLE["refused"]
"""Name of a case that does not convert → the reason in short."""

NOT_ON_BACKENDS: dict[str, dict[str, str]] = {
    backend: _TABLE["backends"].get(backend, {}) for backend in BACKENDS
}
"""Backend → name of a case that it cannot run → the reason in short."""

ABORTS = "ends the process"
"""The reason of a case that takes Python down with it, which no test can run."""
