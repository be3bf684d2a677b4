"""Forecasts against what came of inviting: how often the 80 % interval for a brief held the viewers that were counted.

Asked of the model of the past, for posts published since: what it says of that creator, brief and platform.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import polars as pl

from data.catalogue import Catalogue
from kolmatch.errors import BriefRefused, UnknownCreator
from models.brief import Brief, brief_from_row
from models.matcher import Matcher
from models.shortlist import Points, Reach
from training.measures import Interval, wilson

VIEWS: Final = "views"
TARGET_VIEWERS: Final = "target_viewers"


@dataclass(frozen=True, slots=True)
class Held:
    """How often the 80 % interval held one figure.

    Attributes:
        name: `VIEWS` of the post, or `TARGET_VIEWERS`: those of the brief's age and area.
        outcomes: how many had that figure.
        inside: share inside the interval, with Wilson's 95 % interval.
        below, above: shares under its lower end and over its upper end.
        typical: the median of what came over the middle of its forecast.
    """

    name: str
    outcomes: int
    inside: Interval
    below: float
    above: float
    typical: float


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """Outcomes of posts published since the day, and what was said of them before.

    Attributes:
        published: outcomes with a post of the catalogue that was published since, and a figure.
        foretold: of those, how many the model of the past had a forecast for.
        held: one for each figure that some of these have.
    """

    published: int
    foretold: int
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One outcome, and the brief as it was carried out: on the platform of the post."""

    brief: Brief
    creator_id: str
    counted: Mapping[str, int | None]


def outcome_figures(catalogue: Catalogue, past: Matcher, moment: datetime) -> OutcomeFigures | None:
    """Hold outcomes against the forecasts of a model of the time before the moment; None without such an outcome."""
    outcomes = list(_published_since(catalogue, moment))
    if not outcomes:
        return None
    said = [(outcome, reach) for outcome in outcomes if (reach := _foretold(past, outcome)) is not None]
    pairs = {
        VIEWS: [(reach.views, outcome.counted[VIEWS]) for outcome, reach in said],
        TARGET_VIEWERS: [(reach.viewers, outcome.counted[TARGET_VIEWERS]) for outcome, reach in said],
    }
    known = {name: [(points, came) for points, came in found if came is not None] for name, found in pairs.items()}
    return OutcomeFigures(
        published=len(outcomes),
        foretold=len(said),
        held=tuple(_held(name, found) for name, found in known.items() if found),
    )


def _published_since(catalogue: Catalogue, moment: datetime) -> Iterator[_Outcome]:
    posts = catalogue.table("posts").filter(pl.col("published_at") >= moment).select("post_id", "platform")
    counted = pl.col(VIEWS).is_not_null() | pl.col(TARGET_VIEWERS).is_not_null()
    rows = catalogue.table("outcomes").filter(counted).join(posts, on="post_id", how="inner")
    briefs = {row["brief_id"]: brief_from_row(row) for row in catalogue.table("briefs").iter_rows(named=True)}
    for row in rows.sort("brief_id", "creator_id", "post_id").iter_rows(named=True):
        if row["brief_id"] in briefs:
            yield _Outcome(_carried_out(briefs[row["brief_id"]], row), row["creator_id"], row)


def _carried_out(brief: Brief, row: Mapping[str, Any]) -> Brief:
    return replace(brief, platforms=(row["platform"],), formats=())


def _foretold(past: Matcher, outcome: _Outcome) -> Reach | None:
    """None where the model did not know the creator there, or had too little of them, or cannot answer the brief."""
    try:
        entry = past.why(outcome.brief, outcome.creator_id).entry
    except (UnknownCreator, BriefRefused):
        return None
    return entry.reach if entry else None


def _held(name: str, found: list[tuple[Points, int]]) -> Held:
    low, middle, high = np.array([(points.p10, points.p50, points.p90) for points, _ in found]).T
    came = np.array([number for _, number in found], dtype=np.float64)
    return Held(
        name=name,
        outcomes=len(found),
        inside=wilson(int(((came >= low) & (came <= high)).sum()), len(found)),
        below=float((came < low).mean()),
        above=float((came > high).mean()),
        typical=float(np.median((came + 1.0) / (middle + 1.0))),
    )
