"""What came in this month, beside the months before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from data.catalogue import Catalogue
from training.monthly.calendar import month_before, month_in
from training.monthly.gate import Intake

USUAL_MONTHS: Final = 3  # that a month is held against


def posts_by_month(catalogue: Catalogue) -> pl.DataFrame:
    """Posts by calendar month in the city and platform: `month`, `platform`, `posts`."""
    posts = catalogue.table("posts").select("platform", month=month_in("published_at"))
    return posts.group_by("month", "platform").agg(posts=pl.len()).sort("month", "platform")


def intake(catalogue: Catalogue, month: str, rows: int, rejected: int, least_share: float) -> Intake:
    """The month's posts against the mean of three months before; `rows` and `rejected` are of the files taken in."""
    counts = posts_by_month(catalogue)
    before = [month_before(month, back) for back in range(1, USUAL_MONTHS + 1)]
    earlier = counts.filter(pl.col("month").is_in(before))
    now = counts.filter(pl.col("month") == month)
    months = earlier["month"].n_unique()
    return Intake(
        rows=rows,
        rejected=rejected,
        posts=int(now["posts"].sum()),
        usual=float(earlier["posts"].sum()) / months if months else None,
        duplicates=_duplicates(catalogue, month),
        missing=_missing(earlier, now["platform"].to_list(), least_share),
    )


def _missing(earlier: pl.DataFrame, present: Sequence[str], least_share: float) -> tuple[str, ...]:
    shares = earlier.group_by("platform").agg(share=pl.col("posts").sum() / earlier["posts"].sum())
    usual = shares.filter(pl.col("share") >= least_share)["platform"].to_list()
    return tuple(sorted(set(usual) - set(present)))


def _duplicates(catalogue: Catalogue, month: str) -> float | None:
    posts = catalogue.table("posts").filter(month_in("published_at") == month, pl.col("text").fill_null("") != "")
    texts = posts.select("creator_id", "text")
    return None if texts.is_empty() else 1.0 - texts.unique().height / texts.height
