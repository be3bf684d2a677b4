"""What the text of a brief says of its terms: ages, places, platforms, formats, money, how many to invite.

Only what is written is found; a person looks over it before anything is asked. Nothing found is None or empty.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from data.contract import FORMATS, PLATFORMS
from features.diacritics import strip_diacritics
from features.provinces import COUNTRY, PROVINCES, known_province

_OLDEST: Final = 120
_MOST_INVITED: Final = 1000

_AGES: Final = re.compile(r"(?:tu )?(\d{1,3})\s*(?:den|toi|-|–)\s*(?:duoi )?(\d{1,3})\s*tuoi")
# "300 triệu đồng", "1.5 tỷ", "2 tỷ 500 triệu", "350.000.000đ", "50tr": a number, then its unit. Without diacritics
# "tỷ lệ", "ti vi" and "ngân sách" begin as units do; a number of people or views is no sum, "đ/c" no đồng.
_MONEY: Final = re.compile(
    r"(?<![\w/])(?P<number>\d{1,3}(?: \d{3}){2,}(?!\d)|\d+(?:[.,]\d+)*)\s*"
    r"(?:(?P<unit>t[yi](?! (?:le|vi)\b)|trieu|tr|nghin|ngan(?! (?:sach|hang)\b))(?=d?\b)"
    r"(?!\s+(?:luot|nguoi|view|follow\w*)\b)\s*(?:(?P<millions>\d{1,3})\s*tr(?:ieu)?(?=d?\b)\s*)?)?"
    r"(?P<dong>dong\b|vnd\b|d\b(?!/c))?"
)
_DOTTED: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")  # 1.200.000
_SPACED: Final = re.compile(r"[1-9]\d{0,2}(?: \d{3})+")  # 1 200 000
_COMMAED: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")  # 1,200,000
_DECIMAL: Final = re.compile(r"(?:0|[1-9]\d*)(?:[.,]\d+)?")  # 1,5 or 1.5; a phone number begins with 0
_PADDED: Final = re.compile(r"^0(?=[1-9](?:[.,]|$))")  # 05 triệu, as official papers have it
_MONEY_WORDS: Final = re.compile(r"kinh phi|ngan sach|tong muc|du toan|tri gia")
_MILLION: Final = 10**6
_UNITS: Final = {"ty": 10**9, "ti": 10**9, "trieu": _MILLION, "tr": _MILLION, "nghin": 10**3, "ngan": 10**3}
_LEAST_BUDGET: Final = 100_000  # đồng; less is a year, a day or people before another word: "năm 2026 đồng thời"
_NEAR: Final = 80  # letters after a word for money within which its sum stands
_TEAM: Final = re.compile(
    r"(?:moi|chon|huy dong|phoi hop voi|lua chon)\s+(?:tu |khoang |it nhat |toi da )?(\d{1,4})\s+"
    r"(?:kol|koc|nguoi sang tao|nha sang tao|nguoi co anh huong|tiktoker|youtuber|nguoi noi tieng)"
)
_PLATFORM_WORDS: Final = {
    "tiktok": r"tik ?tok",
    "youtube": r"you ?tube",
    "facebook": r"facebook|fanpage",
    "instagram": r"instagram",
    "zalo": r"zalo",
    "threads": r"threads",
}
_FORMAT_WORDS: Final = {
    "video": r"video|clip|phim ngan",
    "live": r"live ?stream|phat truc tiep|truyen hinh truc tiep",
    "image": r"hinh anh|infographic|do hoa|poster|album anh",
    "text": r"bai viet|bai dang chu",
    "audio": r"podcast|am thanh",
}
_COUNTRY_WORDS: Final = re.compile(r"\b(?:ca nuoc|toan quoc)\b")


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms found in a text. Ages in years, both included; money in đồng; provinces by code."""

    ages: tuple[int, int] | None
    provinces: tuple[str, ...]
    platforms: tuple[str, ...]
    formats: tuple[str, ...]
    budget_vnd: int | None
    team_size: int | None


def read_terms(text: str) -> Terms:
    """The terms that a text states, typed with or without diacritics."""
    plain = strip_diacritics(unicodedata.normalize("NFC", text)).lower()
    return Terms(
        ages=_ages(plain),
        provinces=_provinces(plain),
        platforms=_named(_PLATFORM_WORDS, PLATFORMS, plain),
        formats=_named(_FORMAT_WORDS, FORMATS, plain),
        budget_vnd=_budget(plain),
        team_size=_team(plain),
    )


def _ages(plain: str) -> tuple[int, int] | None:
    """The first range of ages that is one."""
    found = ((int(match[1]), int(match[2])) for match in _AGES.finditer(plain))
    return next(((low, high) for low, high in found if low <= high <= _OLDEST), None)


def _provinces(plain: str) -> tuple[str, ...]:
    """Provinces in the order in which the text first names them by today's name; the whole country alone."""
    if _COUNTRY_WORDS.search(plain):
        return (COUNTRY,)
    places = {code: _first(_names(code), plain) for code in PROVINCES}
    return tuple(sorted((code for code, place in places.items() if place >= 0), key=lambda code: places[code]))


def _names(code: str) -> tuple[str, ...]:
    name = strip_diacritics(PROVINCES[code][0]).lower()
    return (name, "tp.hcm", "tp hcm", "tphcm", "tp. hcm", "sai gon") if code == known_province("hcmc") else (name,)


def _first(names: tuple[str, ...], plain: str) -> int:
    """Where the first of the names stands as words of its own; -1 for nowhere. "hue" in "thue" is none."""
    found = (re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", plain) for name in names)
    return min((match.start() for match in found if match), default=-1)


def _named(words: dict[str, str], order: tuple[str, ...], plain: str) -> tuple[str, ...]:
    return tuple(n for n in order if n in words and re.search(rf"(?<![a-z0-9])(?:{words[n]})(?![a-z0-9])", plain))


def _budget(plain: str) -> int | None:
    """The first sum of money after a word for a budget."""
    for word in _MONEY_WORDS.finditer(plain):
        for match in _MONEY.finditer(plain, word.end(), word.end() + _NEAR):
            if (match["unit"] or match["dong"]) and (found := _sum(match)) >= _LEAST_BUDGET:
                return found
    return None


def _sum(match: re.Match[str]) -> int:
    number = _number(match["number"], counts_units=match["unit"] is not None)
    return round(number * _UNITS.get(match["unit"] or "", 1)) + int(match["millions"] or 0) * _MILLION


def _number(written: str, *, counts_units: bool) -> float:
    """A number as people write it; 0 for what is none, as a date. One comma before a unit, "1,250 tỷ", is decimal."""
    if counts_units:
        written = _PADDED.sub("", written)
    if _SPACED.fullmatch(written):
        return float(written.replace(" ", ""))
    if _DOTTED.fullmatch(written):
        return float(written.replace(".", "").replace(",", "."))
    if _COMMAED.fullmatch(written) and not (counts_units and written.count(",") == 1):
        return float(written.replace(",", ""))
    return float(written.replace(",", ".")) if _DECIMAL.fullmatch(written) else 0.0


def _team(plain: str) -> int | None:
    match = _TEAM.search(plain)
    return int(match[1]) if match and 0 < int(match[1]) <= _MOST_INVITED else None
