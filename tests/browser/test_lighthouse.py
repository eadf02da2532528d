"""Lighthouse gives full marks for accessibility and best practices, and reports speed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from zlide.verify.browser import find_browser

LIGHTHOUSE = Path(__file__).parents[1] / "audit/node_modules/lighthouse/cli/index.js"
FLAGS = (
    "--headless=new --disable-quic --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def run_lighthouse(address: str) -> dict[str, Any]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [
        *("node", str(LIGHTHOUSE), address),
        *("--quiet", "--output=json", "--preset=desktop", "--no-enable-error-reporting"),
        "--only-categories=accessibility,best-practices,performance",
        f"--chrome-flags={FLAGS}{' --no-sandbox' if root else ''}",
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": str(find_browser())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr.decode()
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def short_of(report: dict[str, Any], category: str) -> list[str]:
    """Return the audits that cost points, with the elements at fault."""
    counted = {
        audit["id"] for audit in report["categories"][category]["auditRefs"] if audit["weight"]
    }
    failed = [
        audit
        for name, audit in report["audits"].items()
        if name in counted and audit["score"] is not None and audit["score"] < 1
    ]
    return [
        f"{audit['id']}: {audit['title']}: {json.dumps(audit.get('details', {}).get('items', []))}"
        for audit in failed
    ]


def test_lighthouse_gives_full_marks(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = run_lighthouse(address)
    assert report.get("runtimeError") is None
    for category in ("accessibility", "best-practices"):
        assert report["categories"][category]["score"] == 1, "\n".join(short_of(report, category))
    assert (
        report["audits"]["cumulative-layout-shift"]["numericValue"] < 0.1
    )  # the page goes live without a jump
    with capsys.disabled():
        speed = 100 * report["categories"]["performance"]["score"]
        print(f"Lighthouse, performance on a desktop: {speed:.0f}")  # noqa: T201 (to be read)
