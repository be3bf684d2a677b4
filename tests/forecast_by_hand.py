"""Forecasts written by hand, so that the right place of every creator is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from kolmatch.settings import MatcherSettings
from models.audience import MODEL, TOLD_SCHEMA, AudiencePosterior
from models.forecast import ROWS, ViewsForecast
from models.lift import TopicLift
from models.matcher import Matcher
from models.reach import ReachModel
from training.view_effects import MONTH_SCHEMA

Row = dict[str, Any]
NO_MONTHS: Final = pl.DataFrame(schema=MONTH_SCHEMA)


def row(creator: int, p50: float, **given: Any) -> Row:
    """A forecast of a creator's TikTok videos, of log views; `given` says what is otherwise."""
    usual = {
        "creator": creator,
        "platform": "tiktok",
        "format": "video",
        "p10": p50 - 1.0,
        "p50": p50,
        "p90": p50 + 1.0,
        "level_error": 0.05,
        "posts": 20,
        "format_posts": 20,
        "last_days": 3.0,
    }
    return usual | given


def forecast_of(rows: Sequence[Row], lift: TopicLift | None = None, months: pl.DataFrame = NO_MONTHS) -> ViewsForecast:
    table = pl.DataFrame(list(rows), schema=ROWS).sort("creator", "platform", "format", nulls_last=True)
    return ViewsForecast(table, months, {}, lift or TopicLift.none(0))


def audience_of(presences: Sequence[tuple[int, str]], young: Sequence[float] | None = None) -> AudiencePosterior:
    """Audiences reported by five hundred people each; `young` are shares aged 18 to 24, the rest is over 45."""
    n = len(presences)
    of_young = np.array(young if young is not None else [0.5] * n)
    nothing = np.zeros(n)
    return AudiencePosterior(
        creators=np.array([creator for creator, _ in presences], dtype=np.int64),
        platforms=np.array([platform for _, platform in presences], dtype=np.str_),
        ages=np.stack([nothing, of_young, nothing, nothing, 1.0 - of_young], axis=1),
        ages_size=np.full(n, 500.0),
        hcmc=np.full(n, 0.4),
        hcmc_size=np.full(n, 500.0),
        vietnam=np.full(n, 0.9),
        vietnam_size=np.full(n, 500.0),
        source=np.full(n, MODEL, dtype=np.int8),
        place_source=np.full(n, MODEL, dtype=np.int8),
        as_of=np.full(n, "NaT", dtype="datetime64[us]"),
        sample_size=np.full(n, np.nan),
        reports=np.zeros(n, dtype=np.int64),
        conflict=np.full(n, np.nan),
        told=pl.DataFrame(schema=TOLD_SCHEMA),
        notes={},
    )


def model_of(rows: Sequence[Row], n_creators: int, young: Sequence[float] | None = None) -> ReachModel:
    """A model of reach in which every forecast's presence has an audience."""
    forecast = forecast_of(rows)
    presences = sorted(set(zip(forecast.rows["creator"].to_list(), forecast.rows["platform"].to_list(), strict=True)))
    return ReachModel.of(forecast, audience_of(presences, young), n_creators)


def with_forecasts(matcher: Matcher, rows: Sequence[Row], **changed: Any) -> Matcher:
    """The same matcher, its forecasts replaced; `changed` are further parts of the bundle's contents."""
    contents = replace(matcher._contents, forecast=forecast_of(rows, TopicLift.none(matcher._contents.posts.height)))
    return Matcher(matcher.manifest, replace(contents, **changed), MatcherSettings())


def row_of(matcher: Matcher, creator_id: str) -> int:
    """The row of a creator in a matcher's tables."""
    return int(matcher._contents.creators["creator_id"].to_list().index(creator_id))
