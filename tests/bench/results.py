"""`results.json`: figures with their machine and versions, and the README's table of them."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.bench import NAME_OF_RIVAL as RIVAL
from tests.bench.bench import Measured
from tests.bench.larger import LARGER
from zlide.errors import ZlideError
from zlide.files.atomic import atomic_file

RESULTS = Path(__file__).parent / "results.json"

BEGIN, END = "<!-- written by `make bench` -->", "<!-- end -->"
"""Comments around the table in the README."""

COLUMNS = ("zlide", RIVAL, "stock", "PyTorch", "floor", "float32")

COLUMNS_OF_LARGER = ("zlide", RIVAL, "LiteRT.js", "PyTorch")


class Results:
    """The measurements: figure → contender → median, 5th and 95th percentile, unit, samples."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.held = {"figures": {}, "failed": {}, "ratios": {}} | held

    def take(self, name: str, measured: Measured, *, quick: bool) -> None:
        """Put in what was measured of the figure `name`."""
        self.held["figures"][name] = {
            key: {**asdict(figure), "quick": quick} for key, figure in measured.figures.items()
        }
        self.held["failed"].pop(name, None)
        if measured.failed:
            self.held["failed"][name] = dict(measured.failed)
        self.held["ratios"] = ratios(self.held["figures"])

    def metadata(self, browser: str, rivals: Mapping[str, str]) -> None:
        """With what it was measured."""
        packages = ("zlide", "torch", "onnx")
        self.held["versions"] = {name: importlib.metadata.version(name) for name in packages} | {
            **rivals,
            "Chromium": browser,
        }
        self.held["machine"] = {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
        }

    def lines(self, name: str) -> str:
        """A figure in plain text."""
        rows = [f"{name}:"]
        rows += [
            f"  {key:28}{_spread(figure)}" for key, figure in self.held["figures"][name].items()
        ]
        rows += [
            f"  {key:28}does not run: {why}"
            for key, why in self.held["failed"].get(name, {}).items()
        ]
        return "\n".join(rows)

    def table(self, names: Sequence[str], columns: Sequence[str]) -> str:
        """A row a figure in Markdown, of the rival's ways the quickest."""
        rows = [["", *columns], ["---", *["---:"] * len(columns)]]
        for name in names:
            by_contender = self.held["figures"][name]
            rivals = [figure for key, figure in by_contender.items() if key.startswith(RIVAL)]
            quickest = min(rivals, key=lambda figure: figure["median"], default=None)
            shown = by_contender | {RIVAL: quickest}
            failed = self.held["failed"].get(name, {})
            rows.append([name, *(_cell(shown.get(key), failed.get(key)) for key in columns)])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def ratios(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return zlide's median divided by the others'. The worse world counts."""
    worst: dict[str, float] = {}
    for name, by_contender in figures.items():
        kind = name.partition(",")[0].replace(" ", "_")
        others = {
            "rival": [m for key, m in _medians(by_contender).items() if key.startswith(RIVAL)]
        }
        others |= {
            key.lower(): [m]
            for key, m in _medians(by_contender).items()
            if key in {"floor", "PyTorch", "stock", "float32", "LiteRT.js"}
        }
        for key, medians in others.items():
            if medians:
                ratio = by_contender["zlide"]["median"] / min(medians)
                worst[f"{kind}/{key}"] = max(worst.get(f"{kind}/{key}", 0.0), round(ratio, 3))
    return worst


def read_results(path: Path) -> Results:
    """Read the results of an earlier run, if any. Raise ZlideError for another kind of file."""
    if not path.is_file():
        return Results({})
    try:
        return Results(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise ZlideError(
            path,
            "expected results of the bench, found something else",
            "delete it, or choose another with --json",
        ) from error


def write_results(results: Results, path: Path) -> None:
    """As JSON."""
    with atomic_file(path) as beside:
        beside.write_text(json.dumps(results.held, indent=1) + "\n", "utf-8")


def write_table(results: Results, readme: Path, larger: Path) -> None:
    """Write the rows of larger pictures into the page `larger`, and all others into the README.

    Each table stands between two marks. Raises ZlideError where there are none.
    """
    names = list(results.held["figures"])
    _write_between_marks(readme, results.table([n for n in names if n not in LARGER], COLUMNS))
    rows = [name for name in names if name in LARGER]
    _write_between_marks(larger, results.table(rows, COLUMNS_OF_LARGER))


def _write_between_marks(page: Path, table: str) -> None:
    text = page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ZlideError(
            page,
            f"expected {BEGIN} and {END}, between which the table stands, found none",
            "put them back",
        )
    with atomic_file(page) as beside:
        beside.write_text(f"{before}{begin}\n{table}\n{end}{after}", "utf-8")


def _cell(figure: Mapping[str, Any] | None, failed: str | None) -> str:
    if figure is None:
        return "fails" if failed else ""
    return f"{_number(figure['median'])} {figure['unit']}"


def _spread(figure: Mapping[str, Any]) -> str:
    median, p5, p95 = (_number(figure[key]) for key in ("median", "p5", "p95"))
    return f"{median} {figure['unit']} ({p5} to {p95}, {figure['samples']} samples)"


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _medians(by_contender: Mapping[str, Any]) -> dict[str, float]:
    return {key: figure["median"] for key, figure in by_contender.items()}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = (
        [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        if cpuinfo.exists()
        else []
    )
    return names[0] if names else platform.processor()
