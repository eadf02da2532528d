"""The sections of a model card that every recipe shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]


def join_sections(sections: Iterable[Sequence[str]]) -> str:
    """Return the Markdown of a card from the lines of its sections; empty ones are left out."""
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def training_section(config: Facts, batch_of: str, settings: Mapping[str, str]) -> list[str]:
    """Return the lines on the commands and hyperparameters of a training.

    batch_of: the plural of the recipe's samples.
    settings: key of `config["schedule"]` → its description, for the keys of this recipe alone.
    """
    schedule = config["schedule"]
    descriptions = {
        "epochs": "epochs",
        "batch_size": f"{batch_of} in a batch",
        "learning_rate": "highest learning rate (Adam)",
        "decay": "share of the steps over which it falls to zero",
        "kl_weight": "weight of the KL term",
        **settings,
        "precision": "precision that weights are rounded to in training",
        "seed": "seed",
    }
    rows = [(text, schedule[key]) for key, text in descriptions.items() if key in schedule]
    return [
        "## Training",
        "",
        "```",
        config["command"],
        "```",
        "",
        *table(("setting", "value"), rows),
    ]


def axes_section(config: Facts, shares: Sequence[float]) -> list[str]:
    """Return a table of each set of axes that has names or notes; no lines if none has.

    shares: of the variance, for the axes of the set pca.
    """
    sets = {
        name: labels
        for name, labels in config.get("axes", {}).items()
        if any(label["name"] or label["note"] for label in labels)
    }
    if not sets:
        return []
    text = (
        "These are the names and notes that the page shows. "
        "`zlide describe` measures what changes along each axis from −2 σ to 2 σ."
    )
    lines = ["## Axes", "", text]
    for name, labels in sets.items():
        lines += [
            "",
            f"| {name} | share of the variance | name | towards −, towards + |",
            "| ---: | ---: | --- | --- |",
        ]
        for i, label in enumerate(labels):
            share = f"{shares[i]:.1%}" if name == "pca" and i < len(shares) else ""
            cells = (i + 1, share, _cell(label["name"]), _cell(label["note"]))
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def license_section(config: Facts) -> list[str]:
    """Return the lines on the license of the weights; none if there is no license."""
    license_name = config.get("license")
    return ["## License", "", f"Weights: {license_name}."] if license_name else []


def optional_paragraph(text: str | None) -> list[str]:
    """Return the lines of a paragraph after another one; none without a text."""
    return ["", text] if text else []


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return the lines of a Markdown table whose columns are right-aligned, except the first."""
    alignment = ["---", *("---:" for _ in header[1:])]
    return [f"| {' | '.join(map(str, cells))} |" for cells in (header, alignment, *rows)]


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
