"""The model card of a checkpoint: the sections that all recipes share, around their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
Lines = list[str]


@dataclass(frozen=True)
class Card:
    """The parts of a model card that a recipe writes itself.

    samples: the plural of the recipe's samples.
    hyperparameters: key of `config["schedule"]` → its description, for the keys of this recipe.
    model, data, figures, results: Markdown. The model has no heading; results are sections.
    """

    samples: str
    hyperparameters: Mapping[str, str]
    model: Lines
    data: Lines
    figures: Lines
    results: Sequence[Lines]

    def render(self, config: Facts, evaluation: Facts) -> str:
        """Return the model card as Markdown.

        config: the settings, `config.json` as a dict. License, attribution, rationale and axes
        may be missing.
        evaluation: the content of `evaluation.json`.
        """
        sections = [
            [f"# {config['title']}", "", *self.model],
            ["## Data", "", *self.data],
            self._training_section(config),
            ["## Figures", "", *self.figures],
            _axes_section(config, evaluation["shares"]),
            *self.results,
            _license_section(config),
        ]
        return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"

    def _training_section(self, config: Facts) -> Lines:
        """Return the lines on the command and the hyperparameters of the training."""
        schedule = config["schedule"]
        descriptions = {
            "epochs": "epochs",
            "batch_size": f"{self.samples} in a batch",
            "learning_rate": "highest learning rate (Adam)",
            "decay": "share of the steps over which it falls to zero",
            "kl_weight": "weight of the KL term",
            **self.hyperparameters,
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


def optional_paragraph(text: str | None) -> Lines:
    """Return the lines of a paragraph after another one; none without a text."""
    return ["", text] if text else []


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Lines:
    """Return the lines of a Markdown table whose columns are right-aligned, except the first."""
    alignment = ["---", *("---:" for _ in header[1:])]
    return [f"| {' | '.join(map(str, cells))} |" for cells in (header, alignment, *rows)]


def _axes_section(config: Facts, shares: Sequence[float]) -> Lines:
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


def _license_section(config: Facts) -> Lines:
    """Return the lines on the license of the weights; none without a license."""
    license_name = config.get("license")
    return ["## License", "", f"Weights: {license_name}."] if license_name else []


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
