"""Fits the forecast of views: what every post did against the posts before it teaches what the next one will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from features.views import (
    FORMAT_CODES,
    LEAST_SEEN_DAYS,
    RECENT,
    Growth,
    History,
    Viewings,
    history,
    row_quantiles,
    row_spreads,
)
from models.forecast import LEVELS, ROWS, ViewsForecast
from models.lift import TopicLift
from training.forecast_measures import pinball
from training.lift_fit import Liftable, fit_lift, without
from training.view_effects import MONTH_SCHEMA, Effects, fit_effects, fit_growth, peer_levels

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Progress = Callable[[int, int], None]

# How far ahead an interval is to hold: to the next post, or for the weeks that a bundle serves.
HORIZONS = NEXT_POST, WEEKS_AHEAD = ("next_post", "weeks_ahead")
_MOST_SAMPLES: Final = 20_000  # posts that teach; the loss of a dozen small trees moves no more with more
_LEAST_SAMPLES: Final = 200  # fewer teach nothing beyond their own quantiles
_USUAL: Final = (-1.25, 0.0, 1.3)  # distances from the level at `LEVELS` of 23,176 real TikTok posts, where none are
_USUAL_POSTS: Final = 20.0  # posts that these count as
_LATEST: Final = 0.2  # share of the posts, the latest, that the intervals are checked on
_BAGS: Final = 4  # models averaged, each on its own draw of features
_TREES: Final = {
    "max_iter": 200,
    "learning_rate": 0.05,
    "max_leaf_nodes": 6,
    "min_samples_leaf": 80,
    "l2_regularization": 5.0,
    "max_features": 0.4,
}
_FORMAT_POSTS: Final = 8.0  # posts by which a creator's own way with a format is drawn to the platform's
_REPLICATES: Final = 100  # of the bootstrap of a level
_TIERS: Final = (5, 20)  # posts before: intervals are checked apart for few, some and many
_LEAST_CHECKED: Final = 100  # posts that a tier's correction rests on; else all tiers' together
_LEAST_LATE: Final = 30  # latest posts; fewer check nothing


@dataclass(frozen=True, slots=True)
class Comparable:
    """Posts on one scale.

    Attributes:
        growth: by platform.
        effects: of formats and months.
        values: (n_posts,) settled log views less the effects, nan for a post read too early.
        peers: (n_presences,) the level that peers suggest.
    """

    growth: dict[str, Growth]
    effects: Effects
    values: Doubles
    peers: Doubles

    def of(self, viewings: Viewings) -> Doubles:
        """(n_posts,) values of any posts of the same presences: also of later ones, by which nothing was fitted."""
        return _settled(viewings, self.growth) - self.effects.of(viewings)


def _settled(viewings: Viewings, growth: dict[str, Growth]) -> Doubles:
    settled = viewings.settled(growth)
    settled[viewings.seen_after < LEAST_SEEN_DAYS] = np.nan
    return settled


def comparable(viewings: Viewings, observations: pl.DataFrame) -> Comparable:
    """Take growth, format and sudden changes of a platform out of the views."""
    growth = fit_growth(viewings, observations)
    settled = _settled(viewings, growth)
    effects = fit_effects(viewings, settled)
    values = settled - effects.of(viewings)
    return Comparable(growth, effects, values, peer_levels(viewings, values))


def before_each(viewings: Viewings, on_scale: Comparable, values: Doubles, posts: Rows) -> History:
    """What was known just before each of the posts; `values` (n_posts,) are those of all of `viewings`."""
    presences = viewings.presence[posts]
    return history(values, viewings, presences, posts, viewings.days[posts], on_scale.peers[presences])


@dataclass(frozen=True, slots=True)
class ViewsModel:
    """All that was learned of views.

    Attributes:
        viewings: posts it was learned from.
        on_scale: what makes them comparable.
        lift: what topics do, `used` if forecasts gained by it.
        learned: from a history to the next post.
        own_formats: (n_presences, n_formats) each creator's own way with a format.
        format_posts: (n_presences, n_formats) posts behind it.
    """

    viewings: Viewings
    on_scale: Comparable
    lift: TopicLift
    learned: Learned
    own_formats: Doubles
    format_posts: Rows

    def points(self, before: History, presences: Rows, formats: Rows, horizon: str) -> Doubles:
        """(n, 3) log views at `LEVELS` of the next post of a presence in a format, of no special topic.

        Args:
            before: (n,) the posts before.
            presences: (n,) whose.
            formats: (n,) codes of `features.views.FORMAT_CODES`.
            horizon: of `HORIZONS`, how far ahead the interval is to hold.
        """
        effects = self.on_scale.effects
        platforms = np.array([effects.platforms.index(name) for name in self.viewings.platforms], dtype=np.int64)
        moved = effects.formats[platforms[presences], formats] + self.own_formats[presences, formats]
        return (before.level + moved)[:, None] + self.learned.points(before, horizon)


def at_the_end(viewings: Viewings, on_scale: Comparable) -> History:
    """What is known of every presence after the last of the posts."""
    presences = np.arange(viewings.n_presences)
    stop = np.searchsorted(viewings.presence, presences, side="right")
    moments = np.full(len(presences), viewings.days.max())
    return history(on_scale.values, viewings, presences, stop, moments, on_scale.peers)


def learn_views(
    viewings: Viewings,
    observations: pl.DataFrame,
    liftable: Callable[[Doubles], Liftable],
    n_index_posts: int,
    rng: np.random.Generator,
    progress: Progress,
) -> ViewsModel:
    """Learn from posts, at least one, what the next ones will do; arguments as those of `fit_views`."""
    on_scale = comparable(viewings, observations)
    everything = np.arange(len(viewings.days))
    away = on_scale.values - before_each(viewings, on_scale, on_scale.values, everything).level
    progress(1, 4)
    lift, lifted = _lift(liftable(away), n_index_posts, rng, len(away))
    progress(2, 4)
    samples = _samples(np.flatnonzero(np.isfinite(away)), viewings.days, rng)
    before = before_each(viewings, on_scale, on_scale.values, samples)
    late = _latest(viewings.days[samples])
    ahead = _known_before(viewings, on_scale, samples, late)
    learned = _learn(before, away[samples], lifted[samples], late, ahead, on_scale.values[samples[late]] - ahead.level)
    progress(3, 4)
    own_formats, format_posts = _own_formats(viewings, away)
    used = lift if learned.lift_helps else without(lift)
    return ViewsModel(viewings, on_scale, used, learned, own_formats, format_posts)


def fit_views(
    viewings: Viewings,
    observations: pl.DataFrame,
    liftable: Callable[[Doubles], Liftable],
    n_index_posts: int,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[ViewsForecast, dict[str, float]]:
    """Forecasts for every creator, platform and format, and how well such forecasts did on the latest posts.

    Args:
        viewings: posts with known views.
        observations: every reading of the posts' views.
        liftable: posts of the index, given how far each viewing was from its level.
        n_index_posts: number of posts in the index.
        rng: for drawing the posts that teach, folds and the bootstrap.
        progress: called with (done, in all).
    """
    if not len(viewings.days):
        return _nothing(n_index_posts), {}
    model = learn_views(viewings, observations, liftable, n_index_posts, rng, progress)
    rows = _rows(model, rng)
    progress(4, 4)
    curves = {platform: curve.gains for platform, curve in model.on_scale.growth.items()}
    return ViewsForecast(rows, model.on_scale.effects.table(), curves, model.lift), model.learned.metrics


def _nothing(n_index_posts: int) -> ViewsForecast:
    return ViewsForecast(
        pl.DataFrame(schema=ROWS), pl.DataFrame(schema=MONTH_SCHEMA), {}, TopicLift.none(n_index_posts)
    )


def _lift(posts: Liftable, n_index_posts: int, rng: np.random.Generator, n_viewings: int) -> tuple[TopicLift, Doubles]:
    """The lift, and (n_posts,) what it says of each viewing; nothing for posts that are not in the index."""
    lift, said = fit_lift(posts, n_index_posts, rng)
    lifted = np.zeros(n_viewings)
    lifted[posts.viewing_rows] = said
    return lift, lifted


def _samples(known: Rows, days: Doubles, rng: np.random.Generator) -> Rows:
    """At most `_MOST_SAMPLES` of the posts, oldest first."""
    drawn = rng.choice(known, _MOST_SAMPLES, replace=False) if len(known) > _MOST_SAMPLES else known
    ordered: Rows = drawn[np.argsort(days[drawn], kind="stable")]
    return ordered


@dataclass(frozen=True, slots=True)
class Learned:
    """Models of the three points, their corrections, and figures on the latest posts.

    Attributes:
        models: by level, `_BAGS` models each; empty when there was too little to learn from.
        plain: (3,) distances from the level that hold for everybody, used when there are no models.
        corrections: by `HORIZONS`, (n_tiers, 2) what to add to the lower and the upper point.
        metrics: pinball losses and coverage on the latest posts.
        lift_helps: whether the median was nearer with the topic's lift.
    """

    models: tuple[tuple[HistGradientBoostingRegressor, ...], ...]
    plain: Doubles
    corrections: Mapping[str, Doubles]
    metrics: dict[str, float]
    lift_helps: bool

    def points(self, before: History, horizon: str) -> Doubles:
        """(n, 3) distances from the level at `LEVELS`, corrected so that intervals hold what they say at a horizon."""
        points = _predicted(self.models, self.plain, before)
        tiers = np.digitize(before.counts, _TIERS)
        points[:, 0] += self.corrections[horizon][tiers, 0]
        points[:, 2] += self.corrections[horizon][tiers, 1]
        return np.sort(points, axis=1)


def _predicted(
    models: tuple[tuple[HistGradientBoostingRegressor, ...], ...], plain: Doubles, before: History
) -> Doubles:
    if not models or not len(before.level):
        return np.tile(plain, (len(before.level), 1))
    features = before.features()
    with _one_thread():
        return np.stack([np.mean([model.predict(features) for model in bag], axis=0) for bag in models], axis=1)


def _known_before(viewings: Viewings, on_scale: Comparable, samples: Rows, late: npt.NDArray[np.bool_]) -> History:
    """For the latest of the samples, what was known before all of them: a bundle serves for weeks, not for one post."""
    presences = viewings.presence[samples[late]]
    moment = float(viewings.days[samples[~late]].max(initial=viewings.days.min()))
    known = np.bincount(viewings.presence[viewings.days <= moment], minlength=viewings.n_presences)
    stop = np.searchsorted(viewings.presence, presences) + known[presences]
    return history(
        on_scale.values, viewings, presences, stop, np.full(len(presences), moment), on_scale.peers[presences]
    )


def _learn(
    before: History,
    away: Doubles,
    lifted: Doubles,
    late: npt.NDArray[np.bool_],
    ahead: History,
    away_ahead: Doubles,
) -> Learned:
    """Learn on the earlier posts, check and correct on the latest, then learn on all.

    Args:
        before: (n,) what was known just before each post.
        away: (n,) how far each post was from the level then.
        lifted: (n,) what its topic says of it.
        late: (n,) the latest posts.
        ahead: (n_late,) what was known of the latest posts' presences before all of these.
        away_ahead: (n_late,) how far they were from the level of that day.
    """
    plain = _plain(away)
    if len(away) < _LEAST_SAMPLES or late.sum() < _LEAST_LATE:
        return Learned((), plain, dict.fromkeys(HORIZONS, np.zeros((len(_TIERS) + 1, 2))), {}, lift_helps=False)
    early = ~late
    tried = {helps: _models(before, away - helps * lifted, early) for helps in (0.0, 1.0)}
    found = {helps: _predicted(models, plain, before.of_rows(late)) for helps, models in tried.items()}
    losses = {helps: pinball(away[late] - helps * lifted[late], points) for helps, points in found.items()}
    helps = 1.0 if _better(losses[1.0], losses[0.0]) else 0.0
    points, aims = found[helps], away[late] - helps * lifted[late]
    far = _predicted(tried[helps], plain, ahead)
    corrections = {
        NEXT_POST: _corrections(points, aims, np.digitize(before.counts[late], _TIERS)),
        WEEKS_AHEAD: _corrections(far, away_ahead - helps * lifted[late], np.digitize(ahead.counts, _TIERS)),
    }
    models = _models(before, away - helps * lifted, np.ones(len(away), dtype=bool))
    metrics = _metrics(before.of_rows(late), away[late], losses, points, aims)
    return Learned(models, plain, corrections, metrics, lift_helps=bool(helps))


def _plain(away: Doubles) -> Doubles:
    """(3,) quantiles of the distances; a few posts say little of how far one can be, so the usual ones are drawn in."""
    own = np.quantile(away, LEVELS) if len(away) else np.zeros(len(LEVELS))
    plain: Doubles = (len(away) * own + _USUAL_POSTS * np.array(_USUAL)) / (len(away) + _USUAL_POSTS)
    return plain


def _latest(days: Doubles) -> npt.NDArray[np.bool_]:
    """(n,) the latest posts; none where so many are of the last moment that nothing comes after the rest."""
    if not len(days):
        return np.zeros(0, dtype=bool)
    late: npt.NDArray[np.bool_] = days > np.quantile(days, 1.0 - _LATEST)
    return late


def _models(
    before: History, aims: Doubles, chosen: npt.NDArray[np.bool_]
) -> tuple[tuple[HistGradientBoostingRegressor, ...], ...]:
    features, found = before.of_rows(chosen).features(), aims[chosen]
    features[:, np.isnan(features).all(axis=0)] = 0.0  # nobody's likes are known: trees refuse a column of nothing
    with _one_thread():
        return tuple(tuple(_trees(level, bag).fit(features, found) for bag in range(_BAGS)) for level in LEVELS)


def _one_thread() -> threadpool_limits:
    """So small a tree only waits for other threads."""
    return threadpool_limits(limits=1, user_api="openmp")


def _trees(level: float, bag: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(loss="quantile", quantile=level, random_state=bag, **_TREES)


def _better(losses: Doubles, others: Doubles) -> bool:
    """Whether the first losses are lower beyond doubt: by two standard errors of the paired difference."""
    gain = (others - losses).sum(axis=1)
    return bool(gain.mean() > 2.0 * gain.std() / np.sqrt(len(gain)))


def _corrections(points: Doubles, aims: Doubles, tiers: Rows) -> Doubles:
    """(n_tiers, 2) what brings a tenth of the latest posts below the lower and above the upper point.

    Conformalised quantile regression, each side apart: Y. Romano, E. Patterson and E. Candès, 2019.
    """
    below, above = aims - points[:, 0], aims - points[:, 2]
    corrections = np.empty((len(_TIERS) + 1, 2))
    for tier in range(len(_TIERS) + 1):
        own = tiers == tier
        own = own if own.sum() >= _LEAST_CHECKED else np.ones(len(tiers), dtype=bool)
        corrections[tier] = np.quantile(below[own], LEVELS[0]), np.quantile(above[own], LEVELS[2])
    return corrections


def _metrics(
    late: History, away: Doubles, losses: dict[float, Doubles], points: Doubles, aims: Doubles
) -> dict[str, float]:
    """Losses beside those of the creator's own last posts; before correction, so that nothing is checked on itself."""
    enough = late.counts > 0
    inside = {"views: interval 80 holds uncorrected": float(((aims >= points[:, 0]) & (aims <= points[:, 2])).mean())}
    if not enough.any():
        return inside
    last = row_quantiles(late.posts[:, -RECENT:] - late.level[:, None], LEVELS)
    found = {"forecast": losses[0.0], "with topic": losses[1.0], "own last 20": pinball(away, last)}
    figures = {
        f"views: pinball {name} {round(100 * level)}": float(loss)
        for name, each in found.items()
        for level, loss in zip(LEVELS, each[enough].mean(axis=0), strict=True)
    }
    return figures | inside


def _rows(model: ViewsModel, rng: np.random.Generator) -> pl.DataFrame:
    """The next post of every presence in every format that it has used."""
    viewings, now = model.viewings, float(model.viewings.days.max())
    before = at_the_end(viewings, model.on_scale)
    presences, formats = np.nonzero(model.format_posts)
    points = model.points(before.of_rows(presences), presences, formats, WEEKS_AHEAD)
    last = np.searchsorted(viewings.presence, presences, side="right") - 1
    names = [*FORMAT_CODES]
    told = {
        "creator": viewings.presences["creator"].gather(presences),
        "platform": viewings.presences["platform"].gather(presences),
        "format": pl.Series([names[form] for form in formats.tolist()], dtype=pl.String),
        **{name: points[:, column] for column, name in enumerate(("p10", "p50", "p90"))},
        "level_error": _level_errors(before, rng)[presences],
        "posts": before.counts[presences],
        "format_posts": model.format_posts[presences, formats],
        "last_days": now - viewings.days[last],
    }
    return pl.DataFrame(told, schema=ROWS).sort("creator", "platform", "format", nulls_last=True)


def _own_formats(viewings: Viewings, away: Doubles) -> tuple[Doubles, Rows]:
    """(n_presences, n_formats) each creator's own way with a format, drawn to none, and the posts behind it.

    By `away` (n_posts,), from the level at the time: a format of the days when the creator was small is no weak one.
    """
    n_formats = len(FORMAT_CODES)
    cell = viewings.presence * n_formats + viewings.formats
    shape = (viewings.n_presences, n_formats)
    posts = np.bincount(cell, minlength=viewings.n_presences * n_formats)
    kept = np.isfinite(away)
    counted = np.bincount(cell[kept], minlength=len(posts))
    own = np.bincount(cell[kept], weights=away[kept], minlength=len(posts)) / (counted + _FORMAT_POSTS)
    own = own.reshape(shape)
    mean = (own * posts.reshape(shape)).sum(axis=1) / np.maximum(posts.reshape(shape).sum(axis=1), 1)
    return own - mean[:, None], posts.reshape(shape).astype(np.int64)


def _level_errors(before: History, rng: np.random.Generator) -> Doubles:
    """(n,) standard error of each level: the posts behind it drawn again and again (B. Efron, 1979)."""
    last = before.posts[:, -RECENT:]
    known = np.isfinite(last)
    counts = known.sum(axis=1)
    values = np.where(known, last, 0.0)
    drawn = np.empty((_REPLICATES, len(last)))
    for replicate in range(_REPLICATES):
        times = rng.poisson(1.0, last.shape) * known
        drawn[replicate] = (times * values).sum(axis=1) / np.maximum(times.sum(axis=1), 1)
        drawn[replicate, times.sum(axis=1) == 0] = np.nan
    spread = np.nan_to_num(row_spreads(drawn.T))
    few = float(np.median(spread[counts >= RECENT]) * np.sqrt(RECENT)) if (counts >= RECENT).any() else 1.0
    pooled = few / np.sqrt(np.maximum(counts, 1))  # a handful of posts says little of its own spread
    share = counts / (counts + RECENT / 2)
    errors: Doubles = np.sqrt(share * spread**2 + (1 - share) * pooled**2)
    return errors
