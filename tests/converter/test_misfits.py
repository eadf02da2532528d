"""A bundle whose parts contradict each other is refused in one line, by every command that reads one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zlide.bundle import read_bundle
from zlide.cli import main
from zlide.errors import ZlideError
from zlide.site import write_site

GOLDEN = Path(__file__).parents[1] / "golden/text"

Damage = Callable[..., None]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "text"))


def refused(bundle: Path) -> str:
    with pytest.raises(ZlideError) as error:
        read_bundle(bundle)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_contradicts_itself_is_named(bundle: Path, damage: Damage, misfit: dict[str, Any]) -> None:
    damage(bundle, *misfit["changes"])
    assert misfit["says"] in refused(bundle)


def test_inspect_build_and_verify_say_it(bundle: Path, damage: Damage, tmp_path: Path) -> None:
    write_site([bundle], tmp_path / "site")
    for one in (bundle, tmp_path / "site/models/text"):
        damage(one, {"file": "manifest.json", "at": ["tokens", "begin"], "to": 39})
    for words in (["inspect", bundle], ["build", bundle, "--to", tmp_path / "other"], ["verify", tmp_path / "site"]):
        result = CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")
        says = "tokens.begin: expected an id below 39, the words of vocabulary.txt, found 39; export the bundle again\n"
        assert (result.exit_code, result.stderr.partition(": ")[2]) == (1, says)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(("key", "numbers"), [("sliders", [0.5] * 8), ("residual", [0.5] * 7), ("sliders", [0.5] * 6 + [float("inf")])])
def test_an_example_that_does_not_fit_the_axes(bundle: Path, damage: Damage, key: str, numbers: list[float]) -> None:
    damage(bundle, {"file": "examples.json", "at": ["examples", 1, key], "to": numbers})
    line = refused(bundle)
    assert line.startswith(f"{bundle / 'examples.json'}: expected examples of text, sliders and residual, found: ")
    assert line.endswith("expected 7 and 8, finite; choose the examples again")


def test_every_problem_of_a_kind_is_named_at_once(bundle: Path, damage: Damage) -> None:
    damage(bundle, *({"file": "manifest.json", "at": ["tokens", end], "to": 40} for end in ("begin", "end")))
    assert refused(bundle) == (
        f"{bundle}: tokens.begin: expected an id below 39, the words of vocabulary.txt, found 40; "
        "tokens.end: expected an id below 39, the words of vocabulary.txt, found 40; export the bundle again"
    )


def test_a_width_that_a_graph_leaves_open_is_no_contradiction(bundle: Path, damage: Damage) -> None:
    step = bundle / "decoder/step/model.json"
    model = json.loads(step.read_text("utf-8"))
    model["signature"]["outputs"]["logits"]["tensorShape"]["dim"][1]["size"] = "-1"
    step.write_text(json.dumps(model), "utf-8")
    damage(bundle)
    assert read_bundle(bundle).name == "text"
