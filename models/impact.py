"""From fit and reach to a place: what a list is ordered by, told in summands that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from models.audience import CONFLICTING, MODEL, SOURCES
from models.brief import Brief
from models.bundle import Contents
from models.preferences import PRIOR, Preferences
from models.reach import NONE, TENTH, Estimates, ReachModel, Target
from models.shortlist import ORDERS, Flag, Part, PlatformShift, Points, Reach

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

IMPACT, EXPECTED, FIT = ORDERS


@dataclass(frozen=True, slots=True)
class Impact:
    """What orders creators for one brief.

    Attributes:
        by: `impact` (the lower end), `expected` (the mean) or `fit`.
        estimates: reach of every creator.
        fit: (n_creators,) log of fit against the best creator who may be listed, times its weight.
        fit_weight: that weight.
        counts: how much the other summands count beside views.
        values: (n_creators,) what is ordered by; -inf where nothing can be said of reach and reach is asked for.
    """

    by: str
    estimates: Estimates
    fit: Doubles
    fit_weight: float
    counts: Preferences
    values: Doubles

    def parts(self, creator: int) -> tuple[Part, ...]:
        """Summands of the value, in log space; none for an order by fit, or where nothing can be said of reach."""
        row = int(self.estimates.best[creator])
        if self.by == FIT or row == NONE:
            return ()
        found, lift, counts = self.estimates, float(self.estimates.lift[creator]), self.counts
        step = float((found.expected[row] if self.by == EXPECTED else found.reach[row, 0]) - found.reach[row, 1])
        care = Part("mean", step) if self.by == EXPECTED else Part("caution", counts.caution * step, counts.caution)
        return (
            Part("views", float(found.views[row, 1]) - lift),
            Part("topic_lift", lift),
            Part("audience", counts.audience * float(found.shares[row, 1]), counts.audience),
            Part("fit", float(self.fit[creator]), self.fit_weight),
            care,
        )

    def error(self, creator: int) -> float:
        """Standard error of the value: what more posts and reports would tell."""
        row = int(self.estimates.best[creator])
        low, _, high = self.estimates.shares[row]
        of_share = float(high - low) / (2 * TENTH)
        return float(np.sqrt(self.estimates.errors[row] ** 2 + (self.counts.audience**2 - 1.0) * of_share**2))


def impact_of(
    by: str, estimates: Estimates, scores: Floats, allowed: Mask, weight: float, counts: Preferences = PRIOR
) -> Impact:
    """Put reach and fit together.

    Args:
        by: of `models.shortlist.ORDERS`.
        estimates: reach of every creator.
        scores: (n_creators,) fit's.
        allowed: (n_creators,) who may be listed.
        weight: how much fit counts by the settings.
        counts: what staff's decisions taught beside it.
    """
    best = float(scores[allowed].max(initial=-np.inf)) if allowed.any() else 0.0
    fit_weight = weight * counts.fit
    fit = fit_weight * (scores.astype(np.float64) - best)
    if by == FIT:
        return Impact(by, estimates, fit, fit_weight, counts, scores.astype(np.float64))
    return Impact(by, estimates, fit, fit_weight, counts, estimates.of_best(_weighed(by, estimates, counts)) + fit)


def _weighed(by: str, estimates: Estimates, counts: Preferences) -> Doubles:
    """(n_rows,) log reach with its summands as they count; with weights of one, the very numbers of the estimates."""
    more_audience = (counts.audience - 1.0) * estimates.shares[:, 1]
    if by == EXPECTED:
        return estimates.expected + more_audience
    more_care = (counts.caution - 1.0) * (estimates.reach[:, 0] - estimates.reach[:, 1])
    return estimates.reach[:, 0] + more_audience + more_care


def order(impact: Impact, scores: Floats, allowed: Mask, k: int) -> Rows:
    """Rows of the best `k`: by value, those of whom no reach can be said after all others and by fit, ties by id."""
    rows = np.flatnonzero(allowed)
    unknown = ~np.isfinite(impact.values[rows])
    values = np.where(unknown, scores[rows], impact.values[rows])
    best: Rows = rows[np.lexsort((rows, -values, unknown))[: max(k, 0)]]
    return best


def target_of(brief: Brief, province: str) -> Target:
    """Whom a brief wants; `province` where it names none."""
    return Target((brief.age_min, brief.age_max), brief.provinces or (province,), brief.platforms, brief.formats)


class ReachTeller:
    """Puts estimates of single creators into words and numbers."""

    def __init__(self, contents: Contents, model: ReachModel) -> None:
        self._model = model
        self._rates = contents.creators["rate_vnd_per_post"].to_list()
        self._flags: dict[int, tuple[Flag, ...]] = {}
        for flag in contents.attention.iter_rows(named=True):
            creator = flag.pop("creator")
            self._flags[creator] = (*self._flags.get(creator, ()), Flag(**flag))
        self.shifts = tuple(
            PlatformShift(row["platform"], row["format"], row["month"], float(np.exp(row["change"])))
            for row in contents.forecast.months.filter(pl.col("change").is_not_null()).iter_rows(named=True)
        )

    def reach(self, estimates: Estimates, creator: int) -> Reach | None:
        """Reach of a creator at the best row; None where nothing can be said."""
        row = int(estimates.best[creator])
        if row == NONE:
            return None
        audience, presence = self._model.audience, int(self._model.presences[row])
        expected = float(np.exp(estimates.expected[row]))
        rate = self._rates[creator]
        asked = float(audience.sample_size[presence])
        conflict = float(audience.conflict[presence])
        return Reach(
            platform=str(self._model.platforms[row]),
            format=str(self._model.formats[row]) or None,
            views=_points(np.expm1(estimates.views[row])),
            lift=_lift_points(float(estimates.lift[creator]), float(estimates.lift_error[creator])),
            share=_points(np.exp(estimates.shares[row])),
            viewers=_points(np.exp(estimates.reach[row])),
            expected=expected,
            posts=int(self._model.forecast.rows["posts"][row]),
            source=SOURCES[int(audience.source[presence])],
            place_source=SOURCES[int(audience.place_source[presence])],
            as_of=_day(audience.as_of[presence]),
            sample_size=None if np.isnan(asked) else int(asked),
            conflict=None if np.isnan(conflict) else conflict,
            cost_per_thousand_vnd=None if rate is None else 1000.0 * rate / expected,
        )

    def flags(self, creator: int) -> tuple[Flag, ...]:
        """Signs of bought attention."""
        return self._flags.get(creator, ())

    def against(self, reach: Reach | None, flags: Sequence[Flag]) -> tuple[str, ...]:
        """Codes of what speaks against a forecast."""
        guessed = reach is not None and SOURCES.index(reach.source) >= MODEL
        contradicted = reach is not None and reach.conflict is not None and reach.conflict >= CONFLICTING
        found = {"audience_guessed": guessed, "audience_conflict": contradicted, "odd_attention": bool(flags)}
        return tuple(code for code, holds in found.items() if holds)


def _points(values: Doubles) -> Points:
    low, middle, high = values.tolist()
    return Points(low, middle, high)


def _lift_points(lift: float, error: float) -> Points:
    low, middle, high = np.exp([lift - TENTH * error, lift, lift + TENTH * error]).tolist()
    return Points(low, middle, high)


def _day(at: np.datetime64) -> date | None:
    if np.isnat(at):
        return None
    day: date = at.astype("datetime64[D]").astype(object)
    return day
