"""The pictures of the guide are of today's pages: taken again, every label that they show is still there."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser

from models.matcher import Matcher
from tests.browser_world import office
from tests.guide import FOLDER, WORDS_FILE, take_pictures


def test_the_pictures_of_the_guide_show_todays_pages(
    chromium: Browser, sample_matcher: Matcher, tmp_path: Path
) -> None:
    with office(sample_matcher) as opened:
        taken = take_pictures(chromium, opened, tmp_path)
    kept = json.loads((FOLDER / WORDS_FILE).read_text(encoding="utf-8"))
    gone = {name: set(words) - set(taken.words[name]) for name, words in kept.items()}
    assert not any(gone.values()), f"labels that the pictures show are gone from the pages, run `make guide`: {gone}"
    assert all((tmp_path / f"{name}.png").stat().st_size > 0 for name in kept)
