"""What staff of the sample world decided on its older briefs, and what came of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from data.contract import DECISION_TABLE, OUTCOMES

PAST_BRIEFS: Final = 12
SHORTLISTED: Final = 8
JUDGEMENT_NOISE: Final = 0.25  # staff see relevance with this error
STAFF: Final = "Cán bộ truyền thông (mẫu)"
REASONS: Final = {
    "invited": "Nội dung phù hợp, khán giả trẻ trên địa bàn",
    "shortlisted": "Phù hợp, để dự phòng",
    "rejected": "Nội dung chưa sát yêu cầu",
}


def history(
    rng: np.random.Generator, briefs: pl.DataFrame, relevance: pl.DataFrame, posts: pl.DataFrame, shares: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Outcomes and decisions of the oldest briefs.

    `posts` has the columns post_id, creator_id, platform, published_at and views; `shares` the true `target_share`
    by creator_id and platform.
    """
    outcomes, decisions = [], []
    watched = posts.drop_nulls("views").join(shares, on=["creator_id", "platform"])
    for brief in briefs.sort("starts_on").head(PAST_BRIEFS).iter_rows(named=True):
        for creator, decision in _chosen(rng, relevance.filter(brief_id=brief["brief_id"])):
            decisions.append(_decision(rng, brief, creator, decision))
            if decision == "invited":
                outcomes.append(_outcome(rng, brief, creator, watched))
    return pl.DataFrame(outcomes, schema=OUTCOMES.schema), pl.DataFrame(decisions, schema=DECISION_TABLE.schema)


def _chosen(rng: np.random.Generator, judged: pl.DataFrame) -> list[tuple[str, str]]:
    """The creators staff looked at: the best as they saw them, of those who may be listed."""
    seen = judged["relevance"].to_numpy() + rng.normal(0.0, JUDGEMENT_NOISE, len(judged))
    able = judged["young_viewers"].to_numpy() > 0
    best = np.argsort(-np.where(able, seen, -np.inf), kind="stable")[: min(SHORTLISTED, int(able.sum()))]
    grades, ids = judged["grade"].to_numpy()[best], judged["creator_id"].gather(best).to_list()
    return [(creator, _decided(int(grade))) for creator, grade in zip(ids, grades, strict=True)]


def _decided(grade: int) -> str:
    return ("rejected", "shortlisted", "invited", "invited")[grade]


def _decision(rng: np.random.Generator, brief: dict[str, Any], creator: str, decision: str) -> dict[str, Any]:
    noon = datetime.combine(brief["starts_on"], time(5), tzinfo=UTC)
    return {
        "brief_id": brief["brief_id"],
        "creator_id": creator,
        "decision": decision,
        "reason": REASONS[decision],
        "decided_by": STAFF,
        "decided_at": noon - timedelta(days=int(rng.integers(3, 15))),
    }


def _outcome(rng: np.random.Generator, brief: dict[str, Any], creator: str, watched: pl.DataFrame) -> dict[str, Any]:
    accepted = bool(rng.random() < 0.75)
    post = _post_within(watched, creator, brief["starts_on"], brief["ends_on"]) if accepted else None
    return {
        "brief_id": brief["brief_id"],
        "creator_id": creator,
        "post_id": post and post["post_id"],
        "invited": True,
        "accepted": accepted,
        "published": post is not None,
        "views": post and post["views"],
        "target_viewers": post and round(post["views"] * post["target_share"]),
        "cost_vnd": int(rng.integers(20, 400)) * 100_000 if post else None,
    }


def _post_within(watched: pl.DataFrame, creator: str, first: date, last: date) -> dict[str, Any] | None:
    """The creator's first post in the days of the campaign stands for the campaign's post."""
    days = pl.col("published_at").dt.date()
    found = watched.filter((pl.col("creator_id") == creator) & days.is_between(first, last)).sort("published_at")
    return found.row(0, named=True) if len(found) else None
