"""A third kind of output from outside: curves are exported, built, verified and shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load_file, save_file

import zlide
from tests.browser.waiting import wait_for_decodes
from tests.curve.curve import CurveDecoder, CurveModality
from zlide.site.build import write_site
from zlide.verify.verify_site import verify

ROOT = Path(__file__).parents[2]
NPM = shutil.which("npm") or ""
Z, LENGTH = 8, 32
Damage = Callable[..., None]
LATENTS = np.random.default_rng(0).normal(size=(60, Z)).astype(np.float32)

pytestmark = pytest.mark.skipif(not NPM, reason="npm is not installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built with the kind."""
    folder = tmp_path_factory.mktemp("built") / "page"
    subprocess.run(
        [NPM, "run", "build", "--", "--outDir", str(folder)],
        cwd=ROOT / "webapp",
        env={**os.environ, "ZLIDE_KINDS": str(ROOT / "tests/curve/kinds.ts")},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


@pytest.fixture(scope="module")
def curves(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of curves, from an export by `zlide.export`."""
    zlide.register_modality(CurveModality)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("curves")
    zlide.export(
        CurveDecoder(Z, LENGTH),
        zlide.fit_pca(LATENTS, 5),
        to=folder / "curve",
        modality=CurveModality(),
        examples={f"curve {i + 1}": LATENTS[i] for i in range(8)},
        points=LATENTS,
    )
    write_site([folder / "curve"], folder / "site", page=built, compression="none")
    return folder / "site"


@pytest.fixture
def site(curves: Path, tmp_path: Path) -> Path:
    return shutil.copytree(curves, tmp_path / "deep" / "down")


def curve(page: Page) -> Locator:
    return page.get_by_role("img", name="the decoded curve")


def remark(page: Page) -> Locator:
    return page.locator("zlide-decoded #remark")


def sliders(page: Page) -> Locator:
    return page.locator("zlide-slider-row").get_by_role("slider")


def heights(line: Locator) -> NDArray[np.float64]:
    """Return the heights of the points of a line, 0 in the middle of its frame."""
    points = line.locator("polyline").get_attribute("points") or ""
    return np.array([50 - float(point.split(",")[1]) for point in points.split()])


def test_a_slider_redraws_the_curve(live: Page) -> None:
    expect(live.get_by_text("Behind this curve are 8 numbers")).to_be_visible()
    expect(remark(live)).to_have_text("The curve of the example")
    expect(curve(live)).to_have_accessible_name(
        re.compile(r"^the decoded curve, from .* to .*, between .* and ")
    )
    before = heights(curve(live))
    assert len(before) == LENGTH
    sliders(live).nth(0).press("End")
    expect(remark(live)).to_have_text(re.compile(r"^Differs by up to \d\.\d\d from"))
    wait_for_decodes(live)
    assert np.abs(heights(curve(live)) - before).max() > 1


def test_shows_the_poster_before_the_weights(tab: Callable[..., Page], address: str) -> None:
    page = tab()
    page.route("**/weights.bin*", lambda _: None)  # never answered
    page.goto(address)
    expect(curve(page).locator("polyline")).to_have_attribute("points", re.compile(r"\d"))
    assert len(heights(curve(page))) == LENGTH


def test_traversal_morph_and_map_show_curves(live: Page) -> None:
    frames = live.locator("zlide-traversal zlide-curve")
    expect(frames).to_have_count(7)
    expect(live.locator("zlide-traversal ol")).to_have_attribute("aria-busy", "false")
    drawn = [heights(frame) for frame in frames.all()]
    assert np.abs(drawn[0] - drawn[-1]).max() > 1
    live.get_by_label("A", exact=True).select_option("0")
    live.get_by_label("B", exact=True).select_option("2")
    expect(live.locator("zlide-interpolation ol")).to_have_attribute("aria-busy", "false")
    morph = live.locator("zlide-interpolation ol zlide-curve")
    expect(morph).to_have_count(9)
    example = live.get_by_role("img", name="the curve of the example")
    assert np.abs(heights(morph.first) - heights(example)).max() < 0.1
    before = heights(curve(live))
    live.get_by_role("slider", name="axis 1, across the map").press("ArrowRight")
    wait_for_decodes(live)
    assert np.abs(heights(curve(live)) - before).max() > 0


def test_offers_what_the_kind_has(live: Page) -> None:
    expect(live.get_by_role("button", name="Share")).to_be_visible()
    for name in ("Copy text", "Save PNG", "Your own", "Use your own picture"):
        expect(live.get_by_role("button", name=name)).to_have_count(0)
    expect(live.get_by_role("radio", name="at random")).to_have_count(0)


def test_examples_are_listed_as_curves(live: Page) -> None:
    live.get_by_role("button", name="All 8 examples").click()
    live.get_by_role("button", name="curve 3", exact=True).first.click()
    expect(live.locator("zlide-example h3 .name")).to_have_text("curve 3")
    expect(remark(live)).to_have_text("The curve of the example")


def test_chromium_decodes_the_curves_of_pytorch(curves: Path) -> None:
    (verdict,) = verify(curves)
    assert verdict.passed, verdict.samples.lines()
    assert verdict.samples.rows()[0] == ("curves that agree point by point", "1,008 of 1,008")


def test_verify_notices_another_curve(curves: Path, tmp_path: Path, damage: Damage) -> None:
    site = shutil.copytree(curves, tmp_path / "site")
    bundle = site / "models/curve"
    probe = load_file(bundle / "probe.safetensors")
    probe["values"][3, 7] += 0.1
    save_file(probe, bundle / "probe.safetensors")
    damage(bundle)  # writes the hashes
    (verdict,) = verify(site)
    assert not verdict.passed
    assert verdict.samples.rows()[0][1] == "7 of 8"
