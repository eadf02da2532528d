"""A real browser decodes: a good site passes, and every change of it is found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from zlide.bundle.folder import read_bundle, sha256
from zlide.cli import main
from zlide.errors import ZlideError
from zlide.modalities.text.reference import SentenceFindings
from zlide.site.build import write_site
from zlide.verify.browser import find_browser
from zlide.verify.verify_site import verify

pytestmark = [pytest.mark.needs_browser, pytest.mark.needs_conversion, pytest.mark.needs_page]

GOLDEN = Path(__file__).parents[1] / "golden/text"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


def refusal(site: Path, **settings: Any) -> ZlideError:
    """Verify a site that cannot be verified, and return the error, which is one line."""
    with pytest.raises(ZlideError) as error:
        list(verify(site, positions=5, **settings))
    assert "\n" not in str(error.value)
    return error.value


@pytest.fixture(scope="module")
def built(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("built") / "site"
    result = run("build", checkpoint, "--output", site)
    assert result.exit_code == 0, result.output
    assert "agree at 64 positions, word for word" in result.stdout
    assert f"{site}: ready for any static server" in result.stdout
    return site


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "site"))


def test_a_good_site_passes(built: Path, checkpoint: Path) -> None:
    result = run("verify", built, "--positions", 60, "--checkpoint", checkpoint)
    assert result.exit_code == 0, result.output
    assert f"small: equal to PyTorch, from {checkpoint}" in result.stdout
    assert re.search(  # with three examples; a tie is tolerated
        r"that agree word for word +6[23] of 63", result.stdout
    )
    assert re.search(r"that differ +0\s", result.stdout)


@pytest.mark.parametrize("browser", ["firefox", "webkit"])
def test_a_good_site_passes_in_other_engines(built: Path, checkpoint: Path, browser: str) -> None:
    try:
        find_browser(browser)
    except ZlideError as error:
        pytest.skip(str(error))
    result = run(
        "verify", built, "--positions", 60, "--browser", browser, "--checkpoint", checkpoint
    )
    assert result.exit_code == 0, result.output
    assert re.search(r"that differ +0\s", result.stdout)
    assert {"firefox": "Firefox/", "webkit": "Version/"}[browser] in result.stdout


def test_finds_another_vocabulary(site: Path, checkpoint: Path) -> None:
    bundle = site / "models" / "small"
    words = (bundle / "vocabulary.txt").read_text("utf-8").splitlines()
    words[2], words[3] = words[3], words[2]
    (bundle / "vocabulary.txt").write_text("\n".join(words) + "\n", "utf-8")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    (entry,) = [file for file in manifest["files"] if file["path"] == "vocabulary.txt"]
    entry["sha256"] = sha256(bundle / "vocabulary.txt")
    (bundle / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    result = run("verify", site, "--positions", 5, "--checkpoint", checkpoint)
    assert result.exit_code == 1
    assert f"expected the vocabulary of {checkpoint}, found" in result.stderr


def test_compares_all_positions_examples_and_encodings(built: Path, checkpoint: Path) -> None:
    seen: list[tuple[int, int]] = []
    (verdict,) = verify(
        built,
        positions=520,
        seed=3,
        checkpoints=[checkpoint],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert verdict.passed
    assert isinstance(verdict.samples, SentenceFindings)
    assert verdict.samples.comparison.positions == 523
    assert verdict.z_difference < 1e-4
    assert 0 < verdict.encoder_difference < 1e-4
    assert verdict.encoded == 200
    assert verdict.tensors[0] == verdict.tensors[1] is not None
    assert verdict.backend == "wasm"
    assert seen[-1] == (823, 823)


EDITS = [
    ("posters", ["posters", 0, "decoded"], "the cat sings"),
    ("posters", ["posters", 0, "text"], "the cat sings"),
    ("posters", ["posters", 1, "sliders", 2], 0.25),
    ("range of the axes", ["axes", 0, "range"], 4.0),
    ("default_count of the axes", ["axes", 0, "default_count"], 2),
    ("names of the axes", ["axes", 0, "axes", 3, "name"], "mood"),
    ("stdevs of the axes", ["axes", 0, "axes", 3, "stdev"], 0.5),
    ("shares of the axes", ["axes", 0, "axes", 0, "share"], 0.9),
]


@pytest.mark.parametrize(
    ("content", "at", "to"),
    EDITS,
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, list) else "",
)
def test_finds_other_content_of_the_manifest(
    site: Path,
    checkpoint: Path,
    damage: Callable[..., None],
    content: str,
    at: list[str | int],
    to: object,
) -> None:
    damage(site / "models/small", {"file": "manifest.json", "at": at, "to": to})
    found = refusal(site, checkpoints=[checkpoint])
    assert found.where == str(site / "models/small")
    assert found.problem.startswith(f"expected the {content} of {checkpoint}, ")
    assert "export" in found.remedy


def test_finds_axes_with_another_inverse(
    site: Path, checkpoint: Path, damage: Callable[..., None]
) -> None:
    bundle = site / "models/small"
    shard = bundle / "axes/pca/from/group1-shard1of1.bin"
    numbers = np.frombuffer(shard.read_bytes(), np.float32).copy()
    numbers[-1] += 0.05  # of one axis, from z to sliders
    shard.write_bytes(numbers.tobytes())
    damage(bundle)
    (verdict,) = verify(site, positions=5, checkpoints=[checkpoint])
    assert verdict.samples.equal
    assert 1e-3 < verdict.z_difference < 1
    assert not verdict.passed


def negate_the_largest_weight(graph: Path) -> None:
    """Change the sign of the largest float16 tensor in the shard of a graph."""
    (group,) = json.loads((graph / "model.json").read_text("utf-8"))["weightsManifest"]
    shard, offset, tensors = graph / group["paths"][0], 0, []
    for entry in group["weights"]:
        half = "quantization" in entry
        size = (2 if half else 4) * int(np.prod(entry["shape"]))
        tensors.append((half, size, offset))
        offset += size
    data = bytearray(shard.read_bytes())
    assert offset == len(data)
    _, size, offset = max(tensors)
    data[offset : offset + size] = (
        -np.frombuffer(bytes(data[offset : offset + size]), np.float16)
    ).tobytes()
    shard.write_bytes(data)


def test_finds_changed_weights(site: Path, checkpoint: Path) -> None:
    bundle = site / "models/small"
    negate_the_largest_weight(bundle / "decoder/step")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    for file in manifest["files"]:
        file["sha256"] = sha256(bundle / file["path"])
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    read_bundle(bundle)  # the hashes are right
    result = run("verify", site, "--positions", 20, "--checkpoint", checkpoint)
    assert result.exit_code == 1, result.output
    assert "small: NOT EQUAL to PyTorch" in result.stdout
    assert "differs at position " in result.stdout
    assert " apart" in result.stdout


PROBE = "text: equal to the bundle's own probe"


def test_compares_with_the_probe_if_there_is_no_checkpoint(
    tmp_path: Path,
    bundle: Path,
    checkpoint: Path,
    damage: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # without weights/
    damage(bundle, {"file": "manifest.json", "at": ["checkpoint"], "to": "0" * 64})
    write_site([bundle], tmp_path / "site")
    result = run("verify", "site")
    assert result.exit_code == 0, result.output
    assert re.search(
        rf"^{PROBE}, at 24 of its 24 positions \(.*--checkpoint\)", result.stdout, re.MULTILINE
    )
    assert "compared only 24 sentences; " in result.stdout
    assert "24 of 24" in result.stdout
    shutil.copytree(checkpoint, "weights/Text")
    assert re.search(r"\(weights/Text .*build the site again", run("verify", "site").stdout)


def test_refuses_a_checkpoint_for_a_bundle_that_names_none(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site([GOLDEN], tmp_path / "site")  # exported in Python, without a checkpoint
    shutil.copytree(checkpoint, "weights/text")
    result = run("verify", "site")
    assert result.exit_code == 0, result.output
    assert PROBE in result.stdout
    found = refusal(Path("site"), checkpoints=[checkpoint])
    assert found.where == "text"
    assert "checkpoint" in found.problem
    assert "leave out --checkpoint" in found.remedy
    assert "zlide.Metadata(checkpoint=" in found.remedy


@pytest.mark.parametrize(
    ("kind", "held", "words"), [("text", 24, "sentences"), ("image", 8, "pictures at 8 bits")]
)
def test_compares_as_many_positions_of_the_probe_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, held: int, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site([GOLDEN.parent / kind], tmp_path / "site")
    result = run("verify", "site")
    assert f"at {held} of its {held} positions (the bundle names neither " in result.stdout
    assert f"compared only {held} {words}; export it again, or give --module" in result.stdout
    assert f"{held} of {held}" in result.stdout
    fewer = run("verify", "site", "--positions", held - 3)
    assert f"at {held - 3} of its {held} positions" in fewer.stdout
    assert f"{held - 3} of {held - 3}" in fewer.stdout


def test_refuses_more_positions_than_a_probe_has_before_any_work(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")  # none is started
    bundle = tmp_path / "bundles/small"
    assert run("export", checkpoint, "--output", bundle).exit_code == 0
    write_site([bundle, GOLDEN.parent / "image"], tmp_path / "site")
    shutil.copytree(checkpoint, "weights/small")  # so the first bundle has a checkpoint
    result = run("verify", "site", "--positions", 9)
    assert result.exit_code == 1
    assert result.stderr.startswith("image, --positions: expected at most 8 positions, ")
    assert "found 9" in result.stderr
    assert "--checkpoint" in result.stderr


def test_refuses_a_folder_that_is_not_a_site(checkpoint: Path) -> None:
    for folder, kind in ((checkpoint, "a checkpoint"), (GOLDEN, "a bundle")):
        found = refusal(folder)
        assert found.where == str(folder)
        assert found.problem.endswith(f"found {kind}")
        assert "`zlide build`" in found.remedy


def test_refuses_another_checkpoint(site: Path, checkpoint: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(checkpoint, tmp_path / "other"))
    weights = (other / "model.safetensors").read_bytes()
    (other / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    found = refusal(site, checkpoints=[other])
    assert found.where == str(other)
    assert f"expected the checkpoint {sha256(checkpoint / 'model.safetensors')[:12]}…" in (
        found.problem
    )
    assert "--checkpoint" in found.remedy
    result = run("verify", site, "--checkpoint", other)
    assert (result.exit_code, result.stderr) == (1, f"{found}\n")


def test_refuses_a_damaged_site_before_a_browser_starts(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")
    (site / "models/small/decoder/step/model.json").unlink()
    found = refusal(site)
    assert found.where == str(site / "models/small")
    assert "decoder/step/model.json" in found.problem
    assert "export" in found.remedy


def test_refuses_a_browser_that_does_not_exist(
    site: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")
    found = refusal(site, checkpoints=[checkpoint])
    assert found.where == "ZLIDE_BROWSER"
    assert "found '/nowhere/chromium'" in found.problem
    result = run("verify", site, "--checkpoint", checkpoint)
    assert (result.exit_code, result.stderr) == (1, f"{found}\n")


def test_names_the_error_of_a_page_that_cannot_decode(site: Path, checkpoint: Path) -> None:
    for binary in site.glob("assets/*.wasm"):
        binary.write_bytes(b"not wasm")
    found = refusal(site, checkpoints=[checkpoint])
    assert found.where == str(site / "models/small")
    assert re.match("the page could not decode: .", found.problem)
