"""How good each creator truly is for each brief: the truth that an answer is measured against."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.contract import BRIEFS
from data.world.attention import FULL_FIT, NOISE, topic_lift
from data.world.lexicon import Lexicon, PlannedBrief
from data.world.people import Creator
from data.world.schedule import Period

Floats = NDArray[np.float64]
RECENT_MONTHS: Final = 6
GRADE_BOUNDS: Final = (0.15, 0.45, 0.7)  # relevance from which a creator is graded 1, 2, 3
AVOIDED_SHARE: Final = 0.1  # share of an avoided topic from which a creator is graded 0
FIRST_DAY_BACK: Final = 330  # days before the end on which the oldest brief starts
DAYS_BETWEEN: Final = 9
DAYS_RUNNING: Final = 30


def brief_id(number: int) -> str:
    """Id of the brief at a place of the list (from 0)."""
    return f"syn_b{number + 1:02d}"


def briefs_table(rng: np.random.Generator, planned: tuple[PlannedBrief, ...], end: date) -> pl.DataFrame:
    """The briefs as staff would import them; the truth behind them stays out."""
    rows = []
    for number, brief in enumerate(planned):
        starts_on = end - timedelta(days=FIRST_DAY_BACK - DAYS_BETWEEN * number)
        rows.append(
            {
                "brief_id": brief_id(number),
                "title": brief.title,
                "text": brief.text.strip(),
                "must": list(brief.must),
                "nice": list(brief.nice),
                "must_not": list(brief.must_not),
                "age_min": 16,
                "age_max": 30,
                "provinces": ["hcmc"],
                "platforms": list(brief.platforms),
                "formats": ["video"] if rng.random() < 0.5 else [],
                "budget_vnd": int(rng.integers(5, 60)) * 10_000_000,
                "team_size": int(rng.integers(3, 11)),
                "starts_on": starts_on,
                "ends_on": starts_on + timedelta(days=DAYS_RUNNING),
            }
        )
    return pl.DataFrame(rows, schema=BRIEFS.schema)


def recent_mixture(creator: Creator, period: Period) -> Floats:
    """Mean topic shares over the last six months: the mixture half-way through them, since it moves on a line."""
    months = min(RECENT_MONTHS, period.months)
    return creator.mixture(1.0 - 0.5 * months / period.months)


def relevance_table(
    lexicon: Lexicon, planned: tuple[PlannedBrief, ...], creators: tuple[Creator, ...], period: Period
) -> pl.DataFrame:
    """Relevance, grade 0..3 and young target viewers of one post, for every brief and creator.

    relevance = sum over the brief's topics of weight * min(1, recent share / 0.3). Grades begin at 0.15, 0.45 and 0.7;
    creators who may not be listed, post no more, or live by an avoided topic (share 0.1 or more) are graded 0.
    """
    mixtures = np.stack([recent_mixture(creator, period) for creator in creators])
    able = np.array([creator.eligible and _active(creator, period) for creator in creators])
    rows = lexicon.rows()
    frames = []
    for number, brief in enumerate(planned):
        weights = np.zeros(len(rows))
        weights[[rows[key] for key in brief.topics]] = list(brief.topics.values())
        relevance = np.minimum(1.0, mixtures / FULL_FIT) @ weights
        avoided = (mixtures[:, [rows[key] for key in brief.avoid]] >= AVOIDED_SHARE).any(axis=1)
        grade = np.where(able & ~avoided, np.searchsorted(GRADE_BOUNDS, relevance, side="right"), 0)
        viewers = np.array(
            [_young_viewers(lexicon, c, m, weights, brief) for c, m in zip(creators, mixtures, strict=True)]
        )
        frames.append(_judged(brief_id(number), creators, relevance, grade, np.where(able, viewers, 0.0)))
    return pl.concat(frames)


def _judged(
    brief: str, creators: tuple[Creator, ...], relevance: Floats, grade: NDArray[np.int64], viewers: Floats
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "brief_id": [brief] * len(creators),
            "creator_id": [creator.creator_id for creator in creators],
            "relevance": relevance,
            "grade": grade.astype(np.int8),
            "young_viewers": viewers,
        }
    )


def _active(creator: Creator, period: Period) -> bool:
    return creator.leaves > 1.0 - RECENT_MONTHS / period.months


def _young_viewers(lexicon: Lexicon, creator: Creator, mixture: Floats, weights: Floats, brief: PlannedBrief) -> float:
    """Expected organic viewers aged 16 to 30 in the city of one video, on the best of the wanted platforms."""
    lift = float(topic_lift(lexicon, mixture) @ weights) + NOISE**2 / 2
    wanted = [p for p in creator.presences if not brief.platforms or p.platform in brief.platforms]
    return max((float(np.exp(p.log_views + lift)) * p.crowd.target for p in wanted), default=0.0)
