"""Decoders without a checkpoint: a browser is compared with PyTorch at 1,000 positions."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.converter import strangers
from zlide.bundle import read_probe
from zlide.cli import main
from zlide.site.build import write_site

pytestmark = [pytest.mark.needs_browser, pytest.mark.needs_conversion, pytest.mark.needs_page]

KINDS = {"image": "pixels", "text": "tokens"}
EXPORTS = {"image": strangers.export_pictures, "text": strangers.export_sentences}
CLASSES = {"image": "Pictures", "text": "Sentences"}


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the bundles and their references."""
    folder = tmp_path_factory.mktemp("strangers")
    for kind, export in EXPORTS.items():
        export(folder / "bundles" / kind)
    return folder


@pytest.fixture
def bundles(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(exported / "bundles", tmp_path / "bundles"))


def built(*bundles: Path) -> Path:
    write_site(bundles, Path("site"))
    return Path("site")


def test_compares_all_positions_of_the_export(bundles: Path) -> None:
    site = Path("site")
    result = run("build", *sorted(bundles.iterdir()), "--output", site)  # as `bundles/*`
    assert result.exit_code == 0, result.output
    assert not [path for path in site.rglob("*") if "reference" in path.name]
    result = run("verify", site)
    assert result.exit_code == 0, result.output
    for kind in KINDS:
        path = f"bundles/{kind}.reference.safetensors"
        stated = f"{kind}: equal to PyTorch at export, at 1,000 of the 1,000 positions in {path}"
        assert stated in result.stdout
    assert re.search(r"pictures that agree pixel by pixel +1,000 of 1,000", result.stdout)
    assert re.search(r"that differ +0\s", result.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_finds_a_fault_that_the_probe_does_not_show(
    bundles: Path, kind: str, damage: Callable[..., None]
) -> None:
    probe = read_probe(bundles / kind / "probe.safetensors", KINDS[kind])
    assert not strangers.is_rare(probe.z).any()
    strangers.damage_rare_weights(bundles / kind)
    damage(bundles / kind)
    site = built(bundles / kind)
    result = run("verify", site)
    assert result.exit_code == 1, result.output
    assert f"{kind}: NOT EQUAL to PyTorch at export" in result.stdout
    (bundles / f"{kind}.reference.safetensors").unlink()
    result = run("verify", site)
    assert result.exit_code == 0, result.output
    count = len(probe.z)
    assert f"{kind}: equal to the bundle's own probe, at {count} of its {count}" in result.stdout
    assert f"its reference {kind}.reference.safetensors was not found" in result.stdout
    assert f"compared only {count} " in result.stdout
    assert "give --module, to compare 1,000" in result.stdout


def test_compares_pictures_more_exactly_than_at_8_bits(bundles: Path) -> None:
    result = run("verify", built(bundles / "image"), "--positions", 20)
    assert "at 20 of the 1,000 positions" in result.stdout
    assert "20 of 20" in result.stdout
    difference = re.search(r"largest difference of a pixel +(\S+) of 255", result.stdout)
    assert difference is not None
    assert float(difference[1]) < 0.01  # rounding to 8 bits alone gives up to 0.5


def write_module(folder: Path, kind: str, change: str = "") -> Path:
    """Write a file that makes the stranger's decoder, changed by a line of Python."""
    folder.mkdir()
    shutil.copyfile(strangers.__file__, folder / "strange.py")
    path = folder / "mine.py"
    path.write_text(
        "import torch\nfrom strange import Pictures, Sentences\n\n"
        f"def make():\n    decoder = {CLASSES[kind]}()\n    {change or 'pass'}\n"
        "    return decoder\n",
        "utf-8",
    )
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_decodes_new_positions_with_the_authors_module(bundles: Path, kind: str) -> None:
    (bundles / f"{kind}.reference.safetensors").unlink()
    site, module = built(bundles / kind), write_module(Path("code"), kind)
    result = run("verify", site, "--module", f"{module}:make", "--positions", 150, "--seed", 4)
    assert result.exit_code == 0, result.output
    assert f"{kind}: equal to PyTorch, from {module}:make" in result.stdout
    assert "150 of 150" in result.stdout
    other = write_module(Path("other"), kind, "decoder.rare.data.zero_()")
    result = run("verify", site, "--module", f"{kind}={other}:make", "--positions", 150)
    assert result.exit_code == 1, result.output
    assert f"{kind}: NOT EQUAL to PyTorch, from {other}:make" in result.stdout
