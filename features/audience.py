"""Who watches: age buckets taken apart by single years, and reports of an audience put together.

A platform reports shares of five age buckets. A brief asks for an age range of its own, 16 to 30 by default (Youth Law
2020, Art. 1), which cuts two of the buckets. Within a bucket the viewers are spread over its single years as the
people of Vietnam are, tilted as the neighbouring buckets lean: where 18-24 is watched twice as much per head as 25-34,
and that twice as much as 35-44, more of those aged 25 to 34 are 25 than 34 (docs/decisions/0011-audience.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from features.population import OLDEST, by_single_year

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

YOUTH: Final = (16, 30)  # Youth Law 2020, Art. 1
BUCKETS: Final = ((13, 17), (18, 24), (25, 34), (35, 44), (45, OLDEST))  # as data.contract.AGE_BUCKETS
YOUNGEST: Final = BUCKETS[0][0]  # nobody reports viewers below 13: no platform lets them in
# Standard deviation, in log odds, of the part of a cut bucket that lies in the range. On Facebook 2018 and Instagram
# 2019, users by single year in 159 and 132 countries, the part 25-30 of 25-34 missed by .20 and .16 (root mean square);
# creators differ by more than countries.
CUT_SD: Final = 0.25
_LEAST_SHARE: Final = 1e-3  # of a bucket, when its neighbours' lean is read from it: platforms round to that
_LEAST_VARIANCE: Final = 1e-2  # p (1 - p) of a share of 1 %: below, rounding is all there is
_STEEPEST: Final = 0.3  # log odds a year; a bucket twenty times its neighbour says no more than that


def parts(shares: Doubles, low: int, high: int) -> Doubles:
    """(n, 5) shares of the buckets to the part of each bucket's viewers that is aged `low` to `high`, both included."""
    found = np.zeros_like(shares, order="F")
    for bucket, (first, last) in enumerate(BUCKETS):
        if low <= first and last <= high:
            found[:, bucket] = 1.0
        elif first <= high and low <= last:
            found[:, bucket] = _cut(_tilt(shares, bucket), bucket, low, high)
    return found


def young(shares: Doubles) -> Doubles:
    """(n,) share of the young by law, from (n, 5) shares of the buckets."""
    found: Doubles = np.einsum("nb,nb->n", parts(shares, *YOUTH), shares)
    return found


def one_asked(share: Doubles) -> Doubles:
    """Variance of a share when one person is asked, p (1 - p), for shares that are not nearly nothing or all."""
    variance: Doubles = np.maximum(share * (1.0 - share), _LEAST_VARIANCE)
    return variance


def cut_variance(shares: Doubles, cut: Doubles) -> Doubles:
    """(n,) variance of the share in a range that is due to the buckets it cuts, from `parts` (n, 5)."""
    spread: Doubles = shares * CUT_SD * cut * (1.0 - cut)
    variance: Doubles = np.einsum("nb,nb->n", spread, spread)
    return variance


def _cut(tilt: Doubles, bucket: int, low: int, high: int) -> Doubles:
    """(n,) part of a bucket by its tilt (n,)."""
    first, last = BUCKETS[bucket]
    ages = np.arange(first, last + 1)
    weights = by_single_year()[ages, None] * np.exp((ages - _centres()[bucket])[:, None] * tilt)
    cut: Doubles = weights[(low <= ages) & (ages <= high)].sum(axis=0) / weights.sum(axis=0)
    return cut


def _tilt(shares: Doubles, bucket: int) -> Doubles:
    """(n,) by how much the log of views per head changes with a year of age: the mean of both sides of the bucket."""
    sides = [(one, one + 1) for one in (bucket - 1, bucket) if one >= 0 and one + 1 < len(BUCKETS)]
    slopes = [_slope(shares, *side) for side in sides]
    tilt: Doubles = np.mean(slopes, axis=0)
    return tilt


def _slope(shares: Doubles, one: int, other: int) -> Doubles:
    ratio = np.maximum(shares[:, other], _LEAST_SHARE) / np.maximum(shares[:, one], _LEAST_SHARE)
    slope: Doubles = np.log(ratio * (_people()[one] / _people()[other])) / (_centres()[other] - _centres()[one])
    bounded: Doubles = np.minimum(np.maximum(slope, -_STEEPEST), _STEEPEST)
    return bounded


@cache
def _people() -> Doubles:
    return np.array([by_single_year()[first : last + 1].sum() for first, last in BUCKETS])


@cache
def _centres() -> Doubles:
    """Mean age of the people of each bucket."""
    everyone, ages = by_single_year(), np.arange(OLDEST + 1)
    return np.array([np.average(ages[f : last + 1], weights=everyone[f : last + 1]) for f, last in BUCKETS])


@dataclass(frozen=True, slots=True)
class Spread:
    """How far reports lie from the truth beyond their sample: variances, as parts of that of one person asked.

    Attributes:
        sources: (n_sources,) of a report of each source, however large its sample.
        yearly: that a year of age adds: audiences change.
    """

    sources: Doubles
    yearly: float

    def effective_sizes(self, sizes: Doubles, sources: Rows, days: Doubles) -> Doubles:
        """(n,) how many people a report is worth: never more than its sample, its source allows or its age leaves."""
        worth: Doubles = sizes / (1.0 + sizes * (self.sources[sources] + self.yearly * days / 365.25))
        return worth


@dataclass(frozen=True, slots=True)
class Pooled:
    """Reports of each thing put together.

    Attributes:
        shares: (n, k) pooled shares; NaN where nothing was reported.
        sizes: (n,) what they are worth, in people; 0 where nothing was reported. Less where reports disagree.
        conflict: (n,) how far they disagree: 1 is chance alone; NaN where there is one report or none.
    """

    shares: Doubles
    sizes: Doubles
    conflict: Doubles


def pool(shares: Doubles, sizes: Doubles, compared: Doubles, things: Rows, n: int) -> Pooled:
    """Put reports together: shares (m, k) worth `sizes` (m,) people, about `things` (m,) of `n`.

    Weighted by size. Where two or more disagree in the share `compared` (m,), by a factor `conflict` of the variance
    expected, the pooled report is worth so many times fewer (R. T. Birge, "The calculation of errors by the method of
    least squares", 1932): nobody knows which of them is right.
    """
    worth = _sums(sizes, things, n)
    with np.errstate(invalid="ignore"):
        pooled = np.stack([_sums(sizes * column, things, n) / worth for column in shares.T], axis=1)
        middle = (_sums(sizes * compared, things, n) / worth)[things]
    misses = _sums(sizes * (compared - middle) ** 2 / one_asked(middle), things, n)
    others = np.bincount(things, minlength=n) - 1
    conflict = np.where(others > 0, misses / np.maximum(others, 1), np.nan)
    return Pooled(pooled, worth / np.fmax(1.0, conflict), conflict)


def _sums(values: Doubles, things: Rows, n: int) -> Doubles:
    return np.bincount(things, values, minlength=n).astype(np.float64)
