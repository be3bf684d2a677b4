"""Whether a post says that it is an advertisement, and whether it looks like one (Advertising Law, Article 15a).

Who carries an advertisement must say so; a post that sells without saying so is what a person should look at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from features.diacritics import strip_diacritics

_WORDS: Final = re.compile(r"[^\W_]+")
_TAGS: Final = frozenset(
    {
        *("ad", "ads", "adv", "quangcao", "sponsored", "sponsor", "taitro", "duoctaitro", "hoptac", "hoptacquangcao"),
        *("paidpartnership", "paid", "collab", "partner", "partnership", "gifted", "baivietduoctaitro"),
    }
)
_SAID: Final = (
    *("quang cao", "duoc tai tro", "tai tro boi", "nha tai tro", "don vi tai tro", "hop tac cung", "hop tac voi"),
    *("noi dung co tra phi", "quan he doi tac", "paid partnership", "sponsored by", "in partnership with"),
)
_SELLING: Final = (
    *("ma giam gia", "nhap ma", "voucher", "freeship", "mien phi van chuyen", "gio hang", "dat hang", "chot don"),
    *("link mua", "link bio", "link o bio", "link duoi bio", "khuyen mai", "flash sale", "san sale", "uu dai"),
    *("giam gia", "mua ngay", "mua tai", "inbox de mua", "tiktok shop", "shopee", "lazada"),
)


def disclosed(text: str | None, hashtags: Sequence[str] | None) -> tuple[str, ...]:
    """The words and hashtags by which a post says that somebody paid for it."""
    tags = [f"#{tag}" for tag in hashtags or () if _bare(tag) in _TAGS]
    return (*dict.fromkeys(tags), *_phrases(text, _SAID))


def selling(text: str | None) -> tuple[str, ...]:
    """The words by which a post looks like selling something."""
    return _phrases(text, _SELLING)


def _phrases(text: str | None, phrases: Sequence[str]) -> tuple[str, ...]:
    words = f" {' '.join(_WORDS.findall(_bare(text or '')))} "
    return tuple(phrase for phrase in phrases if f" {phrase} " in words)


def _bare(text: str) -> str:
    return strip_diacritics(text.lower())
