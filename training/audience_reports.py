"""Reports of audiences as they were imported, made comparable: whole shares, sizes, days, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import nnls

from data.contract import AGE_BUCKETS, SOURCES
from features.audience import Spread, one_asked, young
from features.audience_priors import platform_ages
from models.audience import TOLD_SCHEMA

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

_UNKNOWN_SIZE: Final = 200.0  # people asked where no report of the source says how many: few, but not none
_LEAST_KNOWN: Final = 5  # reports of a source that say their size; then their lower quartile stands for the others
# Before repeated reports say otherwise: a platform counts its own viewers, a creator shows the better month, an agency
# rounds and extrapolates; and an audience is another after some years. In parts of one person's variance.
USUAL_SPREAD: Final = Spread(np.array([1 / 1000, 1 / 300, 1 / 200]), 1 / 400)
_PRIOR_PAIRS: Final = 10.0  # repeated reports that the usual spread weighs as much as
_FARTHEST: Final = 8.0  # a pair farther apart than this many times what is expected is a conflict, not a spread
_LEAST_OF_USUAL: Final = 0.1  # no source is perfect, however well a few of its reports agree: they are rounded
_ROUNDS: Final = 8  # what is expected follows what was found; by then it hardly moves


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports in rows (m,), sorted by presence and time.

    Attributes:
        presences: rows of the presences they are about.
        sources: codes as `data.contract.SOURCES`.
        as_of: (m,) datetime64[us].
        days: before `at`.
        stated: people asked; NaN where the report does not say.
        sizes: the same, filled in where it does not.
        ages: (m, 5) shares that sum to 1; NaN where the report has none.
        known: (m,) part of the viewers whose bucket was reported; the rest was filled in as the platform has it.
        hcmc, vietnam: (m,) shares; NaN where missing.
    """

    presences: Rows
    sources: Rows
    as_of: npt.NDArray[np.datetime64]
    days: Doubles
    stated: Doubles
    sizes: Doubles
    ages: Doubles
    known: Doubles
    hcmc: Doubles
    vietnam: Doubles

    def told(self, name: str) -> tuple[Doubles, Doubles]:
        """Shares (m, k) of `ages`, `hcmc` or `vietnam`, and the part of them (m,) that was reported.

        That is 0 where the report does not say, or where it says that nobody was asked.
        """
        somebody = self.sizes > 0
        if name == "ages":
            return self.ages, np.where(somebody, self.known, 0.0)
        share: Doubles = getattr(self, name)
        return share[:, None], np.where(np.isnan(share) | ~somebody, 0.0, 1.0)

    def as_told(self) -> pl.DataFrame:
        """One row each, as `models.audience.TOLD_SCHEMA`."""
        columns = {
            "presence": self.presences,
            "source": [SOURCES[source] for source in self.sources.tolist()],
            "as_of": self.as_of,
            "sample_size": self.stated,
            "young": young(self.ages),
            "hcmc": self.hcmc,
            "vietnam": self.vietnam,
        }
        return pl.DataFrame(columns, schema=TOLD_SCHEMA, nan_to_null=True)


def read_reports(audiences: pl.DataFrame, presences: pl.DataFrame, at: datetime) -> Reports:
    """Reports of presences (creator_id, platform; their order is their row) as known at a time."""
    rows = presences.select("creator_id", "platform").with_row_index("presence")
    found = audiences.join(rows, on=["creator_id", "platform"]).sort("presence", "as_of", "source")
    days = (pl.lit(at) - pl.col("as_of")).dt.total_seconds().clip(0) / 86_400
    sources = np.array([SOURCES.index(name) for name in found["source"]], dtype=np.int64)
    stated = _numbers(found["sample_size"])
    ages, known = _whole(found.select(AGE_BUCKETS).cast(pl.Float64).to_numpy(), found["platform"])
    return Reports(
        presences=found["presence"].cast(pl.Int64).to_numpy(),
        sources=sources,
        as_of=found["as_of"].dt.replace_time_zone(None).to_numpy(),
        days=found.select(days=days)["days"].to_numpy().astype(np.float64),
        stated=stated,
        sizes=_filled(stated, sources),
        ages=ages,
        known=known,
        hcmc=_numbers(found["hcmc"]),
        vietnam=_numbers(found["vietnam"]),
    )


def _numbers(column: pl.Series) -> Doubles:
    return column.cast(pl.Float64).to_numpy().astype(np.float64)


def _filled(stated: Doubles, sources: Rows) -> Doubles:
    """A report that does not say how many were asked counts as a small one of its source."""
    sizes = stated.copy()
    for source in range(len(SOURCES)):
        said = sizes[(sources == source) & ~np.isnan(sizes)]
        usual = float(np.quantile(said, 0.25)) if len(said) >= _LEAST_KNOWN else _UNKNOWN_SIZE
        sizes[(sources == source) & np.isnan(sizes)] = usual
    return sizes


def _whole(ages: Doubles, platforms: pl.Series) -> tuple[Doubles, Doubles]:
    """Bucket shares that sum to 1, and the part of them that was reported: missing buckets share what is left."""
    usual = {platform: platform_ages(platform)[0] for platform in platforms.unique()}
    prior = np.array([usual[platform] for platform in platforms]).reshape(ages.shape)
    missing = np.isnan(ages)
    told = np.where(missing, 0.0, ages).sum(axis=1)
    left = np.maximum(1.0 - told, 0.0)
    room = np.where(missing, prior, 0.0).sum(axis=1)
    filled = np.where(missing, prior * (left / np.where(room > 0, room, 1.0))[:, None], ages)
    filled /= filled.sum(axis=1, keepdims=True)
    known = np.where(missing.sum(axis=1) > 1, np.minimum(told, 1.0), 1.0)  # one bucket is what the others leave
    filled[missing.all(axis=1)] = np.nan
    return filled, np.where(missing.all(axis=1), 0.0, known)


def fit_spread(reports: Reports, rows: Rows, shares: Doubles) -> Spread:
    """How far reports of one presence lie apart in a share, by source and by the time between them.

    Two reports of one audience differ by the variance of both samples, of both sources, and of the time between. Each
    pair is a row of a least-squares problem without negative solutions (C. Lawson, R. Hanson, "Solving least squares
    problems", 1974), weighted by what it is expected to differ as found so far; all are held to `USUAL_SPREAD`.

    Args:
        reports: all of them.
        rows: (m,) of those that tell the share.
        shares: (m,) what they tell.
    """
    first = np.flatnonzero(reports.presences[rows[1:]] == reports.presences[rows[:-1]])
    one, other = rows[first], rows[first + 1]
    told, again = shares[first], shares[first + 1]
    counts = np.zeros((len(one), len(SOURCES) + 1))
    for pair in (one, other):
        counts[np.arange(len(pair)), reports.sources[pair]] += 1.0
    counts[:, -1] = np.abs(reports.days[one] - reports.days[other]) / 365.25
    sampled = 1.0 / reports.sizes[one] + 1.0 / reports.sizes[other]
    apart = (told - again) ** 2 / one_asked((told + again) / 2)
    found = np.append(USUAL_SPREAD.sources, USUAL_SPREAD.yearly)
    for _ in range(_ROUNDS):
        found = _nearest(counts, apart, sampled, found)
    return Spread(found[:-1], float(found[-1]))


def _nearest(counts: Doubles, apart: Doubles, sampled: Doubles, found: Doubles) -> Doubles:
    """Variances that explain how far pairs are apart, each pair weighted by what is expected from those `found`."""
    usual = np.append(USUAL_SPREAD.sources, USUAL_SPREAD.yearly)
    expected = counts @ found + sampled
    beyond = np.minimum(apart, _FARTHEST * expected) - sampled
    held = np.sqrt(_PRIOR_PAIRS) / np.maximum(usual, found)
    facts = np.vstack((counts / expected[:, None], np.diag(held)))
    nearest = nnls(facts, np.concatenate((beyond / expected, held * usual)))[0]
    return np.maximum(nearest, _LEAST_OF_USUAL * usual)
