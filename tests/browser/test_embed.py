"""Explorers embedded in other pages: several, styled, from another folder or another host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.waiting import wait_for_rest, wait_until

Tab = Callable[..., Page]

LIVE = "all in this tab"


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("text", "image")


@pytest.fixture
def host(site: Path) -> Callable[..., str]:
    """Write a page two folders away from the site. Return its path relative to the site."""

    def write(body: str, style: str = "", script: str = "../../deep/down/zlide.js") -> str:
        folder = site.parents[1] / "blog" / "post"
        folder.mkdir(parents=True)
        (folder / "style.css").write_text(style, "utf-8")
        head = (
            '<!doctype html><title>A post</title><link rel="stylesheet" href="style.css">'
            f'<script type="module" src="{script}"></script>'
        )
        (folder / "index.html").write_text(f"{head}<h1>A post</h1>{body}", "utf-8")
        return "../../blog/post/"

    return write


def opened(tab: Tab, address: str, explorers: int = 1, **settings: str) -> Page:
    page = tab(**settings)
    page.goto(address)
    expect(page.get_by_text(LIVE)).to_have_count(explorers)
    return page


def colour(of: Locator, what: str = "color") -> str:
    return str(of.evaluate("(element, what) => getComputedStyle(element)[what]", what))


def axis(explorer: Locator) -> Locator:
    return explorer.get_by_role("slider", name="axis 1", exact=True)


def test_two_explorers_in_an_article_are_live_and_know_nothing_of_each_other(
    tab: Tab, address: str
) -> None:
    page = opened(tab, f"{address}article.html", explorers=2)
    words, pictures = page.locator("zlide-explorer").nth(0), page.locator("zlide-explorer").nth(1)
    expect(page.locator("#says")).to_have_text(
        f"Now it says: “{words.locator('zlide-decoded #sentence').inner_text()}”"
    )
    elsewhere = axis(pictures).input_value()
    before = page.locator("#says").inner_text()
    axis(words).press("End")
    expect(page.locator("#says")).not_to_have_text(before)
    expect(page.locator("#says")).to_have_text(
        f"Now it says: “{words.locator('zlide-decoded #sentence').inner_text()}”"
    )
    assert axis(pictures).input_value() == elsewhere
    here = axis(words).input_value()
    axis(pictures).press("Home")
    assert (axis(words).input_value(), axis(pictures).input_value()) == (here, "-3")
    wait_for_rest(page)  # a step would have been reported
    assert page.url == f"{address}article.html"


def test_an_article_shows_its_one_model_twice(tab: Tab, address: str, site: Path) -> None:
    (site / "models.json").write_text(
        '{"models": [{"path": "models/image/", "title": "Pictures"}]}', "utf-8"
    )
    page = opened(tab, f"{address}article.html", explorers=2)
    axis(page.locator("zlide-explorer").nth(0)).press("End")
    expect(page.locator("#says")).to_have_text("Now its first slider is at 3.00 σ.")
    expect(page.locator("#lines")).to_contain_text('<zlide-explorer bundle="models/image/">')


def test_an_article_whose_models_cannot_be_listed_says_so(
    tab: Tab, address: str, site: Path
) -> None:
    (site / "models.json").unlink()
    page = tab()
    page.goto(f"{address}article.html")
    expect(page.get_by_text("The list of models cannot be fetched")).to_have_count(2)


def test_the_lines_to_copy_work_from_another_folder(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host(
        '<zlide-explorer bundle="../../deep/down/models/text/" axes="1" '
        'hide="header example actions"></zlide-explorer>'
    )
    page = opened(tab, f"{address}{post}")
    expect(page.locator("zlide-sliders").get_by_role("slider")).to_have_count(1)
    expect(page.locator("zlide-example")).to_have_count(0)
    sentence = page.locator("zlide-decoded #sentence")
    before = sentence.inner_text()
    axis(page.locator("zlide-explorer")).press("End")
    expect(sentence).not_to_have_text(before)
    wait_for_rest(page)
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)")
        == 0
    )


def test_custom_properties_and_the_host_s_colour_scheme_decide_how_it_looks(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host(
        '<zlide-explorer id="own" bundle="../../deep/down/models/text/"></zlide-explorer>'
        '<zlide-explorer id="plain" bundle="../../deep/down/models/text/"></zlide-explorer>',
        "#own { --zlide-ink: rgb(1, 2, 3); --zlide-serif: monospace }",
    )
    page = opened(tab, f"{address}{post}", explorers=2, color_scheme="dark")
    own, plain = (page.locator(f"#{name} zlide-decoded #sentence") for name in ("own", "plain"))
    assert (colour(own), colour(own, "fontFamily")) == ("rgb(1, 2, 3)", "monospace")
    assert (
        colour(plain) == "rgb(31, 29, 26)"
    )  # on the white of a page that knows no dark, for a reader who likes it dark


def test_an_explorer_in_a_narrow_column_is_stacked_on_a_wide_screen(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    body = '<zlide-explorer bundle="../../deep/down/models/text/"></zlide-explorer>'
    page = opened(tab, f"{address}{host(body, 'zlide-explorer { width: 30rem }')}")
    boxes = [
        page.locator(part).bounding_box()
        for part in ("zlide-example", "zlide-sliders", "zlide-decoded")
    ]
    assert len({box["x"] for box in boxes if box}) == 1
    assert all(box["width"] <= 480 for box in boxes if box)


def test_a_page_that_embeds_fetches_nothing_that_the_site_s_own_page_does_not(
    tab: Tab, address: str, site: Path, host: Callable[..., str]
) -> None:
    def scripts(page: Page) -> set[str]:
        return {
            url
            for url in page.evaluate(
                "performance.getEntriesByType('resource').map(({ name }) => name)"
            )
            if url.endswith(".js")
        }

    own = opened(tab, address)
    post = opened(
        tab,
        f"{address}{host('<zlide-explorer bundle=../../deep/down/models/text/></zlide-explorer>')}",
    )
    for page in (own, post):
        page.locator("zlide-interpolation").wait_for()
    assert scripts(post) - scripts(own) == {f"{address}zlide.js"}
    assert (site / "zlide.js").stat().st_size < 500  # it names scripts, and holds none


class TestFromAnotherHost:
    """The same server under another name is another host to a browser."""

    @pytest.fixture
    def headers(self, request: pytest.FixtureRequest) -> dict[str, str]:
        return dict(request.param)

    @pytest.fixture
    def page(self, chromium: Browser, address: str, host: Callable[..., str]) -> Iterator[Page]:
        there = address.replace("127.0.0.1", "localhost")
        post = host(
            f'<zlide-explorer bundle="{there}models/text/"></zlide-explorer>',
            script=f"{there}zlide.js",
        )
        page = chromium.new_page()
        page.goto(f"{address}{post}")
        yield page
        page.close()

    ALLOWING = (
        "default-src 'self'; connect-src 'self' http://localhost:*; "
        "script-src 'self' 'wasm-unsafe-eval' http://localhost:*; worker-src 'self' blob: http://localhost:*"
    )
    CORS = {"Access-Control-Allow-Origin": "*"}  # noqa: RUF012 (never changed)

    @pytest.mark.parametrize(
        "headers", [{**CORS, "Content-Security-Policy": ALLOWING}], indirect=True
    )
    def test_it_is_live_where_both_hosts_let_it(self, page: Page) -> None:
        expect(page.get_by_text(LIVE)).to_be_visible()
        sentence = page.locator("zlide-decoded #sentence")
        before = sentence.inner_text()
        axis(page.locator("zlide-explorer")).press("End")
        expect(sentence).not_to_have_text(before)

    @pytest.mark.parametrize(
        "headers",
        [{**CORS, "Content-Security-Policy": ALLOWING.replace(" blob:", "")}],
        indirect=True,
    )
    def test_a_policy_that_forbids_its_worker_is_named(self, page: Page) -> None:
        expect(page.get_by_role("alert")).to_contain_text(
            "this page cannot run it; http://localhost:"
        )
        expect(page.get_by_role("alert")).to_contain_text(
            "and worker-src, with “blob:”; or publish the site on the origin of this page"
        )

    @pytest.mark.parametrize(
        "headers",
        [
            {
                **CORS,
                "Content-Security-Policy": ALLOWING.replace(
                    "connect-src 'self' http://localhost:*; ", ""
                ),
            }
        ],
        indirect=True,
    )
    def test_a_policy_that_forbids_its_bundle_is_named(self, page: Page) -> None:
        expect(page.get_by_role("alert")).to_contain_text(
            re.compile(
                r"^http://localhost:\d+/deep/down/models/text/manifest\.json: "
                r"cannot be fetched; .* must send “Access-Control-Allow-Origin”"
            )
        )


MADE = """async () => {
  const made = document.createElement('zlide-explorer')
  document.body.append(made)
  await new Promise((resolve) => setTimeout(resolve, 300))
}"""


def test_a_bundle_is_opened_when_it_is_named_and_another_when_that_changes(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    page = tab()
    missing: list[str] = []
    page.on(
        "response",
        lambda response: (
            missing.append(response.url)
            if response.status == 404 and "favicon" not in response.url
            else None
        ),
    )
    page.goto(f"{address}{host('')}")
    page.evaluate(MADE)
    explorer = page.locator("zlide-explorer")
    expect(explorer.get_by_role("alert")).to_contain_text(
        'expected the attribute bundle, found none; add bundle="models/sentences/"'
    )
    expect(explorer.get_by_role("button", name="Retry")).to_have_count(0)

    explorer.evaluate(
        "element => element.setAttribute('bundle', '../../deep/down/models/text')"
    )  # a slash is not missed
    explorer.get_by_text(LIVE).wait_for()
    expect(explorer.get_by_role("alert")).to_have_count(0)
    explorer.get_by_role("button", name="Your own").click()
    explorer.get_by_role("textbox").fill("a song about rain")
    explorer.get_by_role("textbox").press("Enter")
    axis(explorer).press("End")
    wait_for_rest(page)  # a step of the one model

    explorer.evaluate("element => { element.bundle = '../../deep/down/models/image/' }")
    explorer.locator("zlide-decoded canvas").wait_for()
    explorer.get_by_text(LIVE).wait_for()
    expect(explorer.get_by_role("button", name="Undo")).to_be_disabled()
    expect(explorer.get_by_role("button", name="Use your own picture")).to_be_visible()
    expect(explorer.locator("zlide-traversal").get_by_role("button")).to_have_count(7)
    axis(explorer).press("Home")
    expect(explorer.locator("zlide-status")).to_contain_text("decoded in")
    assert missing == []


def test_drawing_waits_for_its_code_when_a_model_of_pictures_replaces_one_of_sentences(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host('<zlide-explorer bundle="../../deep/down/models/text/"></zlide-explorer>')
    page = opened(tab, f"{address}{post}")
    explorer = page.locator("zlide-explorer")
    explorer.locator("zlide-map").wait_for()
    failed: list[Route] = []
    page.route("**/drawing-and-png-*.js", lambda route: failed.append(route))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    explorer.evaluate("element => { element.bundle = '../../deep/down/models/image/' }")
    explorer.get_by_text(LIVE).wait_for()
    draw = explorer.get_by_role("button", name="Draw on it")
    expect(draw).to_be_disabled()
    wait_until(page, lambda: bool(failed))
    failed.pop().abort()
    expect(explorer.locator("p#remark")).to_contain_text("could not be loaded")
    expect(draw).to_be_disabled()
    explorer.evaluate("element => { element.bundle = '../../deep/down/models/text/' }")
    expect(explorer.locator("zlide-example #sentence")).to_be_visible()
    expect(explorer.locator("p#remark")).to_have_count(0)


def test_attributes_may_come_and_go(tab: Tab, address: str, host: Callable[..., str]) -> None:
    post = host(
        '<zlide-explorer bundle="../../deep/down/models/text/" hide="header map" axes="1" '
        'state="e=2"></zlide-explorer>'
    )
    page = opened(tab, f"{address}{post}")
    explorer = page.locator("zlide-explorer")
    expect(explorer.locator("h2")).to_have_count(0)
    second = explorer.locator("zlide-example #sentence").inner_text()
    for name in ("hide", "axes", "state"):
        explorer.evaluate("(element, name) => element.removeAttribute(name)", name)
    expect(explorer.locator("h2")).to_have_count(1)
    expect(explorer.locator("zlide-map")).to_have_count(1)
    expect(explorer.locator("zlide-map .dots")).not_to_have_attribute("d", "")
    expect(explorer.locator("zlide-slider-row")).not_to_have_count(1)
    explorer.evaluate("element => Object.assign(element, { hide: undefined, state: 'e=2' })")
    explorer.evaluate("element => element.setAttribute('state', 'e=2')")
    expect(explorer.locator("zlide-example #sentence")).to_have_text(second)

    explorer.evaluate(
        "element => { element.bundle = '../../deep/down/models/image/' }"
    )  # what was asked of the last one is not asked of this one
    explorer.locator("zlide-decoded canvas").wait_for()
    expect(explorer.locator("zlide-example")).to_contain_text("frame 1")


def test_an_explorer_that_is_moved_while_it_reads_goes_on(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host(
        '<section></section><zlide-explorer bundle="../../deep/down/models/text/"></zlide-explorer>'
    )
    page = opened(tab, f"{address}{post}")
    page.route("**/encoder/**", lambda _: None)
    page.get_by_role("button", name="Your own").click()
    page.get_by_role("textbox", name="Your own sentence").fill("the singer plays")
    page.get_by_role("textbox", name="Your own sentence").press("Enter")
    page.get_by_text("Reading").wait_for()
    page.evaluate(
        "document.querySelector('section').append(document.querySelector('zlide-explorer'))"
    )
    expect(page.get_by_text("Reading")).to_have_count(0)
    expect(page.get_by_text("all in this tab")).to_be_visible()


def test_an_explorer_that_was_moved_still_says_at_the_foot_of_a_low_window_what_it_decodes(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host(
        '<section></section><zlide-explorer bundle="../../deep/down/models/text/"></zlide-explorer>'
    )
    page = opened(tab, f"{address}{post}")
    page.set_viewport_size({"width": 1280, "height": 500})
    page.locator("zlide-map").wait_for()
    page.evaluate(
        "document.querySelector('section').append(document.querySelector('zlide-explorer'))"
    )
    expect(page.get_by_text("all in this tab")).to_be_visible()
    page.locator("zlide-interpolation").evaluate(
        "element => element.scrollIntoView({ block: 'start' })"
    )
    expect(page.locator("zlide-sticky-preview p")).to_have_text(
        page.locator("zlide-decoded #sentence").inner_text()
    )


def test_the_bundle_that_was_named_last_is_the_one_that_stands(
    tab: Tab, address: str, host: Callable[..., str]
) -> None:
    post = host('<zlide-explorer bundle="../../deep/down/models/text/"></zlide-explorer>')
    page = opened(tab, f"{address}{post}")
    explorer = page.locator("zlide-explorer")
    explorer.evaluate(
        """async (element) => {
          for (const name of ['image', 'text', 'nowhere', 'image', 'text', 'image']) {
            element.bundle = `../../deep/down/models/${name}/`
            await new Promise((resolve) => setTimeout(resolve, 40))
          }
        }"""
    )
    explorer.locator("zlide-decoded canvas").wait_for()
    explorer.get_by_text(LIVE).wait_for()
    wait_for_rest(page)
    expect(explorer.get_by_role("alert")).to_have_count(0)
    expect(explorer.locator("zlide-decoded canvas")).to_have_count(1)
    page.wait_for_function(
        "() => window.started - window.ended === 1"
    )  # a backend may still be tried
