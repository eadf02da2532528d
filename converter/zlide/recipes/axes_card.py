"""What the model card says of the axes, as `config.json` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def axes_section(config: Mapping[str, Any], shares: Sequence[float]) -> list[str]:
    """A table of the axes of each set that has names or notes; nothing where none has. shares: of the variance, of the set pca."""
    sets = {
        name: reason_of
        for name, reason_of in config.get("axes", {}).items()
        if any(one["name"] or one["note"] for one in reason_of)
    }
    if not sets:
        return []
    lines = [
        "## Axes",
        "",
        "As they are called on the page. What changes along each is measured by `zlide describe`, from −2 σ to 2 σ.",
    ]
    for name, reason_of in sets.items():
        of_variance = shares if name == "pca" else ()
        lines += [
            "",
            f"| {name} | share of the variance | name | towards −, towards + |",
            "| ---: | ---: | --- | --- |",
        ]
        for i, one in enumerate(reason_of):
            share = f"{of_variance[i]:.1%}" if i < len(of_variance) else ""
            lines.append(f"| {i + 1} | {share} | {_cell(one['name'])} | {_cell(one['note'])} |")
    return lines


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
