"""The answer to a brief: plain frozen values, the same for the command line, the API and the exports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.brief import Brief


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a score. `value` is in log space, so that `multiplier` multiplies."""

    name: str
    value: float

    @property
    def multiplier(self) -> float:
        """The factor by which this part lifts (above 1) or lowers (below 1) the creator."""
        return math.exp(self.value)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A post that earned the place. `weight` is its share of the score, in the score's own unit."""

    post_id: str
    platform: str
    published_at: datetime
    text: str
    url: str | None
    matched: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class FacetCover:
    """How well one facet of the brief is covered by a creator.

    `kind` is `topic` (the brief's title, shown but not scored again), `must`, `nice` or `must_not`; `strength` runs
    from 0 (nothing) to 1 (all its words, or the like in meaning); `covered` says whether it is enough to count;
    `post_id` is the best post for it.
    """

    kind: str
    facet: str
    strength: float
    covered: bool
    post_id: str | None
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A creator's place on the list. `score` is the sum of the parts' values.

    `hashtags` are those of posts like the brief that this creator uses; `against` are codes of what speaks against the
    place (`AGAINST` says what each means).
    """

    rank: int
    creator_id: str
    name: str
    kind: str | None
    score: float
    parts: tuple[Part, ...]
    evidence: tuple[Evidence, ...]
    hashtags: tuple[str, ...]
    facets: tuple[FacetCover, ...]
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Excluded:
    """How many creators were left out for one reason.

    `opted_out`, `minor`, or `outside`: no post on the platforms or in the formats of the brief.
    """

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Creators for a brief, best first, with what the whole list lacks.

    `uncovered` names the topic, must and nice facets that no one on the list covers; `unknown_words` are words of the
    brief that no post has.
    """

    brief: Brief
    entries: tuple[Entry, ...]
    uncovered: tuple[str, ...]
    unknown_words: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    bundle_id: str
    synthetic: bool


# code -> (Vietnamese, English)
AGAINST: Final = {
    "no_topic_words": ("không bài nào có từ của yêu cầu", "no post has a word of the brief"),
    "no_recent_posts": ("không đăng bài trong 90 ngày cuối của dữ liệu", "no post in the last 90 days of the data"),
    "few_posts": ("ít hơn 10 bài: chưa đủ căn cứ", "fewer than 10 posts: little to go on"),
    "must_not": ("có bài chạm điều phải tránh", "has posts on what must be avoided"),
    "topic_uncovered": ("chưa có bài nào thực sự về chủ đề này", "no post is really about this topic"),
    "must_uncovered": ("chưa thấy bài về một ý bắt buộc", "a required facet is not covered"),
}
