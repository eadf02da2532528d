"""The page in Firefox and in Safari's engine: it decodes, and what a person does shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.engines.conftest import GOLDEN
from tests.engines.engine import Element, Engine
from zlide.site.build import write_site
from zlide.site.serve import serve


def sentence(engine: Engine) -> Element:
    return engine.find("zlide-decoded", "#sentence")


def picture(engine: Engine) -> Element:
    return engine.find("zlide-decoded", "canvas")


def first_slider(engine: Engine) -> Element:
    return engine.find("zlide-slider-row", "input[type=range]")


def visit(engine: Engine, address: str) -> None:
    engine.open("about:blank")
    engine.open(address)
    engine.wait(lambda: "all in this tab" in engine.find("body").text())


def test_the_page_opens_and_is_live(engine: Engine, address: str) -> None:
    visit(engine, address)
    assert sentence(engine).text()


def test_a_slider_changes_the_words(engine: Engine, address: str) -> None:
    visit(engine, address)
    before, words = float(first_slider(engine).value()), sentence(engine).text()
    first_slider(engine).press("ArrowRight", 100)
    engine.wait(lambda: sentence(engine).text() != words)
    assert float(first_slider(engine).value()) > before + 0.1


def visit_pictures(engine: Engine, address: str) -> None:
    visit(engine, address)
    engine.find("[role=tab]:nth-of-type(2)").click()
    engine.wait(lambda: len(np.unique(picture(engine).pixels())) > 10)
    engine.wait(lambda: "all in this tab" in engine.find("body").text())


def test_a_slider_changes_the_picture(engine: Engine, address: str) -> None:
    visit_pictures(engine, address)
    shown = picture(engine).pixels()
    first_slider(engine).press("ArrowRight", 100)
    engine.wait(lambda: not np.array_equal(picture(engine).pixels(), shown))


def test_a_second_visit_finds_the_same(engine: Engine, address: str) -> None:
    visit(engine, address)
    words = sentence(engine).text()
    visit(engine, address)
    assert sentence(engine).text() == words
    first_slider(engine).press("End")
    engine.wait(lambda: sentence(engine).text() != words)


def test_the_address_leads_back(engine: Engine, address: str) -> None:
    visit(engine, address)
    words = sentence(engine).text()
    first_slider(engine).press("End")
    engine.wait(lambda: sentence(engine).text() != words and engine.address() != address)
    moved, value, there = sentence(engine).text(), first_slider(engine).value(), engine.address()
    visit(engine, there)
    engine.wait(lambda: sentence(engine).text() == moved)
    assert first_slider(engine).value() == value


def write_own(engine: Engine, text: str) -> None:
    engine.find("zlide-example", "[aria-controls=form]").click()
    written = engine.find("zlide-example", "#written")
    engine.wait(lambda: written.value() == "")
    written.type(text)
    written.press("Enter")
    engine.wait(lambda: engine.find("zlide-example", "#sentence").text() == text)


def test_a_sentence_of_ones_own_is_taken(engine: Engine, address: str) -> None:
    visit(engine, address)
    write_own(engine, "the singer plays the drum")


def test_what_the_encoder_did_not_read_is_struck_through(engine: Engine, address: str) -> None:
    visit(engine, address)
    write_own(engine, "4 drums: it's LOUD")
    assert engine.find("zlide-example", "s").text() == "4"
    reason = engine.find("zlide-example", "#input").text()
    assert "“drums”" in reason
    assert "“4” and “:”" in reason


def test_a_picture_that_is_drawn_on_is_taken(engine: Engine, address: str) -> None:
    visit_pictures(engine, address)
    shown, frame = picture(engine).pixels(), engine.find("zlide-example", "canvas").pixels()
    engine.find("zlide-example", "[aria-pressed]:enabled").click()
    engine.find("zlide-drawing", "#paper").click()
    engine.wait(lambda: "your drawing" in engine.find("zlide-example", "h3").text())
    assert not np.array_equal(engine.find("zlide-drawing", "canvas").pixels(), frame)
    engine.wait(lambda: not np.array_equal(picture(engine).pixels(), shown))


def test_an_article_hears_the_explorer_in_it(engine: Engine, address: str) -> None:
    engine.open("about:blank")
    engine.open(f"{address}article.html")
    says = engine.find("#says")
    engine.wait(lambda: sentence(engine).text() in says.text())
    words = sentence(engine).text()
    first_slider(engine).press("ArrowRight", 100)
    engine.wait(lambda: sentence(engine).text() != words and sentence(engine).text() in says.text())


def test_what_was_opened_works_without_its_host(engine: Engine, tmp_path: Path) -> None:
    write_site([GOLDEN / "text"], tmp_path / "site")
    with serve(tmp_path / "site", port=0) as server:
        visit(engine, server.url)
        words = sentence(engine).text()
        engine.wait(
            lambda: all(
                any(part in url for url in engine.kept())
                for part in ("/assets/index-", ".wasm", "/decoder/step/group1", "/panels-")
            )
        )
    visit(engine, server.url)
    assert sentence(engine).text() == words
    first_slider(engine).press("End")
    engine.wait(lambda: sentence(engine).text() != words)
