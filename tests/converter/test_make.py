"""`make site` exports and builds what has changed, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/text"
MAKE, GIT = (shutil.which(name) or "" for name in ("make", "git"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (MAKE and GIT), reason="make or git is not installed"),
]


def lay_out(folder: Path, checkpoint: Path) -> Path:
    """Write a checkout with this Python, a built page, and a small model in weights/."""
    for name in (
        "Makefile",
        "pyproject.toml",
        "constraints.txt",
        "webapp/package.json",
        "webapp/package-lock.json",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(checkpoint, folder / "weights/sentences")
    stamps = [
        folder / name
        for name in (
            ".venv/.installed",
            "webapp/node_modules/.installed",
            "converter/zlide/page/index.html",
        )
    ]
    for path in stamps:
        path.parent.mkdir(parents=True)
        path.touch()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, checkpoint: Path) -> Path:
    """A checkout without a site."""
    return lay_out(tmp_path, checkpoint)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A checkout after `make site`. Tests change copies of it."""
    folder = lay_out(tmp_path_factory.mktemp("made"), checkpoint)
    assert is_needed(folder)
    done = make(folder, "site")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def made_checkout(made: Path, tmp_path: Path) -> Path:
    """A copy, with the times of all files, of a checkout after `make site`."""
    return Path(shutil.copytree(made, tmp_path / "made", symlinks=True))


def make(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ.copy()
    environment.pop("MAKEFLAGS", None)  # of a make that runs these tests
    return subprocess.run(
        [MAKE, *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def is_needed(checkout: Path) -> bool:
    """Return whether `make site` would do anything."""
    done = make(checkout, "-q", "site")
    assert done.returncode < 2, done.stderr
    return done.returncode == 1


def commands(checkout: Path) -> str:
    """Return the commands that `make site` would run."""
    return make(checkout, "-n", "site").stdout


def shown(checkout: Path) -> list[str]:
    return [
        model["path"]
        for model in json.loads((checkout / "site/models.json").read_text("utf-8"))["models"]
    ]


def test_the_site_is_exported_again_only_when_a_model_changes(made_checkout: Path) -> None:
    checkout = made_checkout
    assert shown(checkout) == ["models/sentences/"]

    assert "Nothing to be done" in make(checkout, "site").stdout

    (checkout / "weights/sentences/training.safetensors").touch()
    (checkout / "weights/sentences/README.md").touch()
    assert not is_needed(checkout)  # no export reads these
    os.utime(checkout / "weights/sentences/config.json")
    assert is_needed(checkout)
    os.utime(checkout / "weights/sentences/config.json", (0, 0))
    assert not is_needed(checkout)
    examples = (checkout / "weights/sentences/examples.json").rename(checkout / "examples.json")
    assert is_needed(checkout)
    examples.rename(checkout / "weights/sentences/examples.json")
    assert not is_needed(checkout)
    points = (checkout / "weights/sentences/points.safetensors").rename(
        checkout / "points.safetensors"
    )
    assert is_needed(checkout)
    points.rename(checkout / "weights/sentences/points.safetensors")
    assert not is_needed(checkout)

    other = Path(shutil.copytree(checkout / "weights/sentences", checkout / "weights/another"))
    assert "zlide export weights/another" in commands(checkout)
    assert "zlide export weights/sentences" not in commands(checkout)
    names = re.findall(r"cache/bundles/\d+/(\w+) ", commands(checkout).partition("build")[2])
    assert names == ["sentences", "another"]  # the model that ships is shown first
    shutil.rmtree(other)
    assert not is_needed(checkout)

    subprocess.run(
        [".venv/bin/zlide", "build", str(GOLDEN), "--output", "site"],
        cwd=checkout,
        check=True,
        capture_output=True,
        timeout=300,
    )
    assert shown(checkout) == ["models/text/"]
    done = make(checkout, "site")
    assert done.returncode == 0, done.stderr
    assert shown(checkout) == ["models/sentences/"]
    assert not is_needed(checkout)
    shutil.rmtree(checkout / "site")
    assert is_needed(checkout)


def test_a_changed_page_exports_no_model(made_checkout: Path) -> None:
    checkout = made_checkout
    page = checkout / "converter/zlide/page/index.html"
    later = (checkout / ".venv/.site").stat().st_mtime + 60
    os.utime(page, (later, later))
    assert "zlide build" in commands(checkout)
    assert "zlide export" not in commands(checkout)

    source = checkout / "converter/zlide/exporter/export.py"
    source.parent.mkdir()
    source.touch()
    os.utime(source, (later, later))
    assert "zlide export weights/sentences" in commands(checkout)


def test_make_site_without_a_model_says_how_to_train_one(checkout: Path) -> None:
    shutil.rmtree(checkout / "weights")
    done = make(checkout, "site")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "weights/: expected a model, found none; train one with `.venv/bin/zlide train`\n"
    )


def test_git_tracks_only_the_models_that_ship(tmp_path: Path) -> None:
    subprocess.run([GIT, "init", "--quiet", tmp_path], check=True, timeout=60)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (
        "sentences/model.safetensors",
        "sentences/training.safetensors",
        "mine/model.safetensors",
        "mine/config.json",
    ):
        (tmp_path / "weights" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "weights" / name).touch()
    asked = [GIT, "status", "--short", "--untracked-files=all", "weights"]
    status = subprocess.run(
        asked, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    ).stdout
    assert status == "?? weights/sentences/model.safetensors\n"
