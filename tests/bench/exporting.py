"""How long an export takes, and how much memory: zlide's of a whole bundle, everything compared, and the stock chain's of the decoder alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.bench.figures import Figure
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]

ZLIDE = """
import sys
import onnx_tf.backend, tensorflowjs.converters.tf_saved_model_conversion_v2, torch
from time import perf_counter
from zlide.cli import main
began = perf_counter()
main(["export", sys.argv[1], "--to", sys.argv[2]], standalone_mode=False)
print(perf_counter() - began)
"""
"""`zlide export` with the imports of the stock chain before the clock starts."""

TIMES = {False: 3, True: 1}  # by whether it is to be quick


@dataclass(frozen=True)
class Run:
    """Seconds with imports and without, and the most memory that was in use at once, in bytes."""

    whole: float
    without: float
    memory: int


def exporting(weights: Path, scratch: Path, *, quick: bool) -> dict[str, dict[str, Figure]]:
    """Seconds with imports, seconds without, and peak memory, of zlide and of the stock chain, by turns, each in a process of its own."""
    programs = {"zlide": ["-c", ZLIDE], "stock": ["-m", "tests.bench.stock"]}
    runs: dict[str, list[Run]] = {name: [] for name in programs}
    for turn in range(TIMES[quick]):
        for name, program in programs.items():
            runs[name].append(_run([sys.executable, *program, str(weights), str(scratch / f"{turn}-{name}" / weights.name)]))
    return {
        "export": {name: Figure.of([run.whole for run in some], "s") for name, some in runs.items()},
        "export without imports": {name: Figure.of([run.without for run in some], "s") for name, some in runs.items()},
        "export's memory": {name: Figure.of([run.memory / 1e6 for run in some], "MB") for name, some in runs.items()},
    }


def _run(command: Sequence[str]) -> Run:
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    assert process.stdout is not None
    said = process.stdout.read().split()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not said:
        raise ZlideError(command[0], f"ended with status {process.returncode}", f"see what `{' '.join(command)}` says")
    return Run(perf_counter() - began, float(said[-1]), usage.ru_maxrss * 1024)
