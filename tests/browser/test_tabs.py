"""Several models in one page: a tab each, fetched when it is first opened, kept as it was left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import wait_for_decodes, wait_for_rest
from tests.chromium import STICKS_OUT

Tab = Callable[..., Page]


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("text", "image")


def opened(tab: Tab, address: str) -> tuple[Page, list[str]]:
    page = tab()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.removeprefix(address)))
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    return page, fetched


def test_nothing_is_fetched_of_a_tab_that_was_never_opened(tab: Tab, address: str) -> None:
    page, fetched = opened(tab, address)
    wait_for_decodes(page)
    assert any(path.startswith("models/text/") for path in fetched)
    assert not any(path.startswith("models/image/") for path in fetched)
    page.get_by_role("tab", name="Golden image").click()
    expect(page.get_by_role("img", name="decoded")).to_be_visible()
    assert any(path.startswith("models/image/") for path in fetched)


def test_a_tab_is_found_again_as_it_was_left(tab: Tab, address: str) -> None:
    page, fetched = opened(tab, address)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    wait_for_decodes(page)
    sentence = page.locator("zlide-decoded #sentence").inner_text()
    page.get_by_role("tab", name="Golden image").click()
    page.get_by_role("tabpanel", name="Golden image").get_by_text("all in this tab").wait_for()
    expect(page.locator("zlide-decoded #sentence")).to_be_hidden()
    before = [path for path in fetched if path.startswith("models/text/")]
    page.get_by_role("tab", name="Golden text").click()
    expect(page.locator("zlide-decoded #sentence")).to_have_text(sentence)
    assert page.get_by_role("slider", name="axis 1", exact=True).input_value() == "3"
    wait_for_decodes(page)
    assert [path for path in fetched if path.startswith("models/text/")] == before


def test_tabs_by_keyboard(tab: Tab, address: str) -> None:
    page, _ = opened(tab, address)
    text, image = (
        page.get_by_role("tab", name="Golden text"),
        page.get_by_role("tab", name="Golden image"),
    )
    text.focus()
    for key, chosen, other in (
        ("ArrowRight", image, text),
        ("ArrowRight", text, image),
        ("ArrowLeft", image, text),
        ("Home", text, image),
        ("End", image, text),
    ):
        page.keyboard.press(key)
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-selected", "true")
        expect(other).to_have_attribute("aria-selected", "false")
        expect(other).to_have_attribute("tabindex", "-1")
    expect(page.get_by_role("tabpanel", name="Golden image")).to_be_visible()
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    expect(page.get_by_role("button", name="Load an example")).to_be_enabled()
    page.keyboard.press("Tab")  # into the panel, past the other tab
    expect(page.get_by_role("button", name="Load an example")).to_be_focused()


def test_the_address_names_the_tab(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}#image")
    expect(page.get_by_role("img", name="decoded")).to_be_visible()
    expect(page.get_by_role("tab", name="Golden image")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Golden text").click()
    assert page.url == f"{address}#text"
    page.evaluate("location.hash = '#image'")
    expect(page.get_by_role("tabpanel", name="Golden image")).to_be_visible()
    page.evaluate("location.hash = '#nothing'")
    wait_for_decodes(page)
    expect(page.get_by_role("tabpanel", name="Golden image")).to_be_visible()
    page.goto(f"{address}?again#none")
    expect(page.get_by_role("tab", name="Golden text")).to_have_attribute("aria-selected", "true")


def test_an_address_of_a_model_that_is_not_here_says_so(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}#nomodel?z=1")
    page.get_by_text("all in this tab").wait_for()
    says = page.get_by_text("There is no model “nomodel” on this page")
    expect(says).to_be_visible()
    page.get_by_role("tab").first.click()
    expect(says).to_have_count(0)
    assert page.url == f"{address}#text"
    page.goto(f"{address}#nomodel")
    expect(says).to_be_visible()
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    expect(says).to_have_count(0)


@pytest.mark.parametrize("width", [320, 360])
def test_tabs_fit_a_phone(tab: Tab, address: str, site: Path, width: int) -> None:
    listed = site / "models.json"
    listed.write_text(
        listed.read_text("utf-8").replace("Golden image", "Frames from the window of a racing car"),
        "utf-8",
    )
    page = tab(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    assert page.evaluate(STICKS_OUT) == []
    for button in page.get_by_role("tab").all():
        button.click()
        expect(button).to_be_in_viewport(ratio=0.99)
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44


LONG = 80 * "W"


@pytest.mark.parametrize("width", [320, 360])
def test_no_title_word_name_or_error_widens_a_phone(
    tab: Tab, address: str, site: Path, damage: Callable[..., None], width: int
) -> None:
    for name in ("text", "image"):
        bundle = site / "models" / name
        manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
        posters = [{**poster, "text": LONG} for poster in manifest["posters"]]
        axes = [
            {**axes, "name": LONG, "axes": [{**axis, "name": LONG} for axis in axes["axes"]]}
            for axes in manifest["axes"]
        ]
        examples = json.loads((bundle / "examples.json").read_text("utf-8"))["examples"]
        damage(
            bundle,
            *(
                {"file": "manifest.json", "at": [key], "to": to}
                for key, to in (("title", LONG), ("posters", posters), ("axes", axes))
            ),
            {
                "file": "examples.json",
                "at": ["examples"],
                "to": [{**example, "text": LONG} for example in examples],
            },
        )
    words = (site / "models/text/vocabulary.txt").read_text("utf-8").split()
    damage(
        site / "models/text",
        {"file": "vocabulary.txt", "at": [], "to": "".join(f"{LONG}{word}\n" for word in words)},
    )
    listed = site / "models.json"
    listed.write_text(listed.read_text("utf-8").replace("Golden", LONG), "utf-8")

    page = tab(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    expect(page.get_by_role("tab")).to_have_count(2)
    for button in page.get_by_role("tab").all():
        button.click()
        panel = page.get_by_role("tabpanel")
        panel.get_by_text("all in this tab").wait_for()
        panel.get_by_role("button", name="Randomize z").click()
        panel.get_by_role("button", name=re.compile(r"All \d+ examples")).click()
        for more in panel.get_by_role("button", name="more axes").all():
            more.click()
        assert page.evaluate(STICKS_OUT) == []
    page.locator("zlide-example [type=file]").last.set_input_files(
        {"name": f"{LONG}.png", "mimeType": "image/png", "buffer": b"none"}
    )
    expect(page.get_by_role("alert")).to_contain_text(LONG)
    assert page.evaluate(STICKS_OUT) == []


def test_the_chosen_tab_is_in_sight(tab: Tab, address: str, site: Path) -> None:
    models = [
        {"path": f"models/{name}/", "title": 20 * "long "}
        for name in ("text", "other", "third", "image")
    ]
    (site / "models.json").write_text(json.dumps({"models": models}), "utf-8")
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(f"{address}#image")
    expect(page.get_by_role("tab").last).to_be_in_viewport(ratio=0.99)
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_a_step_leaves_the_page_where_it_is(tab: Tab, address: str, width: int) -> None:
    page = tab(viewport={"width": width, "height": 740})
    page.goto(address)
    field = page.locator("zlide-map #field")
    field.evaluate("element => element.scrollIntoView({ block: 'start' })")
    expect(page.get_by_role("tab").first).not_to_be_in_viewport()
    before, box = page.evaluate("scrollY"), field.bounding_box()
    assert box
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    wait_for_rest(page)
    assert "?" in page.url  # it is a step
    assert page.evaluate("scrollY") == before


def test_in_forced_colours_what_is_chosen_looks_otherwise(tab: Tab, address: str) -> None:
    page = tab(forced_colors="active")
    page.goto(address)
    page.locator("zlide-sampling").wait_for()
    border = "element => getComputedStyle(element).borderBottomColor"
    one, other = (
        page.get_by_role("tab", selected=selected).evaluate(border) for selected in (True, False)
    )
    assert one != other
    chosen, left = (
        page.locator(f"zlide-sampling .choice input{state} + span").evaluate(border)
        for state in (":checked", ":not(:checked)")
    )
    assert chosen != left


def test_a_long_title_leaves_room_for_the_next_tabs(tab: Tab, address: str, site: Path) -> None:
    models = [
        {"path": "models/text/", "title": "Sentences about music and everyday life"},
        {"path": "models/image/", "title": "Doom"},
    ]
    (site / "models.json").write_text(json.dumps({"models": models}), "utf-8")
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    expect(page.get_by_role("tab")).to_have_count(2)
    for button in page.get_by_role("tab").all():
        expect(button).to_be_in_viewport(ratio=1)


def test_back_and_forward_go_from_tab_to_tab(tab: Tab, address: str) -> None:
    page, _ = opened(tab, address)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    image, text = (
        page.get_by_role("tab", name="Golden image"),
        page.get_by_role("tab", name="Golden text"),
    )
    image.click()
    image.click()  # is here already, and no step
    page.go_back()
    expect(text).to_have_attribute("aria-selected", "true")
    assert page.url.startswith(f"{address}#text?z=3")
    assert page.get_by_role("slider", name="axis 1", exact=True).input_value() == "3"
    page.go_forward()
    expect(image).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Golden image")).to_be_visible()


def test_one_model_needs_no_tabs(tab: Tab, address: str, site: Path) -> None:
    (site / "models.json").write_text(
        '{"models": [{"path": "models/text/", "title": "One"}]}', "utf-8"
    )
    page, _ = opened(tab, address)
    expect(page.get_by_role("tab")).to_have_count(0)
    expect(page.get_by_role("tabpanel")).to_have_count(0)
