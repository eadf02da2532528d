"""A site on zlide's own server, and a browser with another engine than Chromium's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.engine import Engine
from tests.engines.firefox import firefox
from tests.engines.webkit import webkit
from zlide.errors import ZlideError
from zlide.site.build import write_site
from zlide.site.serve import serve
from zlide.verify.browser import find_browser

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="session", params=[firefox, webkit], ids=lambda start: start.__name__)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A browser. Its tests are skipped if it is not installed."""
    try:
        find_browser(request.param.__name__)
    except ZlideError as error:
        pytest.skip(str(error))
    if request.param is webkit and not shutil.which("WebKitWebDriver"):
        pytest.skip(
            "no WebKitWebDriver found; "
            "install it, on Debian or Ubuntu with apt install webkit2gtk-driver"
        )
    with request.param() as driver:
        yield Engine(driver)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with a model of sentences and one of pictures."""
    site = tmp_path_factory.mktemp("engines") / "site"
    write_site([GOLDEN / "text", GOLDEN / "image"], site)
    with serve(site, port=0) as server:
        yield server.url
