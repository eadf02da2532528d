"""A quick bench: contenders decode what PyTorch does, and are timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import decoding

ROOT = Path(__file__).parents[2]


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "tests.bench", *map(str, words)]
    return subprocess.run(
        program, capture_output=True, text=True, check=False, timeout=1200, cwd=ROOT
    )


@pytest.mark.needs_browser
@pytest.mark.needs_conversion
def test_contenders_decode_what_pytorch_does_and_are_timed(tmp_path: Path) -> None:
    done = bench(
        "--quick",
        "--json",
        tmp_path / "results.json",
        "sentence",
        "image, doom",
        "runtime bytes",
        "model bytes, doom",
        "first decode, doom",
    )
    assert done.returncode == 0, done.stderr
    held = json.loads((tmp_path / "results.json").read_text("utf-8"))
    sentence, image = held["figures"]["sentence"], held["figures"]["image, doom"]
    assert list(sentence) == [
        "zlide",
        "onnxruntime-web, unrolled",
        "onnxruntime-web, stepwise",
        "floor",
        "PyTorch",
    ]
    assert list(image) == ["zlide", "onnxruntime-web", "stock", "floor", "PyTorch"]
    for figure in (*sentence.values(), *image.values()):
        assert 0 < figure["p5"] <= figure["median"] <= figure["p95"]
        assert figure["samples"] == decoding.QUICK.decodes
    assert "tanh activation not yet supported" in held["failed"]["sentence"]["stock"]
    fastest = min(
        sentence[name]["median"] for name in sentence if name.startswith("onnxruntime-web")
    )
    assert held["ratios"]["sentence/rival"] == pytest.approx(
        sentence["zlide"]["median"] / fastest, abs=1e-3
    )
    assert held["machine"]["cores"]
    assert held["ratios"]["runtime_bytes/rival"] < 0.1
    assert 0 < held["ratios"]["first_decode/rival"] < 1
    assert held["versions"]["onnxruntime-web"] == "1.30.0"
    assert "image, doom:\n  zlide " in done.stdout
