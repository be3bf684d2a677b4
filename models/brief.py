"""A policy brief as the matcher sees it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from data.contract import FORMATS, PLATFORMS
from kolmatch.errors import BriefRefused

# Youth Law 2020 (57/2020/QH14), Article 1: youth are citizens from 16 to 30 years of age.
YOUTH_AGES: Final = (16, 30)


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to be carried, to whom, and on what terms. Ages in years, both ends included."""

    title: str
    text: str = ""
    brief_id: str = ""
    must: tuple[str, ...] = ()
    nice: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    age_min: int = YOUTH_AGES[0]
    age_max: int = YOUTH_AGES[1]
    provinces: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    budget_vnd: int | None = None
    team_size: int | None = None

    def checked(self) -> Brief:
        """Return the brief itself when it can be answered.

        Raises:
            BriefRefused: no letter in title and text, the ages the wrong way round, a facet both wanted and to be
                avoided, or a platform or format that is none.
        """
        if not has_words(self.title + self.text):
            raise BriefRefused(
                f"The brief {self.brief_id or self.title!r} has no text. Write what is to be carried, in a sentence.",
                f"Bản yêu cầu {self.brief_id or self.title!r} không có nội dung. "
                "Hãy viết một câu nêu điều cần truyền thông.",
            )
        if self.age_min > self.age_max:
            raise BriefRefused(
                f"age_min {self.age_min} is above age_max {self.age_max}. Swap them.",
                f"age_min {self.age_min} lớn hơn age_max {self.age_max}. Hãy đổi lại.",
            )
        both = {_plain(said) for said in self.must_not} & {_plain(said) for said in (*self.must, *self.nice)}
        both.discard("")
        if both:
            said = min(both)
            raise BriefRefused(
                f"{said!r} is both wanted and to be avoided. Take it out of one.",
                f"{said!r} vừa là điều cần có vừa là điều phải tránh. Hãy bỏ ở một nơi.",
            )
        for name, vi, known, wanted in (
            ("platform", "nền tảng", PLATFORMS, self.platforms),
            ("format", "dạng nội dung", FORMATS, self.formats),
        ):
            wrong = [one for one in wanted if one not in known]
            if wrong:
                raise BriefRefused(
                    f"There is no {name} {wrong[0]!r}. Choose among {', '.join(known)}.",
                    f"Không có {vi} {wrong[0]!r}. Hãy chọn trong: {', '.join(known)}.",
                )
        return self


def _plain(facet: str) -> str:
    return " ".join(unicodedata.normalize("NFC", facet).casefold().split())


@dataclass(frozen=True, slots=True)
class SimilarBrief:
    """An earlier brief and how near it is in meaning: 1 the same, 0 nothing in common."""

    brief_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class BriefPlace:
    """The place a creator would have on an earlier brief's list, of how many creators."""

    brief_id: str
    title: str
    rank: int
    of: int


def brief_from_row(row: Mapping[str, Any]) -> Brief:
    """A row of the briefs table as the matcher takes it; what the row does not say keeps the default."""
    known = {field.name for field in fields(Brief)}
    given: dict[str, Any] = {name: value for name, value in row.items() if name in known and value is not None}
    for name, value in given.items():
        given[name] = tuple(value) if isinstance(value, list) else value
    return Brief(**given)


def has_words(text: str) -> bool:
    """Whether a text holds a letter or a digit."""
    return any(letter.isalnum() for letter in text)
