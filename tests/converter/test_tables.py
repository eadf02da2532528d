"""Tables print the figures of an evaluation, as the README shows them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from zlide.cli.tables import format_evaluation, format_world_evaluation

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


def test_the_training_page_shows_the_figures_of_the_model_that_ships() -> None:
    assert f"```text\n{printed(format_evaluation(figures('sentences')))}\n```" in (
        ROOT / "docs/training.md"
    ).read_text("utf-8")


def test_prints_counts_in_full_and_shares_in_three_digits() -> None:
    lines = printed(
        format_evaluation(
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


def test_prints_fireballs_as_shares_of_their_counts() -> None:
    balls = {
        "with_fireball": 335,
        "reconstructed": 0.982,
        "without_fireball": 1665,
        "invented": 0.006,
        "shown": 0.156,
        "faint": 0.194,
    }
    lines = printed(format_world_evaluation({**figures("doom"), "fireballs": balls})).splitlines()
    assert [" ".join(line.split()) for line in lines if "fireballs" in line] == [
        "fireballs reconstructed 98.2% of 335",
        "fireballs invented 0.6% of 1,665",
        "fireballs shown 15.6% of 1,665",
        "fireballs faint 19.4% of 1,665",
    ]


def test_prints_no_fireballs_of_another_world() -> None:
    assert "fireballs" not in printed(format_world_evaluation(figures("racing")))
