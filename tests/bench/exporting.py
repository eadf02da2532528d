"""Time and memory of an export: zlide's of a whole bundle, the stock chain's of a decoder alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.bench.figures import Figure
from tests.bench.programs import CHAIN
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
import {imported}
from pathlib import Path
from time import perf_counter
from {module} import main
weights, to = sys.argv[1:]
began = perf_counter()
{call}
seconds = perf_counter() - began
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(seconds, status["VmHWM"].split()[0])
"""
"""A program that exports, and prints the seconds without imports and the peak memory in KiB.

A parent's figure for its child would include the memory of the parent at the fork.
"""

PROGRAMS = {
    "zlide": (
        Path(sys.executable),
        {
            "imported": "torch",
            "module": "zlide.cli",
            "call": 'main(["export", weights, "--output", to], standalone_mode=False)',
        },
    ),
    "stock": (
        CHAIN / "python",
        {
            "imported": "onnx_tf.backend, tensorflowjs.converters.tf_saved_model_conversion_v2",
            "module": "tests.bench.stock",
            "call": "main(Path(weights), Path(to))",
        },
    ),
}
"""The Python of each contender, and what fills its program."""

TIMES = {False: 3, True: 1}  # by whether it is to be quick


@dataclass(frozen=True)
class Run:
    """Seconds with imports and without, and the most memory that was in use at once, in bytes."""

    whole: float
    without: float
    memory: int


def exporting(weights: Path, scratch: Path, *, quick: bool) -> dict[str, dict[str, Figure]]:
    """Measure seconds with and without imports, and peak memory, each in its own process."""
    programs = {name: each for name, each in PROGRAMS.items() if each[0].is_file()}
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for turn in range(TIMES[quick]):
        for name, (python, words) in programs.items():
            to = scratch / f"{turn}-{name}" / weights.name
            program = PROGRAM.format(**words)
            runs[name].append(_run([str(python), "-c", program, str(weights), str(to)]))
    return {
        "export": {
            name: Figure.of([run.whole for run in some], "s") for name, some in runs.items()
        },
        "export without imports": {
            name: Figure.of([run.without for run in some], "s") for name, some in runs.items()
        },
        "export's memory": {
            name: Figure.of([run.memory / 1e6 for run in some], "MB") for name, some in runs.items()
        },
    }


def _run(command: Sequence[str]) -> Run:
    began = perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    whole = perf_counter() - began
    if done.returncode:
        errors = done.stderr.strip().splitlines() or ["no message"]
        raise ZlideError(
            command[-2],
            f"an export ended with status {done.returncode}: {errors[-1]}",
            "export it by itself, to see why",
        )
    without, memory = done.stdout.split()[-2:]
    return Run(whole, float(without), 1024 * int(memory))
