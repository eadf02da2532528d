"""The model card shows config.json and evaluation.json, also if optional parts are missing."""

import copy
import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from zlide.checkpoint.networks.sentence import SentenceConfig
from zlide.checkpoint.settings import Cap, Recipe, SentenceSchedule, read_settings
from zlide.recipes.sentences.card import render_card
from zlide.recipes.worlds.card import render_card as render_world_card

WEIGHTS = Path(__file__).parents[2] / "weights"

CONFIG: dict[str, Any] = {
    "title": "Small talk",
    "model": asdict(SentenceConfig(vocabulary=5002)),
    "recipe": asdict(Recipe(caps=(Cap(("tom", "mary"), 8000),))),
    "schedule": asdict(SentenceSchedule(kl_weight=0.35)),
    "command": "zlide train sentences --corpus talk.txt --output weights/small",
    "license": "CC BY-SA 4.0",
    "attribution": "Talk by the talkers.",
    "rationale": "It reads best.",
}
FIGURES: dict[str, Any] = {
    "exact": 0.75,
    "words": 0.9,
    "unknown": 0,
    "active": 97,
    "kl": 31.26,
    "perplexity": {
        "held_out": 40.0,
        "shuffled": 700.0,
        "moved": 50.0,
        "aggregate": 100.0,
        "prior": 120.0,
    },
    "corpora": {"talk": {"exact": 0.8, "words": 0.95}},
    "variety": 0.99,
}
EVALUATION: dict[str, Any] = {
    **FIGURES,
    "seed": 1,
    "parameters": 3_140_000,
    "shares": [0.1, 0.05, 0.03, 0.02, 0.01, 0.01],
    "corpus": {
        "digest": "00",
        "vocabulary": 5002,
        "files": {"talk": {"training": 12_345, "repeats": 2, "held_out": 2000}},
    },
    "curve": [
        {"kl_weight": 0.2, **FIGURES, "exact": 0.85, "shipped": False},
        {"kl_weight": 0.35, **FIGURES, "shipped": True},
    ],
    "samples": {
        "around": [{"sentence": "hello there", "decoded": ["hello here", ""]}],
        "along": [{"sentence": "hello there", "decoded": [[f"step {i}" for i in range(7)]]}],
        "aggregate": ["good morning"],
        "between": [{"from": "hello there", "to": "good night", "decoded": ["hello night"]}],
    },
    "bias": {
        "sentences": {"training": 2000, "samples": 1000},
        "groups": [{"words": ["he", "him"], "training": 200, "samples": 150}],
        "names": [{"words": ["tom"], "training": 30, "samples": 20}],
        "beside": [{"word": "doctor", "he": 114, "she": 42}],
    },
}


def rows(card: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in card.splitlines()
        if line.startswith("|")
    ]


def test_the_card_has_a_row_for_every_figure() -> None:
    card = render_card(CONFIG, EVALUATION)
    table = rows(card)
    assert card.startswith("# Small talk\n")
    assert ["`talk`", "12,345", "2", "2,000"] in table
    assert ["weight of the KL term", "0.35"] in table
    assert ["words at the right position", "90.0%"] in table
    assert ["both for `talk`", "80.0%, 95.0%"] in table
    assert ["1,000 decoded from the aggregate posterior", "100.0", "2.50"] in table
    assert ["0.2", "85.0%", "90.0%", "31.3", "1.25", "2.50", "3.00", "99.0%"] in table
    assert [
        "**0.35**, this model",
        "75.0%",
        "90.0%",
        "31.3",
        "1.25",
        "2.50",
        "3.00",
        "99.0%",
    ] in table
    assert ["he, him", "100.0", "150.0"] in table
    assert ["tom", "15.0", "20.0"] in table
    assert ["doctor", "114", "42"] in table


def test_the_card_has_texts_and_samples() -> None:
    card = render_card(CONFIG, EVALUATION)
    for text in [
        "3.14 million parameters",
        "5,000 words",
        "8,000 of them contain tom or mary",
        CONFIG["command"],
        "Talk by the talkers.",
        "It reads best.",
        "CC BY-SA 4.0",
        "first five axes explain 21.0% of the variance",
        "all 6 explain 22.0%",
        "### Around “hello there”",
        "- (nothing)",
        "- step 6",
        "### From “hello there” to “good night”",
        "- good morning",
    ]:
        assert text in card, text


def test_the_card_leaves_out_what_is_missing() -> None:
    config = {key: CONFIG[key] for key in ("title", "model", "recipe", "schedule", "command")}
    evaluation = copy.deepcopy(EVALUATION)
    evaluation["bias"]["beside"] = []
    evaluation["shares"] = []
    card = render_card(config, evaluation)
    assert "## License" not in card
    assert "## License" in render_card(CONFIG, EVALUATION)
    assert "of the posterior means, and all" in render_card(CONFIG, EVALUATION)
    assert "None" not in card
    assert "beside he" not in card
    assert "of the posterior means, and all" not in card
    assert "\n\n\n" not in card


def test_all_rows_of_a_table_have_the_same_number_of_cells() -> None:
    lines = render_card(CONFIG, EVALUATION).splitlines()
    for before, line in pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert before.count("|") == line.count("|"), (before, line)


def test_the_card_has_the_names_and_notes_of_axes() -> None:
    labels = [
        {"name": "short ↔ long", "note": "Towards +: long."},
        {"name": None, "note": None},
        {"name": "a|b", "note": None},
    ]
    card = render_card({**CONFIG, "axes": {"pca": labels, "raw": []}}, EVALUATION)
    rows_of_axes = (
        "| 1 | 10.0% | short ↔ long | Towards +: long. |\n"
        "| 2 | 5.0% |  |  |\n"
        "| 3 | 3.0% | a\\|b |  |\n"
    )
    assert rows_of_axes in card
    assert card.count("## Axes") == 1
    assert "## Axes" not in render_card(CONFIG, EVALUATION)


def test_the_shipped_cards_are_up_to_date() -> None:
    for name, render in (
        ("sentences", render_card),
        ("doom", render_world_card),
        ("racing", render_world_card),
    ):
        folder = WEIGHTS / name
        settings = read_settings(folder / "config.json").model_dump()
        figures = json.loads((folder / "evaluation.json").read_text("utf-8"))
        card = (folder / "README.md").read_text("utf-8")
        assert card == render(settings, figures), f"evaluate {name} again"
        assert settings["axes"]["pca"][0]["name"] in card
