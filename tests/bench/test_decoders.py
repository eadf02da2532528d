"""The bench measures three contenders that paint PyTorch's pictures, and none that paints others."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from zlide.checkpoint import WorldCheckpoint, read_checkpoint
from zlide.errors import ZlideError
from zlide.kinds.image import paint

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests/bench/decoders.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decoders", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["decoders"] = module  # where its dataclasses look for their types
    spec.loader.exec_module(module)
    return module


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True, check=False, timeout=600)


def test_three_contenders_paint_what_pytorch_does_and_are_timed(tmp_path: Path) -> None:
    done = run(ROOT / "weights/doom", "--json", tmp_path / "doom.json")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "doom.json").read_text("utf-8"))["models"][str(ROOT / "weights/doom")]
    assert list(results) == ["zlide", "untouched", "onnxruntime-web"]
    for result in results.values():
        assert 0 < result["p5"] <= result["median"] <= result["p95"]
        assert 0 < result["difference"] <= 1 / 255  # 0 would be PyTorch compared with itself
    parameters = 4 * 3_625_571  # bytes of the decoder's, as float32
    assert results["zlide"]["weights"] < results["untouched"]["weights"]
    assert results["untouched"]["weights"] == pytest.approx(parameters, rel=1e-3)
    assert results["onnxruntime-web"]["weights"] == pytest.approx(parameters, rel=1e-3)
    *_, last = done.stdout.splitlines()
    assert last.startswith(f"{min(results, key=lambda name: results[name]['median'])} is ahead: ")


def test_who_paints_something_else_is_named_and_not_timed(bench: ModuleType) -> None:
    checkpoint = read_checkpoint(ROOT / "weights/doom")
    assert isinstance(checkpoint, WorldCheckpoint)
    z = np.random.default_rng(0).normal(size=(2, checkpoint.axes.latent)).astype(np.float32)
    contenders = {"mine": bench.Contender("onnxruntime", SCRIPT, 1, checkpoint.model.decoder)}
    pictures = paint(checkpoint.model.decoder, z).reshape(1, 2, -1)
    pictures[0, 1, 99] += 0.9 / 255
    (difference,) = bench.compare(contenders, z, pictures)
    assert difference == pytest.approx(0.9 / 255, rel=1e-3)
    for wrong in (2 / 255, np.nan):
        pictures[0, 1, 99] += wrong
        with pytest.raises(ZlideError, match=r"^mine: expected PyTorch's pictures, to 0.0039 a pixel, found one (0.0114|nan) away; "):
            bench.compare(contenders, z, pictures)


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("weights/sentences", "expected a model of pictures, found one of sentences; give the folder of a world"),
        ("weights/nowhere", "missing"),
    ],
)
def test_what_is_no_world_is_said_in_one_line(folder: str, said: str) -> None:
    done = run(ROOT / folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"{ROOT / folder}: {said}")
