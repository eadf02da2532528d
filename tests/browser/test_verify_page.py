"""verify.html decodes what job.json asks for, with the page's worker, and posts the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect
from safetensors.numpy import load_file

END = 1

Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]


def test_the_golden_bundle_decodes_as_in_pytorch(
    tab: Callable[..., Page], run: Run, site: Path
) -> None:
    probe = load_file(site / "models/text/probe.safetensors")
    rounds = 520 // len(probe["z"]) + 1  # enough to see whether tensors pile up
    job = {
        "bundle": "models/text/",
        "sliders": np.tile(probe["sliders"], (rounds, 1)).tolist(),
        "residual": np.tile(probe["residual"], (rounds, 1)).tolist(),
        "z": probe["z"].tolist(),
        "batch": 1,
        "encode": [[2, 3, 4], [5]],
    }
    page = tab()
    result, progress = run(page, job)
    expect(page.get_by_role("status")).to_contain_text("Done")
    sentences = [row[: row.index(END)] if END in row else row for row in probe["tokens"].tolist()]
    assert result["tokens"] == sentences * rounds
    assert np.abs(np.array(result["z"]) - np.tile(probe["z"], (rounds, 1))).max() < 1e-5
    assert np.abs(np.array(result["located"]["sliders"]) - probe["sliders"]).max() < 1e-5
    assert np.abs(np.array(result["located"]["residual"]) - probe["residual"]).max() < 1e-5
    assert result["tensors"]["after10"] == result["tensors"]["after500"] > 0
    assert np.array(result["encoded"]).shape == (2, probe["z"].shape[1])
    assert len(result["milliseconds"]) == len(job["sliders"])
    assert result["backend"] == "wasm"
    assert "Chrome" in result["agent"]
    total = len(job["sliders"]) + 2
    assert progress[-1] == {"done": total, "total": total}
    assert len(progress) >= total // 50


def test_a_batch_gives_the_same_sentences(tab: Callable[..., Page], run: Run, site: Path) -> None:
    probe = load_file(site / "models/text/probe.safetensors")
    job = {
        "bundle": "models/text/",
        "sliders": probe["sliders"].tolist(),
        "residual": probe["residual"].tolist(),
        "z": [],
        "encode": [],
    }
    one, _ = run(tab(), {**job, "batch": 1})
    all_at_once, _ = run(tab(), {**job, "batch": 7})
    assert all_at_once["tokens"] == one["tokens"]


def test_a_failure_is_posted_in_words(tab: Callable[..., Page], run: Run) -> None:
    result, _ = run(
        tab(),
        {
            "bundle": "models/none/",
            "sliders": [],
            "residual": [],
            "z": [],
            "batch": 1,
            "encode": [],
        },
    )
    assert result["error"].startswith(
        "/deep/down/models/none/manifest.json: the server answered 404"
    )
