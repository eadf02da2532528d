"""What is printed of figures is what they are, and what the README shows of them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from zlide.cli.tables import of_figures, of_world_figures

ROOT = Path(__file__).parents[2]


def figures(model: str) -> dict[str, Any]:
    evaluation: dict[str, Any] = json.loads(
        (ROOT / "weights" / model / "evaluation.json").read_text("utf-8")
    )
    return evaluation


def printed(table: Table) -> str:
    to = io.StringIO()
    Console(file=to, width=200).print(table)
    return "\n".join(line.rstrip() for line in to.getvalue().splitlines())


def test_the_readme_shows_the_figures_of_the_model_that_ships() -> None:
    assert f"```text\n{printed(of_figures(figures('sentences')))}\n```" in (
        ROOT / "README.md"
    ).read_text("utf-8")


def test_counts_are_whole_and_shares_are_rounded() -> None:
    lines = printed(
        of_figures(
            {
                **figures("sentences"),
                "unknown": 2283,
                "active": 100,
                "exact": 0.73,
                "words": 1.0,
                "kl": 1203.4,
                "variety": 0.996,
            }
        )
    ).splitlines()
    shown = dict(line.rsplit(maxsplit=1) for line in lines[1:7])
    assert shown == {
        "exact": "0.73",
        "words": "1",
        "unknown": "2,283",
        "active": "100",
        "kl": "1,203",
        "variety": "0.996",
    }


def test_fireballs_are_shown_whole() -> None:
    balls = {
        "with_fireball": 335,
        "reconstructed": 0.982,
        "without_fireball": 1665,
        "invented": 0.006,
        "shown": 0.156,
        "faint": 0.194,
    }
    lines = printed(of_world_figures({**figures("doom"), "fireballs": balls})).splitlines()
    assert [" ".join(line.split()) for line in lines if "fireballs" in line] == [
        "fireballs reconstructed 98.2% of 335",
        "fireballs invented 0.6% of 1,665",
        "fireballs shown 15.6% of 1,665",
        "fireballs faint 19.4% of 1,665",
    ]


def test_a_world_without_fireballs_has_none_to_show() -> None:
    assert "fireballs" not in printed(of_world_figures(figures("racing")))
