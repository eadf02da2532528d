"""WebKitGTK in its MiniBrowser, driven by its own WebKitWebDriver."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver.remote.command import Command
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from selenium.webdriver.webkitgtk.webdriver import WebDriver

from zlide.verify.browser import find_browser
from zlide.verify.engines import ENGINES


class WebKit:
    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver

    def open(self, address: str) -> None:
        self._driver.get(address)

    def run(self, function: str, argument: str) -> str:
        return str(self._driver.execute_script(f"return ({function})(arguments[0])", argument))

    def perform(self, actions: list[dict[str, Any]]) -> None:
        self._driver.execute(Command.W3C_ACTIONS, {"actions": actions})


@contextmanager
def webkit() -> Iterator[WebKit]:
    options = Options()
    options.binary_location = str(find_browser("webkit"))
    options.add_argument("--automation")
    with (
        tempfile.TemporaryDirectory(prefix="zlide-webkit-", ignore_cleanup_errors=True) as profile,
        ENGINES["webkit"].environment(Path(profile)) as environment,
        WebDriver(options, Service(env=environment)) as driver,
    ):
        yield WebKit(driver)
