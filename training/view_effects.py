"""What moves views besides the creator: growth after posting, the format, the month, and what peers of a size have.

All effects are estimated against the creators' own usual level, so that a platform with stronger creators, or a month
in which they posted more, is not taken for an effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import nnls

from features.views import FORMAT_CODES, GROWTH_DAYS, SETTLED_DAYS, Growth, Rows, Viewings

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# TikTok videos of Vietnam read twice, 8 to 18 days apart (2,052 of them, spring 2025), follow this curve.
DEFAULT_GROWTH: Final = Growth((0.33, 0.28, 0.40, 0.18, 0.13, 0.16, 0.21, 0.06))
_GROWTH_POSTS: Final = 5.0  # posts that the default counts as in each stretch
_MOST_LOG_GAIN: Final = 2.5  # a post that took off late says little of how posts grow
_LEAST_READ_AGAIN: Final = 100  # posts read twice that show how a platform's views grow
_LEAST_YOUNG: Final = 200  # else posts read young, against others of the same presence
_YOUNG_DAYS: Final = 45.0
_OLD_DAYS: Final = 60.0
_LEAST_APART_DAYS: Final = 1.0  # readings nearer than that tell rounding, not growth
_ROUNDS: Final = 12  # of taking turns between levels and effects; they settle after a handful
_MONTH_POSTS: Final = 5.0  # posts by which a month is drawn to none; with 30 a third of a jump stayed in the views
_FORMAT_POSTS: Final = 20.0  # likewise for a format's
_JUMP: Final = float(np.log(1.25))  # a change of a quarter from one month to the next is worth a warning
_JUMP_PRESENCES: Final = 10  # that many must post before and after: two crawls of other people are no jump
_JUMP_ERRORS: Final = 4.0  # if it is this many standard errors


@dataclass(frozen=True, slots=True)
class Monthly:
    """What months did to views, a row for each platform, or for each format on a platform.

    Attributes:
        values: (n_rows, n_months) log effect of a month, about zero on average.
        errors: (n_rows, n_months) their standard errors.
        posts: (n_rows, n_months) posts behind them.
        stayed: (n_rows, n_months) presences with posts both in the month and in the calendar month before.
    """

    values: Doubles
    errors: Doubles
    posts: Rows
    stayed: Rows

    def changes(self) -> Doubles:
        """(n_rows, n_months) change from the month before; none in the first."""
        changes: Doubles = np.diff(self.values, axis=1, prepend=self.values[:, :1])
        return changes

    def told(self) -> Mask:
        """(n_rows, n_months) whether enough posted both before and after: others' posts say nothing of everybody."""
        told: Mask = self.stayed >= _JUMP_PRESENCES
        return told

    def sudden(self) -> Mask:
        """(n_rows, n_months) whether views moved for everybody from the month before."""
        before = np.concatenate((self.errors[:, :1], self.errors[:, :-1]), axis=1)
        change, error = np.abs(self.changes()), np.hypot(self.errors, before)
        sudden: Mask = self.told() & (change > _JUMP) & (change > _JUMP_ERRORS * error)
        return sudden


@dataclass(frozen=True, slots=True)
class Effects:
    """What is taken out of log views so that posts can be compared.

    Attributes:
        formats: (n_platforms, n_formats) log effect of a format on a platform.
        platform_months: of each platform.
        format_months: of each format on a platform, row = platform * n_formats + format.
        platforms: names of the platforms.
        first_month: the month of the first column, counted from year 0.
    """

    formats: Doubles
    platform_months: Monthly
    format_months: Monthly
    platforms: tuple[str, ...]
    first_month: int

    def of(self, viewings: Viewings) -> Doubles:
        """(n_posts,) what is taken out of each post: its format, and the jumps between its month and the last.

        A month's whole effect is not taken out: what moves slowly moves the creators' own posts too, and without it
        forecasts of real views were worse (docs/decisions/0010). A jump is not the creators' doing.
        """
        platform, form = platform_codes(viewings, self.platforms), viewings.formats
        jumps = self.jumps()
        month = np.clip(viewings.months - self.first_month, 0, jumps.shape[2] - 1)
        effects: Doubles = self.formats[platform, form] + jumps[platform, form, month]
        return effects

    def steps(self) -> Doubles:
        """(n_platforms, n_formats, n_months) sudden change of log views from the month before; 0 where none was sudden.

        When the whole platform moved, each format moved by its own measure, or not at all. A format that too few post
        in goes with its platform.
        """
        own, whole = self.format_months, self.platform_months
        shape = (*self.formats.shape, own.values.shape[1])
        change, told, sudden = (found.reshape(shape) for found in (own.changes(), own.told(), own.sudden()))
        change = np.where(told, change, whole.changes()[:, None, :])
        moved = sudden | (whole.sudden()[:, None, :] & (np.abs(change) > _JUMP))
        steps: Doubles = change * moved
        return steps

    def jumps(self) -> Doubles:
        """(n_platforms, n_formats, n_months) log views that sudden changes gave a month beside the last one."""
        level = self.steps().cumsum(axis=2)
        jumps: Doubles = level - level[:, :, -1:]
        return jumps

    def table(self) -> pl.DataFrame:
        """One row per platform, format and month with posts; `change` where views moved suddenly for everybody."""
        names, months = list(FORMAT_CODES), self.format_months
        steps = self.steps().reshape(months.values.shape)
        rows = []
        for row, column in np.argwhere(months.posts > 0).tolist():
            platform, form = divmod(row, self.formats.shape[1])
            year, month = divmod(self.first_month + column, 12)
            rows.append(
                {
                    "platform": self.platforms[platform],
                    "format": names[form],
                    "month": f"{year}-{month + 1:02d}",
                    "posts": int(months.posts[row, column]),
                    "log_shift": float(months.values[row, column]),
                    "error": float(months.errors[row, column]),
                    "change": float(steps[row, column]) or None,
                }
            )
        return pl.DataFrame(rows, schema=MONTH_SCHEMA)


MONTH_SCHEMA: Final = {
    "platform": pl.String(),
    "format": pl.String(),
    "month": pl.String(),
    "posts": pl.Int64(),
    "log_shift": pl.Float64(),
    "error": pl.Float64(),
    "change": pl.Float64(),
}


def platform_codes(viewings: Viewings, platforms: tuple[str, ...]) -> Rows:
    """(n_posts,) the place of each post's platform among `platforms`."""
    places = {name: code for code, name in enumerate(platforms)}
    own = np.array([places[name] for name in viewings.platforms], dtype=np.int64)
    codes: Rows = own[viewings.presence]
    return codes


def fit_growth(viewings: Viewings, observations: pl.DataFrame) -> dict[str, Growth]:
    """A curve for each platform: from posts read twice, else from posts read young, else the default.

    Args:
        viewings: posts as they were read last.
        observations: `post_id`, `observed_at` and `views` of every reading.
    """
    named = np.array(viewings.platforms, dtype=object)[viewings.presence]
    again = _read_again(viewings, observations)
    curves = {}
    for platform in sorted(set(viewings.platforms)):
        own = again.filter(pl.col("platform") == platform)
        if own.height >= _LEAST_READ_AGAIN:
            first, second, gain = (own[name].to_numpy() for name in ("first", "second", "gain"))
        else:
            first, second, gain = _young(viewings, named == platform)
        enough = len(gain) >= (_LEAST_READ_AGAIN if own.height >= _LEAST_READ_AGAIN else _LEAST_YOUNG)
        curves[platform] = _curve(first, second, gain) if enough else DEFAULT_GROWTH
    return curves


def _read_again(viewings: Viewings, observations: pl.DataFrame) -> pl.DataFrame:
    """First and last reading of each post read more than once: days after posting, and log gain between."""
    posts = pl.DataFrame(
        {
            "post_id": pl.Series(viewings.post_ids.tolist(), dtype=pl.String),
            "published": viewings.days,
            "platform": viewings.presences["platform"].gather(viewings.presence),
        }
    )
    read = observations.drop_nulls("views").sort("post_id", "observed_at").group_by("post_id", maintain_order=True)
    days, log_views = pl.col("observed_at").dt.epoch("s") / 86_400, (pl.col("views") + 1.0).log()
    twice = read.agg(first=days.first(), second=days.last(), gain=log_views.last() - log_views.first()).filter(
        pl.col("second") > pl.col("first") + _LEAST_APART_DAYS
    )
    joined = twice.join(posts, on="post_id", how="inner").sort("post_id")
    after = joined.with_columns(pl.col("first") - pl.col("published"), pl.col("second") - pl.col("published"))
    return after.filter((pl.col("first") > 0) & (pl.col("gain") >= 0) & (pl.col("first") < SETTLED_DAYS))


def _young(viewings: Viewings, own: npt.NDArray[np.bool_]) -> tuple[Doubles, Doubles, Doubles]:
    """Posts read young against the mean of the posts of the same presence that were read old."""
    old = own & (viewings.seen_after >= _OLD_DAYS)
    young = own & (viewings.seen_after < _YOUNG_DAYS) & (viewings.seen_after > 0.5)
    total = np.bincount(viewings.presence[old], weights=viewings.log_views[old], minlength=viewings.n_presences)
    count = np.bincount(viewings.presence[old], minlength=viewings.n_presences)
    known = young & (count[viewings.presence] >= 3)
    usual = total[viewings.presence[known]] / count[viewings.presence[known]]
    days = viewings.seen_after[known]
    return days, np.full(len(days), SETTLED_DAYS), usual - viewings.log_views[known]


def _curve(first: Doubles, second: Doubles, gain: Doubles) -> Growth:
    """The curve that fits the log gains between two ages best, drawn to the default as by a few posts."""
    knots = np.log(GROWTH_DAYS)
    ages = [np.clip(np.log(days), knots[0], knots[-1])[:, None] for days in (first, second)]
    shares = [np.clip((age - knots[:-1]) / np.diff(knots), 0.0, 1.0) for age in ages]  # of each stretch, by that age
    prior = np.sqrt(_GROWTH_POSTS)
    rows = np.vstack([shares[1] - shares[0], prior * np.eye(len(knots) - 1)])
    aims = np.concatenate([np.minimum(gain, _MOST_LOG_GAIN), prior * np.array(DEFAULT_GROWTH.gains)])
    return Growth(tuple(nnls(rows.T @ rows, rows.T @ aims)[0].tolist()))


def fit_effects(viewings: Viewings, settled: Doubles) -> Effects:
    """Effects of formats and months, each presence against its own level; posts that are nan do not count.

    Nor does the only post of a presence: it is its own level, and would draw every effect to what it was.
    """
    platforms = tuple(sorted(set(viewings.platforms)))
    platform = platform_codes(viewings, platforms)
    first, last = (int(viewings.months.min()), int(viewings.months.max())) if len(settled) else (0, 0)
    n_months, n_formats = last - first + 1, len(FORMAT_CODES)
    known = np.isfinite(settled)
    several = np.bincount(viewings.presence[known], minlength=viewings.n_presences) > 1
    kept = known & several[viewings.presence]
    values, presence, code = settled[kept], viewings.presence[kept], platform[kept]
    month, by_format = viewings.months[kept] - first, code * n_formats + viewings.formats[kept]
    by_month, by_both = code * n_months + month, by_format * n_months + month
    formats, months = np.zeros(len(platforms) * n_formats), np.zeros(len(platforms) * n_months)
    for _ in range(_ROUNDS):
        level = _means(presence, values - formats[by_format] - months[by_month], viewings.n_presences)
        away = _without_strays(values - level[presence])
        formats = _drawn(by_format, away - months[by_month], len(formats), _FORMAT_POSTS)
        formats = _centred(by_format, formats, code, len(platforms))
        months = _drawn(by_month, away - formats[by_format], len(months), _MONTH_POSTS)
        months = _centred(by_month, months, code, len(platforms))
    rest, own = values - formats[by_format] - months[by_month], np.zeros(len(formats) * n_months)
    for _ in range(
        _ROUNDS
    ):  # after the platform's, which else would share with its largest format what is common to all
        away = _without_strays(rest - _means(presence, rest - own[by_both], viewings.n_presences)[presence])
        own = _centred(by_both, _drawn(by_both, away, len(own), _FORMAT_POSTS), by_format, len(formats))
    left = away - own[by_both]
    spread = float(left.std()) if len(left) else 0.0
    whole = months.reshape(len(platforms), n_months)
    both = own.reshape(len(formats), n_months) + np.repeat(whole, n_formats, axis=0)
    return Effects(
        formats=formats.reshape(len(platforms), n_formats),
        platform_months=_monthly(whole, spread, presence, code, month),
        format_months=_monthly(both, spread, presence, by_format, month),
        platforms=platforms,
        first_month=first,
    )


def _monthly(values: Doubles, spread: float, presence: Rows, rows: Rows, month: Rows) -> Monthly:
    """Effects of months with what stands behind them: posts of `presence` (n,) in `rows` (n,) of the months (n,)."""
    counts = np.bincount(rows * values.shape[1] + month, minlength=values.size).reshape(values.shape)
    errors: Doubles = spread / np.sqrt(np.maximum(counts, 1))
    return Monthly(values, errors, counts.astype(np.int64), _stayed(presence, rows, month, values.shape))


def _stayed(presence: Rows, rows: Rows, month: Rows, shape: tuple[int, ...]) -> Rows:
    """(n_rows, n_months) presences with posts in a month and in the one before."""
    active = np.unique(np.stack([presence, rows, month]), axis=1)
    again = (active[:2, 1:] == active[:2, :-1]).all(axis=0) & (active[2, 1:] == active[2, :-1] + 1)
    stayed = np.zeros(shape, dtype=np.int64)
    np.add.at(stayed, (active[1, 1:][again], active[2, 1:][again]), 1)
    return stayed


def _means(groups: Rows, values: Doubles, n_groups: int) -> Doubles:
    total = np.bincount(groups, weights=values, minlength=n_groups)
    means: Doubles = total / np.maximum(np.bincount(groups, minlength=n_groups), 1)
    return means


def _drawn(groups: Rows, values: Doubles, n_groups: int, prior: float) -> Doubles:
    """Group means, each drawn to zero as by `prior` values of zero."""
    total = np.bincount(groups, weights=values, minlength=n_groups)
    drawn: Doubles = total / (np.bincount(groups, minlength=n_groups) + prior)
    return drawn


def _centred(groups: Rows, effects: Doubles, platform: Rows, n_platforms: int) -> Doubles:
    """Effects less the mean over the platform's posts, so that levels stay the creators' own."""
    mean = _means(platform, effects[groups], n_platforms)
    centred: Doubles = effects - np.repeat(mean, len(effects) // max(n_platforms, 1))
    return centred


def _without_strays(away: Doubles) -> Doubles:
    """Distances cut off at three robust standard deviations: a bought or viral post moves no month."""
    if not len(away):
        return away
    spread = 1.4826 * float(np.median(np.abs(away - np.median(away))))
    return np.clip(away, -3.0 * spread, 3.0 * spread)


def peer_levels(viewings: Viewings, comparable: Doubles) -> Doubles:
    """(n_presences,) the level that platform, kind and followers suggest, by ridge regression on the presences."""
    features = _presence_features(viewings.presences)
    kept = np.isfinite(comparable)
    counts = np.bincount(viewings.presence[kept], minlength=viewings.n_presences)
    means = _means(viewings.presence[kept], comparable[kept], viewings.n_presences)
    weights = np.sqrt(np.minimum(counts, 10).astype(np.float64))
    penalty = np.eye(features.shape[1])
    penalty[0, 0] = 1e-6  # the general level is not drawn to zero
    weighted = features * weights[:, None]
    found = np.linalg.solve(weighted.T @ weighted + penalty, weighted.T @ (means * weights))
    levels: Doubles = features @ found
    return levels


def _presence_features(presences: pl.DataFrame) -> Doubles:
    """(n_presences, n) a one, platform and kind as indicators, log followers, and whether they are known."""
    followers = presences["followers"].cast(pl.Float64)
    logged = (followers + 1.0).log()
    known = logged.drop_nulls()
    usual = known.mean()
    middle = float(usual) if isinstance(usual, float) else 0.0
    size, unknown = logged.fill_null(middle).to_numpy() - middle, logged.is_null().to_numpy() * 1.0
    columns = [np.ones(presences.height), size, unknown]
    for name in ("platform", "kind"):
        values = presences[name].fill_null("")
        columns += [(values == value).to_numpy() * 1.0 for value in sorted(set(values.to_list()))]
    return np.column_stack(columns)
