"""Convert each case once for all tests, and keep its graphs on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.coverage.cases import CASES
from tests.coverage.converting import convert_case, convert_unrolled, differences, outcome

RESULT = "result.json"


@dataclass(frozen=True)
class Written:
    """The outcome of a case.

    reason: why it was refused, None if it was not.
    path, input, output: model.json of the graph z (B, 6) → output, and its two names.
    """

    reason: str | None
    path: str = ""
    input: str = ""
    output: str = ""

    @property
    def model(self) -> Path:
        return Path(self.path)


def write_case(name: str, folder: Path) -> Written:
    """Convert a case into `folder`, or return what an earlier call found."""
    result = folder / RESULT
    if result.exists():
        return Written(**json.loads(result.read_text("utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Written] = []
    reason = outcome(lambda: found.append(_convert(name, folder)))
    written = found[0] if found else Written(reason)
    result.write_text(json.dumps(asdict(written)), "utf-8")
    return written


def _convert(name: str, folder: Path) -> Written:
    case = CASES[name]
    converted = convert_case(case, folder)
    if wrong := differences(converted):
        return Written(f"differs from PyTorch: {'; '.join(wrong)}")
    parts = convert_unrolled(case, folder) if case.is_text else converted.parts
    key = "decoder/text" if case.is_text else "decoder/image"
    graph = parts.graph(key)
    return Written(None, str(folder / graph.path), graph.inputs[0], graph.outputs[0])
