"""Where a reader has been: undo and redo, the address, links, and what they take along."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_explorer import (
    decoder_held_back,
    example,
    sentence,
    slider,
    wait_for_decoder,
)
from tests.browser.waiting import wait_for_decodes, wait_for_rest
from tests.chromium import STICKS_OUT


def rest(page: Page) -> None:
    """Wait until a move has become a step."""
    wait_for_rest(page)


def values(page: Page) -> list[str]:
    return [
        handle.input_value()
        for handle in page.locator("zlide-slider-row").get_by_role("slider").all()
    ]


def press(page: Page, axis: int, key: str, times: int = 1) -> None:
    for _ in range(times):
        slider(page, axis).press(key)
    rest(page)


def test_a_gesture_is_one_step_that_is_undone_and_done_again(live: Page) -> None:
    undo, redo = (live.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_be_disabled()
    before = values(live)
    press(live, 1, "ArrowRight", 20)
    moved = values(live)
    press(live, 2, "PageUp", 5)
    again = values(live)
    assert before != moved != again
    undo.click()
    assert values(live) == moved
    undo.click()
    assert values(live) == before
    expect(undo).to_be_disabled()
    redo.click()
    redo.click()
    assert values(live) == again
    expect(redo).to_be_disabled()


def test_undo_does_not_lose_a_move_that_has_just_been_made(live: Page) -> None:
    before = values(live)
    slider(live, 1).press("End")
    live.get_by_role("button", name="Undo", exact=True).click()
    assert values(live) == before
    live.get_by_role("button", name="Redo", exact=True).click()
    assert slider(live, 1).input_value() == "3"


def test_the_address_spells_every_step_and_leads_back_through_them(live: Page) -> None:
    start, first = values(live), example(live).inner_text()
    press(live, 1, "End")
    assert "z=3" in live.url
    moved = values(live)
    live.get_by_role("button", name="Load an example").click()
    expect(example(live)).not_to_have_text(first)
    assert "e=" in live.url
    live.go_back()
    expect(example(live)).to_have_text(first)
    assert values(live) == moved
    live.go_back()
    rest(live)
    assert values(live) == start
    live.go_forward()
    rest(live)
    assert values(live) == moved


@pytest.mark.parametrize("change", ["moves", "random", "input", "sampling", "interpolation"])
def test_a_shared_link_opens_to_exactly_what_was_shown(
    change: str, live: Page, tab: Callable[..., Page]
) -> None:
    if change == "moves":
        press(live, 2, "Home")
        press(live, 1, "PageUp", 3)
    elif change == "random":
        live.get_by_role("button", name="Randomize z").click()
    elif change == "input":
        live.get_by_role("button", name="Your own").click()
        live.get_by_role("textbox", name="Your own sentence").fill("the singer plays the drum")
        live.get_by_role("textbox", name="Your own sentence").press("Enter")
        expect(example(live)).to_have_text("the singer plays the drum")
    elif change == "sampling":
        live.get_by_role("radio", name="at random").check(force=True)
        live.get_by_role("spinbutton", name="Seed").fill("77")
        live.get_by_role("spinbutton", name="Seed").press("Enter")
    else:
        live.get_by_label("A", exact=True).select_option(index=2)
        live.get_by_label("B", exact=True).select_option(index=3)
        live.get_by_role("slider", name="From A to B").press("PageUp")
    rest(live)
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.get_by_role("button", name="Share").click()
    expect(live.get_by_text("Link copied")).to_be_visible()
    link = live.evaluate("navigator.clipboard.readText()")
    assert len(link) < 700
    other = tab()
    other.goto(link)
    wait_for_decoder(other)
    expect(sentence(other)).to_have_text(sentence(live).inner_text())
    expect(example(other)).to_have_text(example(live).inner_text())
    assert values(other) == values(live)


def test_a_link_of_another_version_of_the_model_says_so(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    page.goto(f"{address}#text?z=1&v=00000000")
    wait_for_decoder(page)
    expect(page.get_by_text("This link was made with another version of the model")).to_be_visible()
    assert slider(page, 1).input_value() == "1"


def test_a_damaged_link_is_told_in_words_and_the_page_opens_all_the_same(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    page.goto(f"{address}#text?e=999")
    wait_for_decoder(page)
    expect(page.get_by_text("this link: e=999 does not fit this model")).to_be_visible()


def test_text_is_copied(live: Page) -> None:
    live.context.grant_permissions(["clipboard-read", "clipboard-write"])
    live.get_by_role("button", name="Copy text").click()
    expect(live.get_by_text("Text copied")).to_be_visible()
    assert live.evaluate("navigator.clipboard.readText()") == sentence(live).inner_text()


def test_where_there_is_no_clipboard_the_link_can_be_copied_by_hand(live: Page) -> None:
    live.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    press(live, 1, "End")
    live.get_by_role("button", name="Share").click()
    field = live.get_by_label("Text to copy")
    expect(field).to_have_value(live.url)
    assert field.evaluate("field => [field.selectionStart, field.selectionEnd]") == [
        0,
        len(live.url),
    ]


def test_words_that_the_model_does_not_know_are_named(live: Page) -> None:
    live.get_by_role("button", name="Your own").click()
    field = live.get_by_role("textbox", name="Your own sentence")
    field.fill("the singer plays the zither")
    field.press("Enter")
    expect(live.get_by_text("The model does not know “zither”, and read the rest.")).to_be_visible()
    expect(example(live)).to_have_text("the singer plays the zither")
    expect(live.locator("zlide-decoded #remark")).to_have_text(
        re.compile(r"differs? from the example$")
    )
    before = sentence(live).inner_text()
    field.fill("zither")
    field.press("Enter")
    expect(
        live.get_by_text("the model knows none of its words (“zither”); try plainer ones")
    ).to_be_visible()
    expect(sentence(live)).to_have_text(before)


def write_own(page: Page, text: str) -> None:
    """Type a sentence of one's own, and wait until it is the example."""
    page.get_by_role("button", name="Your own").click()
    page.get_by_role("textbox", name="Your own sentence").fill(text)
    page.get_by_role("textbox", name="Your own sentence").press("Enter")
    expect(example(page)).to_have_text(text)


def test_what_the_encoder_did_not_read_is_struck_through_and_named(live: Page) -> None:
    struck = live.locator("zlide-example s")
    reason = live.get_by_text(
        "The model does not know “rivers”, did not read “2”, “&” and “…”, and read the rest."
    )
    write_own(live, "It’s 2 RIVERS & the Drum…")
    expect(struck).to_have_text(["2", "RIVERS", "&", "…"])
    expect(reason).to_be_visible()
    expect(example(live)).to_match_aria_snapshot(
        "- paragraph: /It’s.*not read. 2.*not read. RIVERS.*not read. &.* the Drum.*not read. …/"
    )
    assert (
        example(live).inner_text() == "It’s 2 RIVERS & the Drum…"
    )  # what is heard only is not copied
    live.get_by_role("button", name="Load an example").click()
    expect(struck).to_have_count(0)
    expect(reason).to_have_count(0)
    live.get_by_role("button", name="Undo", exact=True).click()
    expect(struck).to_have_count(4)
    expect(reason).to_be_visible()
    live.reload()
    expect(struck).to_have_text(["2", "RIVERS", "&", "…"])
    expect(reason).to_be_visible()


def test_signs_without_end_do_not_widen_a_narrow_page(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 360, "height": 780})
    page.goto(address)
    wait_for_decoder(page)
    write_own(page, f"drum {'?' * 300} {'z' * 300}")
    expect(page.locator("zlide-example s")).to_have_count(2)
    expect(page.get_by_text(f"did not read “{'?' * 23}…”")).to_be_visible()
    assert page.evaluate(STICKS_OUT) == []


@pytest.mark.parametrize(
    ("form", "struck", "remark"),
    [
        ("  {}  ", [], "Word for word the example"),
        ("{} ?!", ["?!"], "Word for word what was read"),
        ("zithers {}", ["zithers"], "Word for word what was read"),
    ],
)
def test_a_sentence_is_called_equal_only_as_far_as_it_was_read(
    form: str, struck: list[str], remark: str, tab: Callable[..., Page], address: str
) -> None:
    place = f"{address}#text?z=1.5,-2,0.5,1,2,-1,0.25&r=0"
    page, other = tab(), tab()
    page.goto(place)
    wait_for_decoder(page)
    expect(sentence(page)).to_have_text(re.compile("[a-z]"))
    words = sentence(page).inner_text()
    other.goto(f"{place}&o={quote(form.format(words.capitalize()))}")
    wait_for_decoder(other)
    expect(other.locator("zlide-example s")).to_have_text(struck)
    expect(sentence(other)).to_have_text(words)
    expect(other.locator("zlide-decoded #remark")).to_have_text(remark)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{}", "Word for word the example"),
        ("“{}!”", "The same words as the example"),
        ("{} 3", "The same words as the example"),
    ],
)
def test_an_example_that_holds_more_than_its_words_is_not_called_equal(
    form: str,
    expected: str,
    site: Path,
    tab: Callable[..., Page],
    address: str,
    damage: Callable[..., None],
) -> None:
    manifest = json.loads((site / "models/text/manifest.json").read_text("utf-8"))
    text = form.format(manifest["posters"][0]["decoded"].capitalize())
    changes = [
        {"file": "examples.json", "at": ["examples", 0, "text"]},
        {"file": "manifest.json", "at": ["posters", 0, "text"]},
    ]
    damage(site / "models/text", *({**change, "to": text} for change in changes))
    page = tab()
    remark = page.locator("zlide-decoded #remark")
    with decoder_held_back(page):
        page.goto(address)
        expect(remark).to_have_text(expected)  # of the poster
    expect(example(page)).to_have_text(text)
    expect(remark).to_have_text(expected)
    expect(page.locator("zlide-example s")).to_have_count(0)  # no encoder had to read it


def test_a_link_to_words_that_the_model_does_not_know_says_so_and_the_page_is_live(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    page.goto(f"{address}#text?o=zither")
    wait_for_decoder(page)
    expect(page.get_by_text("the model knows none of its words (“zither”)")).to_be_visible()
    expect(page.locator("zlide-traversal").get_by_role("button").first).to_be_visible()
    other = tab()
    other.goto(f"{address}#text?o=the+zither+plays")
    expect(
        other.get_by_text("The model does not know “zither”, and read the rest.")
    ).to_be_visible()
    other.get_by_role("button", name="Load an example").click()
    expect(other.get_by_text("The model does not know")).to_have_count(0)
    other.get_by_role("button", name="Undo", exact=True).click()
    expect(other.get_by_text("The model does not know “zither”")).to_be_visible()


def test_what_the_page_around_hears_is_of_one_moment(live: Page) -> None:
    live.evaluate(
        """() => {
            window.heard = []
            addEventListener('zlide-change', ({ detail: { sliders, text } }) => {
                heard.push([sliders[0], text])
            })
        }"""
    )
    slider(live, 1).evaluate(
        """async (handle) => {
            for (let i = -300; i <= 300; i += 20) {
                handle.value = i / 100
                handle.dispatchEvent(new Event('input'))
                await new Promise((resolve) => setTimeout(resolve, 3))
            }
        }"""
    )
    wait_for_rest(live)
    heard = dict(live.evaluate("heard"))
    assert len(heard) > 3
    field = live.get_by_label("axis 1, in sigma")
    for value, text in list(heard.items())[:6]:
        field.fill(str(value))
        field.press("Enter")
        wait_for_decodes(live)
        assert sentence(live).inner_text() == text


def test_undoing_chance_leaves_nothing_drawn_behind(live: Page) -> None:
    live.get_by_label("A", exact=True).select_option(index=2)
    live.get_by_label("B", exact=True).select_option(index=4)
    wait_for_decodes(live)
    way = (
        live.locator("zlide-interpolation").get_by_role("button").filter(has=live.locator(".name"))
    )
    before = way.all_inner_texts()
    live.get_by_role("radio", name="at random").check(force=True)
    rest(live)
    assert way.all_inner_texts() != before
    live.get_by_role("button", name="Undo", exact=True).click()
    wait_for_rest(live)
    assert way.all_inner_texts() == before


def test_before_the_decoder_is_here_a_link_shows_no_sentence_of_another_place(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    undo = page.get_by_role("button", name="Undo", exact=True)
    with decoder_held_back(page):
        page.goto(f"{address}#text?z=3,-3")
        expect(slider(page, 1)).to_have_value("3")
        expect(page.locator("zlide-decoded #sentence")).to_have_text("…")
        expect(page.get_by_text("Word for word the example")).to_have_count(0)
        expect(undo).to_be_disabled()
    expect(page.locator("zlide-decoded #sentence")).not_to_have_text("…")
    expect(undo).to_be_disabled()  # nothing was seen before


@pytest.mark.parametrize("link", ["b=1~2~s&t=0.5", "o=these+are+words"])
def test_a_reader_who_moves_before_a_link_has_arrived_has_the_last_word(
    tab: Callable[..., Page], address: str, link: str
) -> None:
    page = tab()
    with decoder_held_back(page):
        page.goto(f"{address}#text?{link}")
        page.get_by_text("fetching the decoder").wait_for()
        expect(page.get_by_role("button", name="Load an example")).to_be_enabled()
        slider(page, 2).press("Home")
        wait_for_rest(page, held=True)
        there, spelled = values(page), page.url
    rest(page)
    assert values(page) == there
    assert page.url == spelled
    assert "z=,-3" in spelled


def hold(page: Page, pattern: str) -> Callable[[], None]:
    """Hold back what matches until the returned function is called."""
    held: list[Route] = []
    released = False

    def handle(route: Route) -> None:
        if released:
            route.continue_()
        else:
            held.append(route)

    def release() -> None:
        nonlocal released
        released = True
        for route in held:
            route.continue_()
        wait_for_rest(page)

    page.route(pattern, handle)
    return release


def submit(page: Page, text: str) -> None:
    page.get_by_role("button", name="Your own").click()
    page.get_by_role("textbox", name="Your own sentence").fill(text)
    page.get_by_role("textbox", name="Your own sentence").press("Enter")
    page.get_by_text(f"Reading {text}").wait_for()


def test_a_later_link_wins_over_one_that_waited_for_the_decoder(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    with decoder_held_back(page):
        page.goto(f"{address}#text?o=these+are+words")
        page.get_by_text("fetching the decoder").wait_for()
        page.evaluate("location.hash = 'text?e=3'")
        wait_for_rest(page, held=True)
    third = example(page).inner_text()
    wait_for_rest(page)
    assert example(page).inner_text() == third != "these are words"


def test_back_wins_over_a_link_that_has_not_arrived(live: Page) -> None:
    first = example(live).inner_text()
    release = hold(live, "**/encoder/**")
    live.evaluate("location.hash = 'text?o=the+singer+plays'")
    wait_for_rest(live, held=True)
    live.go_back()
    release()
    expect(example(live)).to_have_text(first)


def test_a_link_wins_over_a_sentence_that_is_still_being_read(live: Page) -> None:
    release = hold(live, "**/encoder/**")
    submit(live, "the singer plays")
    live.evaluate("location.hash = 'text?e=3'")
    wait_for_rest(live, held=True)
    third = example(live).inner_text()
    release()
    expect(example(live)).to_have_text(third)
    expect(live.get_by_text("Reading")).to_have_count(0)


def test_undo_wins_over_a_sentence_that_is_still_being_read(live: Page) -> None:
    first, before = example(live).inner_text(), values(live)
    press(live, 1, "End")
    release = hold(live, "**/encoder/**")
    submit(live, "the singer plays")
    live.get_by_role("button", name="Undo", exact=True).click()
    release()
    expect(example(live)).to_have_text(first)
    assert values(live) == before


def test_undo_keeps_the_focus_when_nothing_is_left_to_undo(live: Page) -> None:
    press(live, 1, "End")
    undo = live.get_by_role("button", name="Undo", exact=True)
    undo.press("Enter")
    expect(undo).to_be_disabled()
    expect(undo).to_be_focused()
    live.keyboard.press("Tab")
    live.keyboard.press("Enter")
    assert slider(live, 1).input_value() == "3"
