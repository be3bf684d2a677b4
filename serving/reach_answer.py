"""Young viewers as they go over the wire: intervals, sources, summands and signs, each with its words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict  # pydantic's own requirement before Python 3.12

from models.attention import attention_text
from models.audience import AUDIENCE_SOURCES
from models.shortlist import STATES, Entry, Flag, PlatformShift, Points, Reach


class PointsAnswer(TypedDict):
    """Something not known exactly: one in ten is below `p10`, half are below `p50`, nine in ten below `p90`."""

    p10: float
    p50: float
    p90: float


class ReachAnswer(TypedDict):
    """Whom one post would reach, where the creator would reach most."""

    platform: str
    format: Annotated[str | None, Field(description="null: not known")]
    views: Annotated[PointsAnswer, Field(description="Of one post on this topic, 90 days after it is published")]
    lift: Annotated[PointsAnswer, Field(description="Factor of this topic beside the creator's others; 1: not known")]
    share: Annotated[PointsAnswer, Field(description="Of the viewers who are of the target's age and area, 0..1")]
    viewers: Annotated[PointsAnswer, Field(description="Of the target: views times share")]
    expected: Annotated[float, Field(ge=0, description="Mean of the viewers of the target")]
    posts: Annotated[int, Field(ge=0, description="Posts with known views that the forecast rests on")]
    source: Annotated[str, Field(description="Where the audience's ages come from", examples=["platform"])]
    source_vi: str
    source_en: str
    place_source: Annotated[str, Field(description="Where the audience's area comes from", examples=["model"])]
    as_of: Annotated[date | None, Field(description="Day of the newest report or of the platform's figures")]
    sample_size: Annotated[int | None, Field(description="People asked; null: not told")]
    conflict: Annotated[float | None, Field(description="Factor by which reports differ beyond chance")]
    cost_per_thousand_vnd: Annotated[float | None, Field(description="Đồng for 1,000 expected viewers; null: no rate")]


class StateAnswer(TypedDict):
    """Whether young viewers could be forecast; else why not, and what would cure it."""

    code: Annotated[str, Field(description="ok, no_views or few_posts", examples=["ok"])]
    label_vi: str
    label_en: str


class FlagAnswer(TypedDict):
    """A sign of bought attention with its numbers; it never changes a place."""

    platform: str
    signal: Annotated[str, Field(examples=["few_likes"])]
    text_vi: str
    text_en: str


class ShiftAnswer(TypedDict):
    """A month in which everybody's views in a format changed suddenly; histories were corrected."""

    platform: str
    format: str | None
    month: Annotated[str, Field(examples=["2026-05"])]
    factor: Annotated[float, Field(gt=0)]


def reach_answer(reach: Reach | None) -> ReachAnswer | None:
    """A creator's reach; None where nothing is forecast."""
    if reach is None:
        return None
    source_vi, source_en = AUDIENCE_SOURCES[reach.source]
    return {
        "platform": reach.platform,
        "format": reach.format,
        "views": _points(reach.views),
        "lift": _points(reach.lift),
        "share": _points(reach.share),
        "viewers": _points(reach.viewers),
        "expected": reach.expected,
        "posts": reach.posts,
        "source": reach.source,
        "source_vi": source_vi,
        "source_en": source_en,
        "place_source": reach.place_source,
        "as_of": reach.as_of,
        "sample_size": reach.sample_size,
        "conflict": reach.conflict,
        "cost_per_thousand_vnd": reach.cost_per_thousand_vnd,
    }


def state_answer(entry: Entry) -> StateAnswer:
    """Whether there is a forecast, in words."""
    vi, en = STATES[entry.state]
    return {"code": entry.state, "label_vi": vi, "label_en": en}


def flag_answer(flag: Flag) -> FlagAnswer:
    """A sign in words."""
    vi, en = attention_text(asdict(flag))
    return {"platform": flag.platform, "signal": flag.signal, "text_vi": vi, "text_en": en}


def shift_answer(shift: PlatformShift) -> ShiftAnswer:
    """A sudden change."""
    return {"platform": shift.platform, "format": shift.format, "month": shift.month, "factor": shift.factor}


def _points(points: Points) -> PointsAnswer:
    return {"p10": points.p10, "p50": points.p50, "p90": points.p90}
