"""The page as a person uses it: what they see, what they do, what they see then."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.waiting import wait_for_decodes, wait_for_frames, wait_for_rest, wait_until
from tests.chromium import STICKS_OUT

ALL = re.compile(r"All \d+ examples")


def wait_for_decoder(page: Page) -> None:
    page.get_by_text("all in this tab").wait_for()


@contextlib.contextmanager
def decoder_held_back(page: Page) -> Iterator[None]:
    """Hold back the decoder until the block ends."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/decoder/step/*.bin*", hold)
    yield
    for route in held:
        route.continue_()
    page.unroute("**/decoder/step/*.bin*")
    wait_for_decoder(page)


def sentence(page: Page) -> Locator:
    return page.locator("zlide-decoded #sentence")


def example(page: Page) -> Locator:
    return page.locator("zlide-example #sentence")


def slider(page: Page, axis: int) -> Locator:
    return page.get_by_role("slider", name=f"axis {axis}", exact=True)


def move_until_changed(page: Page, press: Callable[[], None]) -> None:
    before = sentence(page).inner_text()
    for _ in range(8):
        press()
        wait_for_decodes(page)
        if sentence(page).inner_text() != before:
            return
    pytest.fail(f"still {before!r}")


def test_first_paint_is_the_poster_and_going_live_does_not_change_it(
    tab: Callable[..., Page], address: str, site: Path
) -> None:
    poster = json.loads((site / "models/text/manifest.json").read_text("utf-8"))["posters"][0]
    held: list[Route] = []
    page = tab()
    page.route("**/decoder/step/*.bin*", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    with page.expect_request("**/decoder/step/*.bin*"):
        page.goto(address)
    expect(sentence(page)).to_have_text(poster["decoded"])
    expect(example(page)).to_have_text(poster["text"])
    expect(page.get_by_text("fetching the decoder · ")).to_be_visible()
    places = sentence(page).bounding_box(), slider(page, 1).bounding_box()
    wait_until(page, lambda: bool(held))  # a route is called after its request is reported
    held[0].continue_()
    wait_for_decoder(page)
    expect(sentence(page)).to_have_text(poster["decoded"])
    expect(
        page.get_by_text(
            re.compile(r"decoded\sin\s\d+(\.\d)?\sms\s· wasm\s· \d+\skB\s· all\sin\sthis\stab")
        )
    ).to_be_visible()
    assert (sentence(page).bounding_box(), slider(page, 1).bounding_box()) == places


def test_a_slow_connection_shows_what_is_loading(tab: Callable[..., Page], address: str) -> None:
    page = tab()
    held: list[Route] = []
    page.route(re.compile(r"/assets/(index|worker)-.*\.js"), lambda route: held.append(route))  # noqa: PLW0108 (as above)
    page.goto(address, wait_until="commit")
    expect(page.get_by_text("Opening… If this message stays, reload the page.")).to_be_visible()
    wait_until(page, lambda: bool(held))
    held.pop().continue_()
    expect(page.get_by_text("fetching the decoder", exact=True)).to_be_visible()
    expect(page.get_by_text("Opening…")).to_have_count(0)
    wait_until(page, lambda: bool(held))
    held.pop().continue_()
    wait_for_decoder(page)


def test_sliders_by_keyboard(live: Page) -> None:
    handle = slider(live, 1)
    handle.focus()
    before = float(handle.input_value())
    handle.press("ArrowRight")
    assert float(handle.input_value()) == pytest.approx(before + 0.01, abs=0.006)
    move_until_changed(live, lambda: handle.press("PageUp"))
    handle.press("End")
    assert handle.input_value() == "3"
    expect(handle).to_have_attribute("aria-valuetext", "axis 1, 3 sigma")
    expect(live.get_by_label("axis 1, in sigma")).to_have_value("3.00")
    handle.press("Home")
    expect(handle).to_have_attribute("aria-valuetext", "axis 1, -3 sigma")
    live.keyboard.press("Tab")
    expect(live.get_by_label("axis 2, in sigma")).to_be_focused()


def test_sliders_by_mouse(live: Page) -> None:
    box = slider(live, 2).bounding_box()
    assert box
    y, ends = box["y"] + box["height"] / 2, (box["x"] + 12, box["x"] + box["width"] - 12)
    before = sentence(live).inner_text()
    seen = set()
    live.mouse.move(ends[0], y)
    live.mouse.down()
    for x in (*ends, *ends):
        live.mouse.move(x, y, steps=10)
        wait_for_decodes(live)
        seen.add(sentence(live).inner_text())
    live.mouse.up()
    assert seen - {before}
    assert "differ" in live.locator("#remark").inner_text()


def test_numbers_are_typed_clipped_and_refused(live: Page) -> None:
    field = live.get_by_label("axis 1, in sigma")
    field.fill("-1.5")
    field.press("Enter")
    assert slider(live, 1).input_value() == "-1.5"
    field.fill("17")
    field.press("Enter")
    expect(field).to_have_value("3.00")
    field.fill("")
    field.press("Enter")
    expect(field).to_have_value("3.00")


def test_examples_random_and_reset(live: Page) -> None:
    first, decoded = example(live).inner_text(), sentence(live).inner_text()
    live.get_by_role("button", name="Load an example").click()
    expect(example(live)).not_to_have_text(first)

    live.get_by_role("button", name=ALL).click()
    live.locator("#list").get_by_role("button", name=first, exact=True).click()
    expect(example(live)).to_have_text(first)
    expect(sentence(live)).to_have_text(decoded)
    home = [
        handle.input_value()
        for handle in live.locator("zlide-slider-row").get_by_role("slider").all()
    ]

    move_until_changed(live, live.get_by_role("button", name="Randomize z").click)
    expect(live.get_by_text("the rest of z is at its mean")).to_be_visible()
    live.get_by_role("button", name="Reset z").click()
    expect(sentence(live)).to_have_text(decoded)
    expect(live.get_by_text("the rest of z stays as in the example")).to_be_visible()
    assert [
        handle.input_value()
        for handle in live.locator("zlide-slider-row").get_by_role("slider").all()
    ] == home


def test_a_model_without_examples_speaks_of_none(
    tab: Callable[..., Page], address: str, site: Path, damage: Callable[..., None]
) -> None:
    changes = [
        {"file": "manifest.json", "at": [key], "to": to}
        for key, to in (("posters", []), ("examples", None))
    ]
    damage(site / "models/text", *changes)
    page = tab()
    page.goto(address)
    wait_for_decoder(page)
    expect(page.get_by_text("the rest of z is at its mean.")).to_be_visible()
    note = page.get_by_text("This model has no examples.").bounding_box()
    button = page.get_by_role("button", name="Load an example").bounding_box()
    assert note
    assert button
    assert button["y"] - note["y"] - note["height"] >= 10
    assert "the example" not in page.locator("main").inner_text()
    expect(page.locator("circle.example")).to_have_count(0)


def test_more_axes_on_demand(live: Page) -> None:
    sliders = live.locator("zlide-slider-row").get_by_role("slider")
    expect(sliders).to_have_count(5)
    live.get_by_role("button", name="2 more axes").click()
    expect(sliders).to_have_count(7)
    live.get_by_role("button", name="Fewer axes").click()
    expect(sliders).to_have_count(5)


def test_idle_decodes_nothing_and_a_burst_ends_at_the_newest(live: Page) -> None:
    live.locator("zlide-traversal").get_by_role("button").last.wait_for()
    wait_for_rest(live)
    before = live.evaluate("messages")
    wait_for_frames(live, 60)
    assert live.evaluate("messages") == before

    slider(live, 1).evaluate(
        """handle => {
            for (let i = 0; i <= 300; i += 1) {
                handle.value = i / 100 - 1
                handle.dispatchEvent(new Event('input'))
            }
        }"""
    )
    wait_for_rest(live)
    assert (
        live.evaluate("messages") - before == 3
    )  # the first, the last, and what lies around it; nothing queued up in between
    burst = sentence(live).inner_text()
    live.get_by_label("axis 1, in sigma").fill("2.00")
    live.get_by_label("axis 1, in sigma").press("Enter")
    wait_for_decodes(live)
    assert sentence(live).inner_text() == burst


def test_replaced_words_leave_no_nodes_behind(live: Page) -> None:
    count = "node => node.childNodes.length"
    for i in range(60):
        slider(live, 1).press(("Home", "End")[i % 2])
        wait_for_frames(live, 1)
    wait_for_decodes(live)
    assert sentence(live).evaluate(count) < 100


def test_every_request_goes_to_the_site(tab: Callable[..., Page], address: str) -> None:
    page = tab()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    wait_for_decoder(page)
    page.get_by_role("button", name="Randomize z").click()
    wait_for_decodes(page)
    assert len(requests) > 10
    assert [url for url in requests if not url.startswith(address)] == []


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways(tab: Callable[..., Page], address: str, width: int) -> None:
    page = tab(
        viewport={"width": width, "height": 740}, has_touch=width < 1000, is_mobile=width < 1000
    )
    page.goto(address)
    wait_for_decoder(page)
    page.get_by_role("button", name=ALL).click()
    page.get_by_role("button", name="more axes").click()
    assert page.evaluate(STICKS_OUT) == []


def test_on_a_phone_targets_are_large_and_the_sentence_stays_in_sight(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    rings = (
        page.get_by_role("group", name="Examples").get_by_role("button").count()
    )  # 24 px: more would leave no map; all are in a list as well
    targets = (
        *page.locator("zlide-slider-row").get_by_role("slider").all(),
        *page.get_by_role("button").all(),
        *page.get_by_role("spinbutton").all(),
    )
    small = [
        target for target in targets if (target.bounding_box() or {"height": 44})["height"] < 44
    ]
    assert len(small) == rings
    for target in (
        *page.get_by_role("combobox").all(),
        page.get_by_role("radio", name="at random"),
    ):
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44
    slider(page, 5).scroll_into_view_if_needed()
    expect(sentence(page)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(360, 740), (390, 844)])
def test_the_first_view_on_a_phone_holds_a_sentence_two_sliders_and_what_they_decode_to(
    tab: Callable[..., Page], address: str, width: int, height: int
) -> None:
    page = tab(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    for part in (
        example(page),
        page.get_by_role("button", name="Load an example"),
        sentence(page),
        page.get_by_text("all in this tab"),
    ):
        expect(part).to_be_in_viewport(ratio=1)
    pane, second = page.locator("zlide-decoded").bounding_box(), slider(page, 2).bounding_box()
    assert pane
    assert second
    assert second["y"] + second["height"] < pane["y"]


def test_on_a_phone_on_its_side_sliders_and_sentence_are_in_sight_together(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 740, "height": 360}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    for axis in (1, 3, 5):
        slider(page, axis).scroll_into_view_if_needed()
        expect(slider(page, axis)).to_be_in_viewport(ratio=0.99)
        expect(sentence(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate(STICKS_OUT) == []


@pytest.mark.parametrize("width", [360, 768])
def test_what_gets_the_focus_is_not_under_the_sentence(
    tab: Callable[..., Page], address: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    page.locator("zlide-interpolation").wait_for()
    controls = page.locator("zlide-sliders, zlide-traversal").locator("input, button:enabled").all()
    assert len(controls) > 15
    page.evaluate("scrollTo(0, 0)")
    for control in controls:
        control.focus()
        pane, box = page.locator("zlide-decoded").bounding_box(), control.bounding_box()
        assert pane
        assert box
        assert box["y"] + box["height"] <= pane["y"], control


@pytest.mark.parametrize("width", [360, 1024, 1280])
def test_the_layout_is_stable_when_the_decoder_arrives(
    tab: Callable[..., Page], address: str, width: int
) -> None:
    page = tab(
        viewport={"width": width, "height": 740}, has_touch=width < 1000, is_mobile=width < 1000
    )
    with decoder_held_back(page):
        page.goto(address)
        page.get_by_text("fetching the decoder").wait_for()
        wait_for_rest(page, held=True)
        parts = [
            page.locator(part).first
            for part in ("zlide-example", "zlide-slider-row", "zlide-decoded", "zlide-status")
        ]
        before = [part.bounding_box() for part in parts]
    page.locator("zlide-interpolation").wait_for()
    assert [part.bounding_box() for part in parts] == before


def test_a_laptop_shows_the_whole_triptych(tab: Callable[..., Page], address: str) -> None:
    page = tab(viewport={"width": 1280, "height": 800})
    page.goto(address)
    wait_for_decoder(page)
    expect(page.get_by_text("A ring marks the example.")).to_be_in_viewport(ratio=1)


def test_the_columns_begin_on_one_baseline(live: Page) -> None:
    baselines = live.evaluate(
        """() => {
            const tabs = document.querySelector('zlide-tabs').shadowRoot
            const root = tabs.querySelector('zlide-explorer').shadowRoot
            const inside = (column) => root.querySelector(column).shadowRoot
            const firsts = [
                inside('zlide-example').querySelector('zlide-example-sentence').shadowRoot.querySelector('#sentence'),
                inside('zlide-sliders').querySelector('zlide-slider-row').shadowRoot.querySelector('label'),
                inside('zlide-decoded').querySelector('zlide-decoded-sentence').shadowRoot.querySelector('#sentence'),
            ]
            return firsts.map((first) => {
                const mark = document.createElement('span') // empty, it stands on the baseline
                mark.style.display = 'inline-block'
                first.prepend(mark)
                const { bottom } = mark.getBoundingClientRect()
                mark.remove()
                return bottom
            })
        }"""
    )
    assert max(baselines) - min(baselines) < 1
