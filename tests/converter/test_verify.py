"""A real browser is asked what it decodes: a good site is good, a changed one is found out, and what cannot be checked is said in one line."""

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
from zlide.cli.commands import main
from zlide.errors import ZlideError
from zlide.site.build import write_site
from zlide.verify.browser import find_browser
from zlide.verify.reference.text import SentenceFindings
from zlide.verify.verify import verify

pytestmark = [pytest.mark.needs_browser, pytest.mark.needs_conversion, pytest.mark.needs_page]

GOLDEN = Path(__file__).parents[1] / "golden/text"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


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


def test_a_good_site_is_equal(built: Path, checkpoint: Path) -> None:
    result = run("verify", built, "--positions", 60, "--checkpoint", checkpoint)
    assert result.exit_code == 0, result.output
    assert f"small: equal to PyTorch, from {checkpoint}" in result.stdout
    assert re.search(
        r"that agree word for word +6[23] of 63", result.stdout
    )  # three examples on top; a tie may be excused
    assert re.search(r"that differ +0\s", result.stdout)


@pytest.mark.parametrize("browser", ["firefox", "webkit"])
def test_a_good_site_is_equal_in_other_engines(built: Path, checkpoint: Path, browser: str) -> None:
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


def test_words_that_are_not_the_models_are_found_out(site: Path, checkpoint: Path) -> None:
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
    assert "other vocabulary than" in result.stderr


def test_everything_is_compared(built: Path, checkpoint: Path) -> None:
    seen: list[tuple[int, int]] = []
    (verdict,) = verify(
        built,
        positions=520,
        seed=3,
        against=[checkpoint],
        progress=lambda done, total: seen.append((done, total)),
    )
    assert verdict.good
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
    ("others", "at", "to"),
    EDITS,
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, list) else "",
)
def test_what_the_page_shows_beside_its_graphs_is_compared(
    site: Path,
    checkpoint: Path,
    damage: Callable[..., None],
    others: str,
    at: list[str | int],
    to: object,
) -> None:
    damage(site / "models/small", {"file": "manifest.json", "at": at, "to": to})
    assert (
        refused(site, against=[checkpoint])
        == f"{site / 'models/small'}: other {others} than {checkpoint} has; export it again"
    )


def test_axes_that_lead_z_elsewhere_are_found_out(
    site: Path, checkpoint: Path, damage: Callable[..., None]
) -> None:
    bundle = site / "models/small"
    shard = bundle / "axes/pca/from/group1-shard1of1.bin"
    numbers = np.frombuffer(shard.read_bytes(), np.float32).copy()
    numbers[-1] += 0.05  # of one axis, on the way back
    shard.write_bytes(numbers.tobytes())
    damage(bundle)
    (verdict,) = verify(site, positions=5, against=[checkpoint])
    assert verdict.samples.equal
    assert 1e-3 < verdict.z_difference < 1
    assert not verdict.good


def negate_the_largest_weight(graph: Path) -> None:
    """In the shard of a graph, turn the sign of its largest float16 tensor."""
    (group,) = json.loads((graph / "model.json").read_text("utf-8"))["weightsManifest"]
    shard, offset, places = graph / group["paths"][0], 0, []
    for entry in group["weights"]:
        half = "quantization" in entry
        size = (2 if half else 4) * int(np.prod(entry["shape"]))
        places.append((half, size, offset))
        offset += size
    data = bytearray(shard.read_bytes())
    assert offset == len(data)
    _, size, offset = max(places)
    data[offset : offset + size] = (
        -np.frombuffer(bytes(data[offset : offset + size]), np.float16)
    ).tobytes()
    shard.write_bytes(data)


def test_weights_that_were_changed_are_found_out(site: Path, checkpoint: Path) -> None:
    bundle = site / "models/small"
    negate_the_largest_weight(bundle / "decoder/step")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    for file in manifest["files"]:
        file["sha256"] = sha256(bundle / file["path"])
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    read_bundle(bundle)  # whole, as far as hashes go
    result = run("verify", site, "--positions", 20, "--checkpoint", checkpoint)
    assert result.exit_code == 1, result.output
    assert "small: NOT EQUAL to PyTorch" in result.stdout
    assert "differs at position " in result.stdout
    assert " apart" in result.stdout


PROBE = "text: equal to the bundle's own probe"


def test_without_a_checkpoint_only_the_probe_is_checked(
    tmp_path: Path,
    bundle: Path,
    checkpoint: Path,
    damage: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # where there are no weights/
    damage(bundle, {"file": "manifest.json", "at": ["checkpoint"], "to": "0" * 64})
    write_site([bundle], tmp_path / "site")
    result = run("verify", "site")
    assert result.exit_code == 0, result.output
    assert (
        f"{PROBE}, at 24 of the 24 positions that it holds (its checkpoint was not found; name it with --checkpoint)"
        in result.stdout
    )
    assert "24 of 24" in result.stdout
    shutil.copytree(checkpoint, "weights/Text")
    assert (
        "(weights/Text is another model than the site's; build the site again to show it)"
        in run("verify", "site").stdout
    )


def test_a_bundle_that_names_no_checkpoint(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site([GOLDEN], tmp_path / "site")  # which was made from Python
    shutil.copytree(checkpoint, "weights/text")
    result = run("verify", "site")
    assert result.exit_code == 0, result.output
    assert PROBE in result.stdout
    assert refused(Path("site"), against=[checkpoint]) == (
        "text: the bundle names no checkpoint that it could be compared with; leave out --checkpoint, or export it with about=zlide.About(checkpoint=…)"
    )


@pytest.mark.parametrize(("kind", "held"), [("text", 24), ("image", 8)])
def test_a_probe_is_compared_as_far_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, held: int
) -> None:
    monkeypatch.chdir(tmp_path)
    write_site([GOLDEN.parent / kind], tmp_path / "site")
    result = run("verify", "site")
    assert (
        f"at {held} of the {held} positions that it holds (the bundle names no checkpoint)"
        in result.stdout
    )
    assert f"{held} of {held}" in result.stdout
    fewer = run("verify", "site", "--positions", held - 3)
    assert f"at {held - 3} of the {held} positions that it holds" in fewer.stdout
    assert f"{held - 3} of {held - 3}" in fewer.stdout


def test_more_positions_than_a_probe_holds_are_refused_before_any_work(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")  # none is started
    bundle = tmp_path / "bundles/small"
    assert run("export", checkpoint, "--output", bundle).exit_code == 0
    write_site(
        [bundle, GOLDEN.parent / "image"], tmp_path / "site"
    )  # of the first there is a checkpoint
    shutil.copytree(checkpoint, "weights/small")
    result = run("verify", "site", "--positions", 9)
    assert result.exit_code == 1
    assert result.stderr.startswith("image, --positions: expected at most 8 positions, ")
    assert "found 9" in result.stderr


def test_what_is_no_site(checkpoint: Path) -> None:
    for folder, found in ((checkpoint, "a checkpoint"), (GOLDEN, "a bundle")):
        assert (
            refused(folder)
            == f"{folder}: expected a site, found {found}; make a site of it with `zlide build`"
        )


def refused(site: Path, **settings: Any) -> str:
    with pytest.raises(ZlideError) as error:
        list(verify(site, positions=5, **settings))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_another_checkpoint_is_refused(site: Path, checkpoint: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(checkpoint, tmp_path / "other"))
    weights = (other / "model.safetensors").read_bytes()
    (other / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    line = refused(site, against=[other])
    assert line.startswith(
        f"{other}: expected the checkpoint {sha256(checkpoint / 'model.safetensors')[:12]}… that small was exported from, found another; "
    )
    result = run("verify", site, "--checkpoint", other)
    assert (result.exit_code, result.stderr) == (1, line + "\n")


def test_a_damaged_site_is_refused_before_a_browser_starts(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")
    (site / "models/small/decoder/step/model.json").unlink()
    assert (
        refused(site)
        == f"{site / 'models/small'}: decoder/step/model.json is missing; export the bundle again"
    )


def test_without_a_browser(site: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")
    line = refused(site, against=[checkpoint])
    assert line.startswith(
        "ZLIDE_BROWSER: expected the path of a Chromium or Chrome, found '/nowhere/chromium', which cannot be started; "
    )
    result = run("verify", site, "--checkpoint", checkpoint)
    assert (result.exit_code, result.stderr) == (1, line + "\n")


def test_a_page_that_cannot_decode_says_why(site: Path, checkpoint: Path) -> None:
    for binary in site.glob("assets/*.wasm"):
        binary.write_bytes(b"not wasm")
    assert refused(site, against=[checkpoint]).startswith(
        f"{site / 'models/small/'}: the page could not decode: "
    )
