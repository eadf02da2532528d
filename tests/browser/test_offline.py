"""Offline the page shows what was opened before; online it shows what was deployed last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, Route, expect

from tests.browser.conftest import launch
from tests.browser.waiting import wait_for_decodes, wait_until
from tests.chromium import COUNT_WORK

Tab = Callable[..., Page]

LIVE = "all in this tab"
SHARD = "decoder/step/group1-shard1of1.bin"

KEPT = """async () => {
  const all = []
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) all.push(url)
  return all
}"""


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("text", "image")


def until(page: Page, holds: Callable[[list[str]], bool]) -> None:
    """Wait until `holds` is true of the cached addresses."""
    wait_until(page, lambda: holds(page.evaluate(KEPT)))


def keeps(page: Page, *parts: str) -> None:
    """Wait until addresses with all these parts are kept."""
    until(page, lambda kept: all(any(part in url for url in kept) for part in parts))


def drops(page: Page, part: str) -> None:
    """Wait until no address with this part is kept."""
    until(page, lambda kept: not any(part in url for url in kept))


def visited(tab: Tab, address: str, *more: str) -> Page:
    """A page that a reader has opened, and that has kept what it was made of."""
    page = tab(service_workers="allow")
    page.goto(address)
    page.get_by_text(LIVE).first.wait_for()
    page.locator("zlide-traversal").first.wait_for()
    keeps(
        page, "models/text/manifest.json", SHARD, "assets/panels-", "assets/worker-", ".wasm", *more
    )
    return page


def rewrite(site: Path, path: str, change: Callable[[bytes], bytes]) -> str:
    """Replace a file of the bundle and its hash in the manifest. Return the hash in its address."""
    bundle = site / "models/text"
    data = change((bundle / path).read_bytes())
    (bundle / path).write_bytes(data)
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    (listed,) = (file for file in manifest["files"] if file["path"] == path)
    listed.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    (bundle / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return str(listed["sha256"][:16])


def is_worker_waiting(page: Page) -> bool:
    """Return whether a new service worker waits until the old one's tabs are closed."""
    return bool(
        page.evaluate(
            "navigator.serviceWorker.getRegistration().then(({ waiting }) => waiting !== null)"
        )
    )


def sentence_at(page: Page, end: str) -> str:
    """Return the sentence at an end of the first axis."""
    page.get_by_role("slider", name="axis 1", exact=True).first.press(end)
    wait_for_decodes(page)
    return page.locator("zlide-decoded #sentence").first.inner_text()


def test_what_was_opened_is_live_without_a_network(tab: Tab, address: str) -> None:
    page = visited(tab, address)
    online = [sentence_at(page, end) for end in ("End", "Home")]
    page.context.set_offline(offline=True)
    page.reload()
    page.get_by_text(LIVE).wait_for()
    assert [sentence_at(page, end) for end in ("End", "Home")] == online
    assert online[0] != online[1]
    expect(page.locator("zlide-traversal")).to_be_visible()
    page.get_by_role("tab", name="Golden image").click()
    expect(page.get_by_role("alert")).to_have_text(
        "/deep/down/models/image/manifest.json: cannot be fetched; check the connection and retry"
    )
    page.context.set_offline(offline=False)
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("tabpanel", name="Golden image").get_by_text(LIVE).wait_for()


def test_a_tab_that_was_opened_later_is_kept_too(tab: Tab, address: str) -> None:
    page = visited(tab, address)
    page.get_by_role("tab", name="Golden image").click()
    panel = page.get_by_role("tabpanel", name="Golden image")
    panel.get_by_text(LIVE).wait_for()
    keeps(
        page,
        "models/image/manifest.json",
        "models/image/decoder/image/model.json",
        "models/image/pictures.png",
    )
    page.context.set_offline(offline=True)
    page.goto(f"{address}?backend=wasm#image")
    panel.get_by_text(LIVE).wait_for()


def test_an_article_is_kept_with_its_explorers(tab: Tab, address: str) -> None:
    page = visited(
        tab,
        f"{address}article.html",
        "zlide.js",
        "article.html",
        "models/image/decoder/image/model.json",
    )
    page.context.set_offline(offline=True)
    page.reload()
    expect(page.get_by_text(LIVE)).to_have_count(2)
    assert f"Now it says: “{sentence_at(page, 'End')}”" in page.locator("figure").first.inner_text()


def test_it_begins_after_the_first_decode(tab: Tab, address: str) -> None:
    page = tab(service_workers="allow")
    found: list[int] = []

    def look(route: Route) -> None:
        found.append(
            page.evaluate(
                "navigator.serviceWorker.getRegistrations().then((found) => found.length)"
            )
        )
        route.continue_()

    page.route(f"**/{SHARD}*", look)
    page.goto(address)
    page.get_by_text(LIVE).wait_for()
    assert found[0] == 0
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_a_new_export_is_shown_and_the_old_one_is_dropped(
    tab: Tab, address: str, site: Path
) -> None:
    page = visited(tab, address, "examples.json")
    before = json.loads((site / "models/text/manifest.json").read_text("utf-8"))
    (old,) = (file["sha256"][:16] for file in before["files"] if file["path"] == "examples.json")
    new = rewrite(
        site, "examples.json", lambda data: data.replace(b"the slow river", b"the fast river")
    )
    other = page.context.new_page()  # one tab is still open
    other.goto(address)
    other.get_by_role("button", name="All 4 examples").click()
    expect(other.locator("#list").get_by_role("button", name="the fast river")).to_be_visible()
    keeps(other, new)
    drops(other, old)
    assert sentence_at(page, "End")  # and goes on
    page.context.set_offline(offline=True)
    other.reload()
    other.get_by_text(LIVE).wait_for()
    other.get_by_role("button", name="All 4 examples").click()
    expect(other.locator("#list").get_by_role("button", name="the fast river")).to_be_visible()


def test_a_model_that_is_not_listed_any_more_is_dropped(tab: Tab, address: str, site: Path) -> None:
    page = visited(tab, address)
    (site / "models.json").write_text(
        '{"models": [{"path": "models/image/", "title": "Pictures"}]}', "utf-8"
    )
    page.reload()
    page.get_by_text(LIVE).wait_for()
    drops(page, "models/text/")


def test_a_file_of_another_export_is_not_kept(tab: Tab, address: str, site: Path) -> None:
    page = visited(tab, address)
    whole = (site / "models/text" / SHARD).read_bytes()
    rewrite(site, SHARD, lambda data: data[:1200] + bytes([data[1200] ^ 1]) + data[1201:])
    changed = (site / "models/text" / SHARD).read_bytes()
    (site / "models/text" / SHARD).write_bytes(
        whole
    )  # the host is slow: the manifest is new, this file is not yet
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("expected SHA-256")
    (site / "models/text" / SHARD).write_bytes(changed)
    page.get_by_role("button", name="Retry").click()
    page.get_by_text(LIVE).wait_for()


def test_a_new_page_is_shown_at_the_next_visit_and_the_old_one_is_dropped(
    tab: Tab, address: str, site: Path
) -> None:
    page = visited(tab, address, ".css")
    (style,) = (site / "assets").glob("page-*.css")
    newer = style.rename(style.with_name("page-newer123.css"))
    newer.write_text(newer.read_text("utf-8") + "body { border-top: 7px solid }", "utf-8")
    for text in (site / "index.html", site / "offline.js"):
        text.write_text(text.read_text("utf-8").replace(style.name, newer.name), "utf-8")
    page.reload()
    page.get_by_text(LIVE).wait_for()
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).borderTopWidth") == "7px"
    keeps(page, newer.name)
    page.evaluate(
        "navigator.serviceWorker.getRegistration().then((registration) => registration.update())"
    )
    wait_until(page, lambda: is_worker_waiting(page))
    assert any(
        style.name in url for url in page.evaluate(KEPT)
    )  # the tab is still the old worker's

    def old_worker_is_gone() -> bool:
        page.goto("about:blank")  # the old worker ends with its last tab, but not at once
        page.goto(address)
        page.get_by_text(LIVE).wait_for()
        return not is_worker_waiting(page)

    wait_until(page, old_worker_is_gone)
    drops(page, style.name)
    page.context.set_offline(offline=True)
    page.reload()
    page.get_by_text(LIVE).wait_for()
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).borderTopWidth") == "7px"


def test_neighbours_on_the_same_host_are_left_alone(tab: Tab, address: str, site: Path) -> None:
    (site / "notes.html").write_text("<!doctype html><title>Notes</title>old", "utf-8")
    page = visited(tab, address)
    page.goto(f"{address}notes.html")
    page.goto(address)
    page.get_by_text(LIVE).wait_for()
    assert all("notes" not in url for url in page.evaluate(KEPT))
    assert {url.startswith(address) for url in page.evaluate(KEPT)} == {True}


def test_without_its_worker_the_page_is_as_it_was(tab: Tab, address: str, site: Path) -> None:
    (site / "offline.js").unlink()
    page = tab(service_workers="allow")
    page.goto(address)
    page.get_by_text(LIVE).wait_for()
    assert sentence_at(page, "End") != sentence_at(page, "Home")
    assert (
        page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)")
        == 0
    )


def test_where_nothing_can_be_kept_the_page_is_as_it_was(
    tab: Tab, address: str, site: Path
) -> None:
    text = (site / "offline.js").read_text("utf-8")
    (site / "offline.js").write_text(
        "caches.open = caches.match = () => Promise.reject(new Error('no room'));" + text, "utf-8"
    )
    page = tab(service_workers="allow")
    page.goto(address)
    page.get_by_text(LIVE).wait_for()
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.reload()
    page.get_by_text(LIVE).wait_for()
    assert sentence_at(page, "End") != sentence_at(page, "Home")


def test_on_plain_http_the_page_is_as_it_was(playwright: Playwright, address: str) -> None:
    with launch(playwright, "--host-resolver-rules=MAP blog.test 127.0.0.1") as browser:
        page = browser.new_page()
        page.add_init_script(COUNT_WORK)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address.replace("127.0.0.1", "blog.test"))
        page.get_by_text(LIVE).wait_for()
        assert page.evaluate("'serviceWorker' in navigator") is False
        assert sentence_at(page, "End") != sentence_at(page, "Home")
        assert errors == []


def test_the_page_can_be_installed(tab: Tab, address: str) -> None:
    page = visited(tab, address)
    session = page.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] in (
        [],
        [{"errorId": "in-incognito", "errorArguments": []}],
    )
