"""The panels around a position: traversal, map, interpolation and sampling."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_explorer import example, sentence, slider, wait_for_decoder
from tests.browser.test_journey import rest, values
from tests.browser.waiting import wait_for_decodes, wait_for_frames, wait_for_rest

# Records every decode: the number of positions, their sliders, and whether it was answered.
WATCH_DECODES = """
  window.decodes = []
  const post = Worker.prototype.postMessage, listen = Worker.prototype.addEventListener
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.path?.[0] === 'decode') {
      const [, sliders] = message.argumentList.map(({ value }) => value)
      const count = sliders.length
      window.decodes.push({ id: message.id, count, sliders: sliders[0], answered: false })
      const flying = window.decodes.filter(({ answered }) => !answered).length
      window.most = Math.max(window.most ?? 0, flying)
    }
    return post.call(this, message, ...rest)
  }
  Worker.prototype.addEventListener = function (type, ...rest) {
    if (type === 'message')
      listen.call(this, 'message', ({ data }) => {
        const found = window.decodes.find(({ id }) => id === data?.id)
        if (found) found.answered = true
      })
    return listen.call(this, type, ...rest)
  }
"""


@pytest.fixture
def watched(tab: Callable[..., Page], address: str) -> Page:
    page = tab()
    page.add_init_script(WATCH_DECODES)
    page.goto(address)
    wait_for_decoder(page)
    page.locator("zlide-traversal").get_by_role("button").first.wait_for()
    return page


def strip(page: Page) -> Locator:
    return page.locator("zlide-traversal").get_by_role("button")


def texts(stops: Locator) -> list[str]:
    """Return the text of each frame, without its name."""
    return [text.split("\n", 1)[-1].strip() for text in stops.all_inner_texts()]


def test_the_traversal_shows_what_the_slider_decodes_at_seven_positions(live: Page) -> None:
    expect(live.get_by_role("heading", name="Along axis 1")).to_be_visible()
    slider(live, 2).hover()
    expect(live.get_by_role("heading", name="Along axis 2")).to_be_visible()
    wait_for_decodes(live)
    told = texts(strip(live))
    assert len(told) == 7
    assert len(set(told)) > 1
    field = live.get_by_label("axis 2, in sigma")
    for value, text in zip(range(-3, 4), told, strict=True):
        field.fill(str(value))
        field.press("Enter")
        wait_for_decodes(live)
        assert sentence(live).inner_text() in {text, text.replace("\n", " ")}


def test_a_click_on_a_frame_moves_the_slider_and_changed_words_are_marked(live: Page) -> None:
    wait_for_decodes(live)
    here = sentence(live).inner_text()
    told = texts(strip(live))
    index = next(i for i, text in enumerate(told) if text != here)
    expect(strip(live).nth(index).locator("mark").first).to_be_visible()
    strip(live).nth(index).click()
    expect(sentence(live)).to_have_text(told[index])
    assert float(slider(live, 1).input_value()) == index - 3
    expect(strip(live).nth(index)).to_have_attribute("aria-current", "true")
    live.get_by_role("button", name="Undo", exact=True).click()
    expect(sentence(live)).to_have_text(here)


def test_the_traversal_follows_another_axis_and_the_layout_is_stable(live: Page) -> None:
    wait_for_decodes(live)
    before, height = texts(strip(live)), live.locator("zlide-traversal").bounding_box()
    slider(live, 3).press("End")
    slider(live, 1).hover()
    wait_for_decodes(live)
    assert texts(strip(live)) != before
    assert live.locator("zlide-traversal").bounding_box() == height


def puck(page: Page) -> Locator:
    return page.get_by_role("slider", name="axis 1, across the map")


def test_the_puck_moves_two_sliders_and_the_sentence(live: Page) -> None:
    live.locator("#field").scroll_into_view_if_needed()
    box = live.locator("#field").bounding_box()
    assert box
    seen = set()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    live.mouse.move(x, y)
    live.mouse.down()
    for step in range(10):
        live.mouse.move(x + step * box["width"] / 20, y - step * box["height"] / 20)
        wait_for_decodes(live)
        seen.add(sentence(live).inner_text())
    live.mouse.up()
    assert len(seen) > 1
    assert float(slider(live, 1).input_value()) == pytest.approx(2.7, abs=0.1)
    assert float(slider(live, 2).input_value()) == pytest.approx(2.7, abs=0.1)
    rest(live)
    live.get_by_role("button", name="Undo", exact=True).click()
    assert float(slider(live, 1).input_value()) != pytest.approx(2.7, abs=0.1)


def test_the_strip_slides_over_nothing(live: Page) -> None:
    share = live.get_by_role("button", name="Share")
    share.wait_for()
    for down in range(0, 500, 100):
        live.evaluate("down => scrollTo(0, down)", down)
        last, below = strip(live).last.bounding_box(), share.bounding_box()
        assert last
        assert below
        assert last["y"] + last["height"] <= below["y"], down


def test_on_a_phone_what_the_map_decodes_to_is_in_sight(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    field = page.locator("zlide-map #field")
    field.evaluate("element => element.scrollIntoView({ block: 'start' })")
    expect(sentence(page)).to_be_in_viewport(ratio=1)
    words = sentence(page).inner_text()
    box = field.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] - 15, box["y"] + 15)
    expect(sentence(page)).not_to_have_text(words)
    expect(sentence(page)).to_be_in_viewport(ratio=1)
    expect(field).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(1280, 600), (740, 360)])
def test_in_a_low_window_what_is_decoded_between_two_places_is_in_sight(
    tab: Callable[..., Page], address: str, width: int, height: int
) -> None:
    page = tab(viewport={"width": width, "height": height})
    page.goto(address)
    wait_for_decoder(page)
    pane = page.locator("zlide-sticky-preview p")
    expect(pane).to_have_count(0)
    page.get_by_label("A", exact=True).select_option(index=2)
    page.get_by_label("B", exact=True).select_option(index=4)
    way = page.get_by_role("slider", name="From A to B")
    expect(way).to_have_attribute("aria-valuetext", "not between A and B")
    way.evaluate("slider => slider.scrollIntoView({ block: 'start' })")
    expect(sentence(page)).not_to_be_in_viewport()
    stops = (
        page.locator("zlide-interpolation").get_by_role("button").filter(has=page.locator(".name"))
    )
    expect(page.locator("zlide-interpolation ol")).to_have_attribute("aria-busy", "false")
    told = texts(stops)
    assert told[0] != told[-1]
    for key, words in (("Home", told[0]), ("End", told[-1])):
        way.press(key)
        expect(pane).to_have_text(words)
        expect(sentence(page)).to_have_text(words)
        expect(pane).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 0)")
    expect(pane).to_have_count(0)


def test_keys_move_the_puck_and_its_label_follows(live: Page) -> None:
    before = float(slider(live, 1).input_value())
    puck(live).press("ArrowRight")
    wait_for_decodes(live)  # the puck reports once a frame
    assert float(slider(live, 1).input_value()) == pytest.approx(before + 0.1, abs=0.011)
    puck(live).press("ArrowUp")
    expect(puck(live)).to_have_attribute(
        "aria-valuetext", re.compile(r"^axis 1, .* sigma; axis 2, .* sigma")
    )


def test_far_out_the_map_says_that_the_model_has_never_been_there(live: Page) -> None:
    expect(live.get_by_text("σ from the mean")).to_be_visible()
    live.get_by_role("button", name="2 more axes").click()
    for axis in range(1, 8):
        slider(live, axis).press("End")
    expect(live.get_by_text(re.compile(r"\d\.\d σ out: outside everything"))).to_be_visible()


def test_an_example_is_picked_on_the_map_and_other_axes_are_shown(live: Page) -> None:
    first = example(live).inner_text()
    ring = (
        live.get_by_role("group", name="Examples")
        .get_by_role("button", name=re.compile(rf"^(?!{first}$)"))
        .first
    )
    name = ring.get_attribute("aria-label")
    ring.focus()
    ring.press("Enter")
    expect(example(live)).to_have_text(name or "")
    live.get_by_role("combobox", name="Horizontal axis").select_option(label="axis 4")
    rest(live)
    assert "m=4,2" in live.url
    live.get_by_role("slider", name="axis 4, across the map").press("ArrowLeft")


def test_a_dragged_puck_leaves_no_queue_and_never_shows_what_is_stale(watched: Page) -> None:
    """For five seconds, at sixty moves a second."""
    watched.locator("#field").scroll_into_view_if_needed()
    box = watched.locator("#field").bounding_box()
    assert box

    def go(x: float, y: float) -> None:
        watched.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    watched.evaluate(
        """() => {
            Object.assign(window, { shown: [], most: 0, moves: 0, decodes: [] })
            addEventListener('zlide-change', ({ detail }) => window.shown.push(detail.text))
            addEventListener('pointermove', () => { window.moves += 1 }, true)
        }"""
    )
    go(0.5, 0.5)
    watched.mouse.down()
    for i in range(300):
        go(0.5 + 0.4 * math.sin(i / 7), 0.5 + 0.4 * math.cos(i / 11))
        wait_for_frames(watched, 1)
    go(0.9, 0.2)
    watched.mouse.up()
    wait_for_rest(watched)
    asked = watched.evaluate("decodes.filter(({ count }) => count === 1)")
    assert watched.evaluate("most") == 1
    assert len(asked) > 100
    assert watched.evaluate("decodes.every(({ answered }) => answered)")
    assert asked[-1]["sliders"][:2] == pytest.approx([2.4, 1.8], abs=0.05)
    assert [float(value) for value in values(watched)[:2]] == pytest.approx(
        asked[-1]["sliders"][:2], abs=0.006
    )
    assert watched.evaluate("shown.length") == len(
        asked
    )  # every answer is shown when it comes, in the order of the questions
    assert watched.evaluate("shown.at(-1)") == sentence(watched).inner_text()
    count = watched.evaluate("decodes.length")
    wait_for_frames(watched, 60)
    assert watched.evaluate("decodes.length") == count


def test_interpolation_lists_frames_and_scrubs_between_two_examples(live: Page) -> None:
    expect(live.get_by_text("Choose A and B")).to_be_visible()
    a, b = live.get_by_label("A", exact=True), live.get_by_label("B", exact=True)
    a.select_option(index=2)
    expect(live.get_by_text("Now choose B.")).to_be_visible()
    b.select_option(index=4)
    stops = (
        live.locator("zlide-interpolation").get_by_role("button").filter(has=live.locator(".name"))
    )
    expect(stops).to_have_count(9)
    wait_for_decodes(live)
    told = texts(stops)
    assert len(set(told)) > 1
    way = live.get_by_role("slider", name="From A to B")
    way.press("Home")
    way.press("End")
    expect(sentence(live)).to_have_text(told[-1])
    expect(way).to_have_attribute("aria-valuetext", re.compile("^100.*% of the way from A to B"))
    stops.first.click()
    expect(sentence(live)).to_have_text(told[0])
    stops.nth(2).click()
    expect(sentence(live)).to_have_text(told[2])
    live.get_by_role("button", name="Swap A and B").click()
    wait_for_decodes(live)
    assert texts(stops) == told[::-1]
    expect(way).to_have_attribute(
        "aria-valuetext", re.compile("^75.*% of the way from A to B")
    )  # the same place
    expect(sentence(live)).to_have_text(told[2])
    live.get_by_role("radio", name="around the centre").check(force=True)
    wait_for_decodes(live)
    expect(way).to_have_attribute("aria-valuetext", re.compile("^75.*% of the way from A to B"))
    expect(sentence(live)).to_have_text(texts(stops)[6])
    assert [texts(stops)[i] for i in (0, -1)] == [told[-1], told[0]]


def test_undo_and_redo_restore_the_interpolation(live: Page) -> None:
    live.get_by_label("A", exact=True).select_option(index=2)
    live.get_by_label("B", exact=True).select_option(index=4)
    stops = (
        live.locator("zlide-interpolation").get_by_role("button").filter(has=live.locator(".name"))
    )
    wait_for_decodes(live)
    told = texts(stops)
    live.get_by_role("button", name="Undo", exact=True).click()
    expect(stops).to_have_count(0)
    live.get_by_role("button", name="Redo", exact=True).click()
    wait_for_decodes(live)
    assert texts(stops) == told


def test_an_end_set_to_here_keeps_its_position(live: Page) -> None:
    slider(live, 1).press("End")
    wait_for_decodes(live)
    here = sentence(live).inner_text()
    live.get_by_label("A", exact=True).select_option(index=1)
    live.get_by_label("B", exact=True).select_option(index=4)
    slider(live, 1).press("Home")
    live.locator("zlide-interpolation").get_by_role("button").filter(
        has=live.locator(".name")
    ).first.click()
    expect(sentence(live)).to_have_text(here)


def test_sampling_depends_on_the_seed_alone(live: Page) -> None:
    likeliest = sentence(live).inner_text()
    live.get_by_role("radio", name="at random").check(force=True)
    seed = live.get_by_role("spinbutton", name="Seed")
    drawn = {}
    for number in (1, 2, 3, 4, 5, 6):
        seed.fill(str(number))
        seed.press("Enter")
        wait_for_decodes(live)
        drawn[number] = sentence(live).inner_text()
    assert len(set(drawn.values())) > 1
    seed.fill("2")
    seed.press("Enter")
    wait_for_decodes(live)
    assert sentence(live).inner_text() == drawn[2]
    live.get_by_role("radio", name="most likely").check(force=True)
    expect(sentence(live)).to_have_text(likeliest)


def test_each_word_says_how_sure_the_model_was(live: Page) -> None:
    words = live.locator("zlide-decoded #sentence span")
    expect(words.first).to_be_visible()
    for word in words.all():
        expect(word).to_have_attribute("title", re.compile(r"^confidence \d+\s%$"))
        expect(word).to_have_class(re.compile(r"\bconfidence[0-4]\b"))


def test_what_a_page_hides_is_not_there(tab: Callable[..., Page], address: str, site: Path) -> None:
    (site / "host.html").write_text(
        '<!doctype html><html lang="en"><title>Host</title>'
        '<script type="module" src="zlide.js"></script>'
        '<zlide-explorer bundle="models/text/" axes="2" '
        'hide="example map interpolation sampling share actions header"></zlide-explorer></html>',
        "utf-8",
    )
    page = tab()
    page.goto(f"{address}host.html")
    wait_for_decoder(page)
    page.locator("zlide-traversal").wait_for()
    for part in (
        "zlide-example",
        "zlide-map",
        "zlide-interpolation",
        "zlide-sampling",
        "zlide-share-bar",
        "h2",
    ):
        expect(page.locator(part)).to_have_count(0)
    expect(page.get_by_role("button", name="Randomize z")).to_have_count(0)
    expect(page.locator("zlide-slider-row")).to_have_count(2)


def test_where_the_panels_do_not_arrive_the_sliders_work_and_it_is_said(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    page.route("**/panels-*.js", lambda route: route.abort())
    page.goto(address)
    wait_for_decoder(page)
    expect(page.get_by_text("Part of this page could not be loaded")).to_be_visible()
    before = sentence(page).inner_text()
    slider(page, 1).press("End")
    expect(sentence(page)).not_to_have_text(before)


def test_a_finger_on_a_slider_turns_the_strip_to_it(tab: Callable[..., Page], address: str) -> None:
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    expect(page.get_by_role("heading", name="Along axis 1")).to_be_attached()
    slider(page, 2).evaluate(
        "handle => { handle.value = 1; handle.dispatchEvent(new Event('input')) }"
    )
    expect(page.get_by_role("heading", name="Along axis 2")).to_be_attached()


def test_the_layout_is_stable_when_a_sentence_becomes_longer(live: Page) -> None:
    boxes = set()
    lengths = set()
    for key in ("Home", "End"):
        for axis in (1, 2, 3):
            slider(live, axis).press(key)
            wait_for_decodes(live)
            lengths.add(len(sentence(live).inner_text()))
            boxes.add(
                str([live.locator(part).bounding_box() for part in ("zlide-traversal", "#field")])
            )
    assert max(lengths) > min(lengths)
    assert len(boxes) == 1
