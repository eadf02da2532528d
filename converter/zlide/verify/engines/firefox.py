"""Firefox without questions, reports and requests to other machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from zlide.verify.engines.engine import Engine, find_programs

_NAMES = ("firefox-esr", "firefox")
_PATHS = {
    "darwin": ("/Applications/Firefox.app/Contents/MacOS/firefox",),
    "win32": (
        r"%ProgramFiles%\Mozilla Firefox\firefox.exe",
        r"%ProgramFiles(x86)%\Mozilla Firefox\firefox.exe",
    ),
}

_PREFERENCES: dict[str, bool | int | str] = {
    # No first run and no questions.
    "browser.aboutwelcome.enabled": False,
    "browser.preonboarding.enabled": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "termsofuse.bypassNotification": True,
    # No reports.
    "app.normandy.enabled": False,
    "app.shield.optoutstudies.enabled": False,
    "browser.newtabpage.activity-stream.telemetry": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.usage.uploadEnabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
    # Requests to other machines go to a proxy that does not exist; local pages need no proxy.
    "network.proxy.allow_bypass": False,
    "network.proxy.failover_direct": False,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # Timers with full precision, for measurements.
    "privacy.reduceTimerPrecision": False,
}


class Firefox(Engine):
    """An installed Firefox."""

    name = "firefox"
    title = "Firefox"
    install_remedy = "install it, on Debian with apt install firefox-esr"

    def candidates(self) -> Iterator[Path]:
        return find_programs(_NAMES, _PATHS.get(sys.platform, ()))

    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        lines = [
            f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
            for key, value in _PREFERENCES.items()
        ]
        (profile / "user.js").write_text("".join(lines), "utf-8")
        return [str(program), "--headless", "--no-remote", "--profile", str(profile), url]
