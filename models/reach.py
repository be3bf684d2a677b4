"""How many people of the target one post would reach: forecast views times the share of the audience, with intervals.

All in log space: the log of views and of the share are independent, each with its own spread below and above its
middle, and spreads add up in squares on each side. So the points of a reach need no sampling; a test holds them against
a sample.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from models.audience import AudiencePosterior
from models.forecast import LEAST_POSTS, ViewsForecast

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TENTH: Final = 1.2815515655446004  # standard deviations from the middle to the 90 % point of a normal distribution
OK: Final = "ok"
NO_VIEWS: Final = "no_views"
FEW_POSTS: Final = "few_posts"
NONE: Final = -1  # no row
_SURE: Final = (
    TENTH  # standard deviations between two that are told apart: the order holds with a chance of nine in ten
)

_POINTS: Final = np.linspace(-37.0, 37.0, 18_501)  # beyond -37 a chance is too small to have a logarithm
_LOG_NORMAL: Final = np.log([0.5 * math.erfc(-point / math.sqrt(2.0)) for point in _POINTS.tolist()])


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a post is to reach, and where it may stand: `platforms` and `formats` empty for any."""

    ages: tuple[int, int]
    provinces: tuple[str, ...]
    platforms: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimates:
    """Reach of every creator for one target and topic.

    Attributes:
        views: (n_rows, 3) log views at 10, 50 and 90 %, with the topic's lift in them.
        shares: (n_rows, 3) log shares of the audience.
        reach: (n_rows, 3) log reach.
        expected: (n_rows,) log of the expected reach.
        errors: (n_rows,) standard error of the middle: what more posts and reports would tell, not what chance does.
        lift: (n_creators,) log lift of the topic; `lift_error` its standard error.
        best: (n_creators,) the row where a creator would reach most by the lower end, -1 where nothing can be said.
        few: (n_creators,) views are known, but of too few posts.
    """

    views: Doubles
    shares: Doubles
    reach: Doubles
    expected: Doubles
    errors: Doubles
    lift: Doubles
    lift_error: Doubles
    best: Rows
    few: Mask

    def state(self, creator: int) -> str:
        """`ok`, or why nothing is said of a creator's reach."""
        if self.best[creator] != NONE:
            return OK
        return FEW_POSTS if self.few[creator] else NO_VIEWS

    def of_best(self, values: Doubles) -> Doubles:
        """(n_creators,) a column of the rows at each creator's best row, -inf without one."""
        if not len(values):
            return np.full(len(self.best), -np.inf)
        found: Doubles = np.where(self.best != NONE, values[np.maximum(self.best, 0)], -np.inf)
        return found


@dataclass(frozen=True, slots=True)
class ReachModel:
    """Forecasts joined with audiences.

    Attributes:
        forecast: views; its `rows` are the rows here.
        audience: shares by presence.
        creators: (n_rows,) creator rows, ascending.
        platforms, formats: (n_rows,) names.
        points: (n_rows, 3) log views without a topic.
        errors: (n_rows,) standard errors of the creators' usual levels.
        enough: (n_rows,) whether enough posts have known views.
        presences: (n_rows,) rows of `audience`.
        n_creators: number of creators of the model.
    """

    forecast: ViewsForecast
    audience: AudiencePosterior
    creators: Rows
    platforms: npt.NDArray[np.str_]
    formats: npt.NDArray[np.str_]
    points: Doubles
    errors: Doubles
    enough: Mask
    presences: Rows
    n_creators: int

    @classmethod
    def of(cls, forecast: ViewsForecast, audience: AudiencePosterior, n_creators: int) -> ReachModel:
        """Join them; every presence with views has an audience."""
        rows = forecast.rows
        places = {
            key: row
            for row, key in enumerate(zip(audience.creators.tolist(), audience.platforms.tolist(), strict=True))
        }
        own = zip(rows["creator"].to_list(), rows["platform"].to_list(), strict=True)
        return cls(
            forecast=forecast,
            audience=audience,
            creators=rows["creator"].to_numpy().astype(np.int64),
            platforms=np.array(rows["platform"].to_list(), dtype=np.str_),
            formats=np.array(rows["format"].fill_null("").to_list(), dtype=np.str_),
            points=forecast.quantiles(),
            errors=rows["level_error"].to_numpy(),
            enough=(rows["posts"] >= LEAST_POSTS).to_numpy(),
            presences=np.array([places[key] for key in own], dtype=np.int64),
            n_creators=n_creators,
        )

    def estimate(self, target: Target, lift: Doubles, lift_error: Doubles) -> Estimates:
        """Reach of every creator.

        Args:
            target: ages, provinces, platforms and formats.
            lift: (n_creators,) log lift of the topic.
            lift_error: (n_creators,) its standard error.

        Raises:
            BriefRefused: a province is not known, or the ages are swapped.
        """
        found = self.audience.shares(target.ages, target.provinces)
        shares = np.log(np.stack((found.p10, found.p50, found.p90), axis=1))[self.presences]
        views = self.points + lift[self.creators][:, None]
        spread = TENTH * lift_error[self.creators]
        low = _together(views[:, 1] - views[:, 0], shares[:, 1] - shares[:, 0], spread)
        high = _together(views[:, 2] - views[:, 1], shares[:, 2] - shares[:, 1], spread)
        middle = views[:, 1] + shares[:, 1]
        wanted = self._wanted(target)
        share_error = (shares[:, 2] - shares[:, 0]) / (2 * TENTH)
        reach = np.stack((middle - low, middle, middle + high), axis=1)
        return Estimates(
            views=views,
            shares=shares,
            reach=reach,
            expected=middle + two_piece_log_mean(low / TENTH, high / TENTH),
            errors=_together(self.errors, share_error, lift_error[self.creators]),
            lift=lift,
            lift_error=lift_error,
            best=self._best(reach[:, 0], wanted & self.enough),
            few=np.bincount(self.creators[wanted], minlength=self.n_creators) > 0,
        )

    def _wanted(self, target: Target) -> Mask:
        wanted = np.ones(len(self.creators), dtype=bool)
        if target.platforms:
            wanted &= np.isin(self.platforms, target.platforms)
        if target.formats:
            wanted &= np.isin(self.formats, target.formats)
        return wanted

    def _best(self, lower: Doubles, wanted: Mask) -> Rows:
        """(n_creators,) each creator's wanted row with the highest lower end; of equal ones the first."""
        best = np.full(self.n_creators, NONE, dtype=np.int64)
        rows = np.flatnonzero(wanted)
        order = rows[np.lexsort((rows, -lower[rows]))]
        owners, first = np.unique(self.creators[order], return_index=True)
        best[owners] = order[first]
        return best


def _together(*spreads: Doubles) -> Doubles:
    """Independent spreads as one: the root of the sum of their squares."""
    total: Doubles = np.sqrt(np.sum([spread**2 for spread in spreads], axis=0))
    return total


def two_piece_log_mean(low: Doubles, high: Doubles) -> Doubles:
    """Log of the mean of exp(x), (n,) each: x is half a normal of spread `low` below its median 0, of `high` above it.

    E = exp(low^2 / 2) Phi(-low) + exp(high^2 / 2) Phi(high), the moments of two half-normals; with both alike it is the
    log-normal's exp(s^2 / 2).
    """
    mean: Doubles = np.logaddexp(low**2 / 2 + _log_normal(-low), high**2 / 2 + _log_normal(high))
    return mean


def _log_normal(points: Doubles) -> Doubles:
    """Log of the normal distribution, read off a table to 2e-6; SciPy's brings 28 MiB to a service."""
    log_chance: Doubles = np.interp(points, _POINTS, _LOG_NORMAL)
    return log_chance


def tie_groups(values: Sequence[float], errors: Sequence[float]) -> list[int]:
    """Group numbers, from 1, of values in falling order: one that may well be above the group's first belongs to it.

    Two are told apart when the first is above the other nine times in ten, errors being normal and independent.
    """
    groups: list[int] = []
    first = 0
    for place in range(len(values)):
        apart = values[first] - values[place]
        if groups and apart <= _SURE * float(np.hypot(errors[first], errors[place])):
            groups.append(groups[-1])
            continue
        first = place
        groups.append(groups[-1] + 1 if groups else 1)
    return groups


def forecast_frame(model: ReachModel, estimates: Estimates, creator_ids: Sequence[str]) -> pl.DataFrame:
    """All forecasts as a table: `creator_id`, `platform`, `format`, `posts`, `state`, points of views, share and reach.

    Where `state` is `few_posts` the points are what peers suggest, and no list shows them.
    """
    columns = {"views": np.expm1(estimates.views), "share": np.exp(estimates.shares), "reach": np.exp(estimates.reach)}
    points = {name: pl.Series(values.tolist(), dtype=pl.List(pl.Float64)) for name, values in columns.items()}
    ids = pl.Series([creator_ids[row] for row in model.creators.tolist()], dtype=pl.String)
    told = model.forecast.rows.select("platform", "format", "posts")
    state = pl.Series("state", np.where(model.enough, OK, FEW_POSTS).tolist(), dtype=pl.String)
    return told.with_columns(state, creator_id=ids, **points)
