"""A real browser for the tests, Debian's Chromium, and a real service on a real port for it to visit."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from playwright.sync_api import Error as PlaywrightError

MISSING: Final = (
    "Chromium: not found, so the pages are not tested in a browser. "
    "Install it (apt-get install chromium) and run again."
)
_MISSED_FRAMES: Final = 3
KEPT: Final = Path(__file__).parents[1] / "build" / "screenshots"
PHONE, GUIDE, DESK = 360, 1100, 1440  # pixels of width; that of the guide's pictures between
_HEIGHT: Final = {PHONE: 740, GUIDE: 700, DESK: 900}
# WCAG 2.2 AA, and what axe-core's authors hold to be good practice beside it.
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE: Final = Axe()


def program() -> str | None:
    """Where Chromium is; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def running() -> Iterator[Browser]:
    """A browser without a window. As root, as CI often is, Chromium runs only without its own sandbox."""
    given = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]  # there is no GPU to draw with
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=given)
        yield browser
        browser.close()


@contextmanager
def serving(make_app: Callable[[str], Any]) -> Iterator[str]:
    """A service that listens on this machine as `kolmatch serve` does; its address, for which `make_app` makes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(make_app(address), log_config=None, access_log=False, ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Watched:
    """What a page asked for and complained of, from its first request on."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Watched:
        """Watch a page that has loaded nothing yet."""
        watched = cls(page)
        page.on("request", watched._asked)
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("console", watched._console)
        return watched

    def outside(self, *own: str) -> list[str]:
        """Addresses that were asked for beside those of one's own services."""
        return [request.url for request in self.requests if not request.url.startswith((*own, "data:", "blob:"))]

    def transferred_bytes(self) -> int:
        """What came over the wire, headers with it."""
        sizes = [request.sizes() for request in self.requests]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def visiting(browser: Browser, address: str = "", width: int = DESK, **context: Any) -> Iterator[Watched]:
    """A browser that has been nowhere yet, with a page that is watched."""
    size: Any = {"width": width, "height": _HEIGHT[width]}
    visitor = browser.new_context(
        base_url=address,
        viewport=size,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
        **context,
    )
    visitor.set_default_timeout(15_000)  # ms; a busy machine is slow, a page that hangs is found all the same
    try:
        yield Watched.of(visitor.new_page())
    finally:
        visitor.close()


def signed_in(page: Page, key: str, language: str = "vi") -> None:
    """Sign in with a key, as a person does."""
    page.goto(f"/signin?lang={language}")
    page.locator("input[name=key]").fill(key)
    page.locator("input[name=key]").press("Enter")
    page.wait_for_url("**/briefs")


def as_seen(page: Page, width: int, scheme: Any) -> None:
    """Look at a page on a telephone or a desk, by day or by night."""
    page.set_viewport_size({"width": width, "height": _HEIGHT[width]})
    page.emulate_media(color_scheme=scheme)


def barriers(page: Page) -> list[str]:
    """What axe-core finds in the way of people, with the elements; empty when there is nothing."""
    found = _AXE.run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {violation['help']}: {[node['html'][:200] for node in violation['nodes']]}"
        for violation in found.response["violations"]
    ]


def overflow_px(page: Page) -> int:
    """How far a page is wider than its window: then one must scroll sideways to read it."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def picture_of(page: Page, *, whole: bool = False) -> bytes:
    """A picture (PNG) of the window, or of the whole page. On a busy machine Chromium may miss a frame: asked again."""
    for _ in range(_MISSED_FRAMES):
        try:
            return page.screenshot(full_page=whole)
        except PlaywrightError as missed:
            if "Unable to capture screenshot" not in missed.message:
                raise
    return page.screenshot(full_page=whole)


def keep_screenshot(page: Page, name: str) -> None:
    """Keep what a page looks like under build/screenshots, for people to look at."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.png").write_bytes(picture_of(page, whole=True))
