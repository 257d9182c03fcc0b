"""A real Chromium that looks at pages and remembers everything that is wrong with them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    sync_playwright,
)

ARTEFACTS = Path(os.environ.get("KINITRO_TEST_ARTEFACTS", Path(__file__).parents[2] / ".artefacts"))
"""Where screenshots are kept."""
SERIOUS = ("serious", "critical")
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI || event.sample}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window; tools/setup.sh installs it."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "Chromium is missing: run `tools/setup.sh dev`, which installs what the tests drive"
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """A page of a browser, on one site. `problems` has a line for everything that went wrong there since `reset`."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        self.site = site
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"script failed: {error}"))
        self.page.on("request", self._check_address)
        self.page.on("response", self._check_status)
        self.page.on("dialog", self._refuse)

    def visit(self, path: str) -> Page:
        """Open a path of the site, and wait until it is loaded."""
        self.page.goto(self.site + path, wait_until="load")
        return self.page

    def check(self, what: str, *, accessible: bool = True) -> None:
        """Fail if anything went wrong, if axe finds something serious, or if the page is wider than its window."""
        if accessible:
            self.problems += list_barriers(self.page)
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.problems.append(f"the page is {wide} pixels wider than its window")
        assert self.problems == [], f"{what}: {self.problems}"

    def keep(self, name: str) -> None:
        """Keep a screenshot."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _check_address(self, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.problems.append(f"external request: {request.url}")

    def _check_status(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def _refuse(self, dialog: Dialog) -> None:
        self.problems.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()


def list_barriers(page: Page) -> list[str]:
    """What axe finds on a page that is serious, a line for each kind with the first element."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"axe: {rule['id']} ({rule['impact']}): {rule['help']}; {len(rule['nodes'])} times, first in "
        f"{rule['nodes'][0]['html'][:200]}"
        for rule in found
        if rule["impact"] in SERIOUS
    ]
