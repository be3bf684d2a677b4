"""The pictures of the Vietnamese guide, taken from real pages of the sample world: `make guide` writes docs/guide.

The tests take the same pictures elsewhere and compare what is written on the pages, so that the guide never ages.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

import docx
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from serving.pages.wording import WORDS
from serving.signin.wording import WORDS as SIGN_IN_WORDS
from tests import browser, browser_world
from tests.browser import GUIDE, picture_of, signed_in, visiting
from tests.browser_world import TEXT, TITLE, Office

FOLDER: Final = Path(__file__).parents[1] / "docs" / "guide"
WORDS_FILE: Final = "words.json"  # the labels of each page, whatever the window shows
_COLOURS: Final = 32  # flat colours and text need no more, and a picture stays small
_SAID: Final = "h1, h2, label, legend, button, a.button, th"
_OWN_TEXTS: Final = """found => found.filter(element => element.checkVisibility()).map(element =>
  [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join(""))"""
# What people invented is no label: it may change with the model.
_LABELS: Final = frozenset({*(vi for vi, _ in WORDS.values()), *(text["vi"] for text in SIGN_IN_WORDS.values())})
SIGNER: Final = "Lê Thị B"


@dataclass
class Album:
    """Takes pictures into a folder, and notes which labels stand on each page."""

    folder: Path
    words: dict[str, list[str]] = field(default_factory=dict)

    def take(self, page: Page, name: str, top: Locator | None = None) -> None:
        """A picture of what is in the window, from `top` on."""
        if top is not None:
            top.evaluate("element => window.scrollTo(0, element.getBoundingClientRect().top + window.scrollY - 16)")
        picture = Image.open(BytesIO(picture_of(page))).convert("RGB").quantize(_COLOURS)
        picture.save(self.folder / f"{name}.png", optimize=True)
        texts: list[str] = page.locator(f"main >> {_SAID}").evaluate_all(_OWN_TEXTS)
        self.words[name] = sorted(_LABELS & {" ".join(text.split()) for text in texts})

    def close(self) -> None:
        """Write down what stood on the pictures."""
        content = json.dumps(self.words, ensure_ascii=False, indent=1) + "\n"
        (self.folder / WORDS_FILE).write_text(content, encoding="utf-8")


def take_pictures(visitor: Browser, office: Office, folder: Path) -> Album:
    """Walk the way of the guide, from signing in to the approved paper."""
    album = Album(folder)
    with visiting(visitor, office.address, GUIDE) as visit:
        page = visit.page
        page.goto("/signin")
        album.take(page, "dang-nhap")
        signed_in(page, office.keys["staff"])
        address = _make_list(page, album)
        _ask_why(page, album, address)
        _decide(page, album, address)
        page.goto(page.locator(".card a[href^='/creators/']").first.get_attribute("href") or "")
        album.take(page, "nha-sang-tao", page.locator("main h2").first)
    album.close()
    return album


def _make_list(page: Page, album: Album) -> str:
    with tempfile.TemporaryDirectory() as folder:
        page.goto("/briefs/new")
        page.locator("#document").set_input_files(_document(Path(folder)))
        page.locator("form[action='/briefs/new/read'] button").click()
        expect(page.locator("#title")).not_to_have_value("")
    album.take(page, "yeu-cau-moi", page.locator("form[action='/briefs']"))
    page.locator("button[name=do][value=list]").click()
    page.wait_for_url("**/shortlists/*")
    album.take(page, "danh-sach", page.locator("#list"))
    return page.url


def _ask_why(page: Page, album: Album, address: str) -> None:
    for box in page.locator("input[name=c]").all()[:3]:
        box.check()
    page.locator("button[form=compare]").click()
    album.take(page, "so-sanh")
    page.goto(address)
    page.locator("#q").fill(page.locator(".card a[href^='/creators/']").nth(4).inner_text())
    page.locator("#why-part form[role=search] button").click()
    page.locator("#why-part table").wait_for()
    album.take(page, "vi-sao", page.locator("#why"))


def _decide(page: Page, album: Album, address: str) -> None:
    page.goto(address)
    page.locator(".card a[href*='/decide']").first.click()
    page.locator("input[name=decision]").first.check()
    page.locator("textarea[name=reason]").first.fill("Đúng chủ đề, đúng lứa tuổi, bài viết rõ ràng.")
    page.locator("input[name=decided_by]").first.fill(SIGNER)
    album.take(page, "quyet-dinh", page.locator("form[action$='/decide']").first)
    page.locator("form[action$='/decide'] button").first.click()
    page.wait_for_url("**/shortlists/*")
    page.locator("#by").fill(SIGNER)
    page.locator("#reason").fill("Danh sách phù hợp với kế hoạch.")
    album.take(page, "trinh-duyet", page.locator("#decide"))


def _document(folder: Path) -> Path:
    written = docx.Document()
    for paragraph in (TITLE, TEXT, "Đối tượng: thanh niên từ 18 đến 25 tuổi. Kinh phí: 300.000.000 đồng."):
        written.add_paragraph(paragraph)
    written.save(str(folder / "ke-hoach.docx"))
    return folder / "ke-hoach.docx"


def write() -> None:
    """Take the pictures of the guide anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        matcher = browser_world.trained(Path(home))
        with browser.running() as visitor, browser_world.office(matcher) as office:
            album = take_pictures(visitor, office, FOLDER)
    sys.stdout.write("".join(f"docs/guide/{name}.png\n" for name in album.words))
