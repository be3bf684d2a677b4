"""What changed in what is posted and seen, this month against three before: words, topics, views, audiences, volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from data.catalogue import Catalogue
from features.documents import caption_texts, tag_lists
from models.bundle import Contents
from training.monthly.calendar import month_before, month_in
from training.monthly.intake import USUAL_MONTHS, posts_by_month

MONTHS_SHOWN: Final = 6
_SHOWN: Final = 12
_LEAST_CREATORS: Final = 3  # a word that fewer use is somebody's own, and names nobody here
_PRIOR: Final = 10.0  # posts of the months before that the usual share of a word is worth


@dataclass(frozen=True, slots=True)
class Risen:
    """A word or hashtag used more than before: share of posts before and now, and how many creators use it now."""

    text: str
    before: float
    now: float
    creators: int


@dataclass(frozen=True, slots=True)
class Drift:
    """Attributes:
    words, tags: what rose most, the most telling first.
    views: median views of posts by month and platform, views as they were read.
    effects: by platform, the factor on everybody's views this month that each model has learned; None: not known.
    audiences: by platform, the number of reports before and now, and the mean share of ages 18 to 24 in each.
    volume: posts by month and platform.
    """

    words: tuple[Risen, ...]
    tags: tuple[Risen, ...]
    views: tuple[dict[str, Any], ...]
    effects: Mapping[str, tuple[float | None, float | None]]
    audiences: tuple[dict[str, Any], ...]
    volume: tuple[dict[str, Any], ...]


def drift(catalogue: Catalogue, month: str, champion: Contents | None, challenger: Contents) -> Drift:
    """Everything that changed up to a month."""
    shown = [month_before(month, back) for back in reversed(range(MONTHS_SHOWN + 1))]
    posts = catalogue.table("posts").with_columns(month=month_in("published_at")).filter(pl.col("month").is_in(shown))
    posts = _of_the_listed(catalogue, posts)
    usual = [month_before(month, back) for back in range(1, USUAL_MONTHS + 1)]
    earlier, now = posts.filter(pl.col("month").is_in(usual)), posts.filter(pl.col("month") == month)
    words = [_words(challenger, side) for side in (earlier, now)]
    volume = posts_by_month(catalogue).filter(pl.col("month").is_in(shown))
    return Drift(
        words=_risen(earlier, now, *words),
        tags=_risen(earlier, now, tag_lists(earlier), tag_lists(now)),
        views=tuple(_views(posts).to_dicts()),
        effects=_effects(month, champion, challenger),
        audiences=tuple(_audiences(catalogue, month).to_dicts()),
        volume=tuple(volume.to_dicts()),
    )


def _of_the_listed(catalogue: Catalogue, posts: pl.DataFrame) -> pl.DataFrame:
    """Without the posts of minors and of those who opted out."""
    people = catalogue.table("creators")
    barred = people.filter(pl.col("opted_out").fill_null(value=False) | pl.col("is_minor").fill_null(value=False))
    return posts.join(barred.select("creator_id"), on="creator_id", how="anti")


def _words(contents: Contents, posts: pl.DataFrame) -> list[list[str]]:
    tokeniser = contents.index.tokeniser
    read = (set(tokeniser.words(text)) for text in caption_texts(posts))
    return [[word for word in sorted(words) if len(word) > 1 and word.isalpha()] for words in read]


def _risen(
    earlier: pl.DataFrame, now: pl.DataFrame, before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]
) -> tuple[Risen, ...]:
    """What is surely in more posts now, by the log odds now against before over their standard error, the share in all
    posts together as prior (B. Monroe, M. Colaresi and K. Quinn, "Fightin' words", 2008)."""
    if earlier.is_empty() or now.is_empty():
        return ()
    counted = _counts(now, after).join(_counts(earlier, before), on="text", how="left", suffix="_before")
    told = counted.filter(pl.col("creators") >= _LEAST_CREATORS).with_columns(pl.col("posts_before").fill_null(0))
    share = (pl.col("posts") + pl.col("posts_before")) / (now.height + earlier.height)
    sides = {"a": (pl.col("posts"), now.height), "b": (pl.col("posts_before"), earlier.height)}
    odds = {
        name: ((count + _PRIOR * share) / (total + _PRIOR - count - _PRIOR * share)).log()
        for name, (count, total) in sides.items()
    }
    error = sum(1.0 / (count + _PRIOR * share) for count, _ in sides.values())
    scored = told.with_columns(z=(odds["a"] - odds["b"]) / pl.Expr.sqrt(pl.lit(0.0) + error))
    best = scored.filter(pl.col("z") > 3.0).sort("z", "text", descending=[True, False]).head(_SHOWN)
    return tuple(
        Risen(row["text"], row["posts_before"] / earlier.height, row["posts"] / now.height, row["creators"])
        for row in best.iter_rows(named=True)
    )


def _counts(posts: pl.DataFrame, texts: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Posts and creators of each text."""
    told = posts.select("creator_id", text=pl.Series([list(own) for own in texts], dtype=pl.List(pl.String)))
    uses = told.explode("text").drop_nulls("text")
    return uses.group_by("text").agg(posts=pl.len(), creators=pl.col("creator_id").n_unique())


def _views(posts: pl.DataFrame) -> pl.DataFrame:
    known = posts.drop_nulls("views").group_by("month", "platform").agg(median=pl.col("views").median(), posts=pl.len())
    return known.sort("platform", "month")


def _effects(
    month: str, champion: Contents | None, challenger: Contents
) -> dict[str, tuple[float | None, float | None]]:
    """The newest month that each model knows, up to the one asked for."""
    sides = [_newest(contents.forecast.months, month) if contents else {} for contents in (champion, challenger)]
    return {name: (sides[0].get(name), sides[1].get(name)) for name in sorted({*sides[0], *sides[1]})}


def _newest(months: pl.DataFrame, month: str) -> dict[str, float]:
    """By platform; of its formats, the one with most posts."""
    upto = months.filter(pl.col("month") <= month).sort("month", "posts")
    return {row["platform"]: float(np.exp(row["log_shift"])) for row in upto.iter_rows(named=True)}


def _audiences(catalogue: Catalogue, month: str) -> pl.DataFrame:
    reports = catalogue.table("audiences").with_columns(new=month_in("as_of") >= month)
    young = pl.col("age_18_24")
    told = reports.group_by("platform").agg(
        before=(~pl.col("new")).sum(),
        now=pl.col("new").sum(),
        young_before=young.filter(~pl.col("new")).mean(),
        young_now=young.filter(pl.col("new")).mean(),
    )
    return told.sort("platform")
