"""The answer to a brief: plain frozen values, the same for the command line, the API and the exports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from models.brief import Brief


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a score. `value` is in log space, so that `multiplier` multiplies; `weight` is in it already."""

    name: str
    value: float
    weight: float = 1.0

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

    `kind` is `topic` (the brief's title) or `found` (a clause of the text of a brief without stated facets), both shown
    but not scored, or `must`, `nice` or `must_not`; `strength` runs from 0 (nothing) to 1 (all its words, or the like
    in meaning); `covered` says whether it is enough to count; `post_id` is the best post for it.
    """

    kind: str
    facet: str
    strength: float
    covered: bool
    post_id: str | None
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Points:
    """10, 50 and 90 % points of something not known exactly."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom one post of a creator would reach, where it would reach most.

    Attributes:
        platform, format: where and in what form; None for a format that is not known.
        views: of one post on this topic, 90 days after it is published.
        lift: factor by which posts on this topic are seen more than the creator's others; 1 when the data cannot tell.
        share: of the viewers who are of the target's age and area.
        viewers: of the target: views times share; `expected` is their mean.
        posts: posts with known views that the forecast rests on.
        source: where the audience's ages come from, and `place_source` its area: a code of `models.audience.SOURCES`.
        as_of: the day of the newest report, or of the platform's dated figures.
        sample_size: people asked; None when not told.
        conflict: by what factor reports differ beyond chance; None for fewer than two.
        cost_per_thousand_vnd: rate of one post for a thousand expected viewers of the target; None without a rate.
    """

    platform: str
    format: str | None
    views: Points
    lift: Points
    share: Points
    viewers: Points
    expected: float
    posts: int
    source: str
    place_source: str
    as_of: date | None
    sample_size: int | None
    conflict: float | None
    cost_per_thousand_vnd: float | None


@dataclass(frozen=True, slots=True)
class Flag:
    """A sign of bought attention, with its numbers; it never changes a place. `models.attention` has the words."""

    platform: str
    signal: str
    value: float
    group: str
    group_median: float
    group_size: int
    deviation: float
    posts: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A creator's place on the list. `score` is fit alone, the sum of the values of `parts`.

    `impact` are the summands, in log space, of what the list is ordered by when it is not fit; their sum is `value`.
    `state` says whether young viewers could be forecast (`STATES`); where not, `reach` is None, `impact` empty, and the
    creator stands below all who could. Creators of one `tie` cannot be told apart by the data; None where nothing is
    forecast. `hashtags` are those of posts like the brief that this creator uses; `against` are codes of what speaks
    against the place (`AGAINST` says what each means).
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
    state: str = "ok"
    reach: Reach | None = None
    impact: tuple[Part, ...] = ()
    tie: int | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def value(self) -> float:
        """What the creator is ordered by: the sum of the impact's parts, or fit where nothing is forecast."""
        return sum(part.value for part in self.impact) if self.impact else self.score


@dataclass(frozen=True, slots=True)
class Excluded:
    """How many creators were left out for one reason.

    `opted_out`, `minor`, `blocked` for this campaign by a named person, `outside`: no post on the platforms or in the
    formats of the brief, or `filtered`: not what the filters ask for.
    """

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class PlatformShift:
    """A month ("2026-05") in which views of everybody in a format changed by a factor; histories were corrected."""

    platform: str
    format: str | None
    month: str
    factor: float


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Creators for a brief, best first, with what the whole list lacks.

    `by` says what it is ordered by (`ORDERS`). `uncovered` names the topic, found, must and nice facets that no one on
    the list covers; `unknown_words` are words of the brief that no post has; `shifts` are sudden changes of views.
    """

    brief: Brief
    entries: tuple[Entry, ...]
    uncovered: tuple[str, ...]
    unknown_words: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    bundle_id: str
    synthetic: bool
    by: str = "fit"
    shifts: tuple[PlatformShift, ...] = ()


# What a list is ordered by: the lower end of the young viewers reached times fit, their mean times fit, or fit alone.
ORDERS: Final = ("impact", "expected", "fit")

# state -> (Vietnamese, English): why nothing is forecast, and what would cure it.
STATES: Final = {
    "ok": ("đủ dữ liệu", "enough data"),
    "no_views": (
        "chưa đủ dữ liệu: không có lượt xem của bài nào ở nền tảng, dạng nội dung cần; hãy nhập lượt xem",
        "too little data: no views of any post on the platform, in the format wanted; import views",
    ),
    "few_posts": (
        "chưa đủ dữ liệu: dưới 5 bài có lượt xem ghi nhận sau khi đăng ít nhất 1 ngày; hãy nhập thêm bài kèm lượt xem",
        "too little data: fewer than 5 posts with views read a day or more after posting; import more with their views",
    ),
}

# code -> (Vietnamese, English)
AGAINST: Final = {
    "no_row": (
        "chỉ có bài đăng, không có dòng nào ở bảng creators: chưa rõ tuổi và có từ chối hay không",
        "only posts, no row in the table creators: age and opting out are unknown",
    ),
    "no_topic_words": ("không bài nào có từ của yêu cầu", "no post has a word of the brief"),
    "no_recent_posts": ("không đăng bài trong 90 ngày cuối của dữ liệu", "no post in the last 90 days of the data"),
    "few_posts": ("ít hơn 10 bài: chưa đủ căn cứ", "fewer than 10 posts: little to go on"),
    "must_not": ("có bài chạm điều phải tránh", "has posts on what must be avoided"),
    "topic_uncovered": ("chưa có bài nào thực sự về chủ đề này", "no post is really about this topic"),
    "audience_guessed": (
        "chưa có số liệu người xem, tỷ lệ người trẻ là ước lượng",
        "no audience report: the share of the young is estimated",
    ),
    "audience_conflict": ("các nguồn số liệu người xem mâu thuẫn nhau", "audience reports contradict each other"),
    "odd_attention": ("lượt xem, tương tác có dấu hiệu bất thường", "views and answers show signs of bought attention"),
    "must_uncovered": ("chưa thấy bài về một ý bắt buộc", "a required facet is not covered"),
}
