"""A backtest of the views forecast: learned from the posts before a day, held against the posts after it.

Nothing is fitted on a later post: not the growth of views, the effects of formats and months, the encoder, the topic
lift, nor the trees. Each later post is forecast twice: from all that was known just before it (`rolling`, the next
post), and from what was known on that day (`fixed`, what a bundle of that day says). Beside it stands what staff would
do without a model: the 10, 50 and 90 % points of the creator's own last twenty posts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.catalogue import Catalogue
from features.documents import post_texts
from features.text import TokenBatch
from features.views import RECENT, History, Viewings, history, row_quantiles
from models.bundle import Contents
from models.forecast import LEVELS
from training.lift_fit import Liftable, lift_of, liftable
from training.static_training import select
from training.tables import Tables, read_tables
from training.viewing import Seen
from training.views_fit import NEXT_POST, WEEKS_AHEAD, Progress, ViewsModel, learn_views

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

WITH_TOPIC: Final = "forecast"
WITHOUT_TOPIC: Final = "forecast without topic"
OWN_POSTS: Final = "own last 20 posts"
LEAST_EARLIER: Final = 3  # posts with known views before: fewer have no quantiles to compare with
_DAY_S: Final = 86_400
_TO_LOG10: Final = 1.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Forecasts of later posts beside what came, in log10 of views + 1, views brought to their ninetieth day.

    Attributes:
        actual: (n,) what came.
        points: (n, 3) 10, 50 and 90 % points by method.
        creators: (n,) creator rows.
        followers: (n,) of the account, nan where not known.
    """

    actual: Doubles
    points: Mapping[str, Doubles]
    creators: Rows
    followers: Doubles


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts of the posts from a moment on, and whether the topic's lift was found to help before it."""

    moment: datetime
    rolling: Forecasts
    fixed: Forecasts
    lift_used: bool


@dataclass(frozen=True, slots=True)
class _Texts:
    """Posts of the index and, after them, the later ones: as words and as vectors of the past encoder."""

    posts: pl.DataFrame
    words: TokenBatch
    vectors: npt.NDArray[np.float32]
    n_index: int

    def liftable(self, viewings: Viewings, away: Doubles, first: int) -> Liftable:
        """The viewings whose post is among the first ones."""
        rows = np.arange(first)
        return liftable(viewings, away, self.posts[:first], select(self.words, rows), self.vectors[:first])


def backtest(
    whole: Catalogue,
    past: Catalogue,
    contents: Contents,
    moment: datetime,
    rng: np.random.Generator,
    progress: Progress,
) -> Backtest | None:
    """Learn from the past, and hold it against what came; None where no views are known before or after.

    Args:
        whole: all that is known.
        past: what was known before the moment, see `data.catalogue.copy_until`.
        contents: of a bundle trained on the past; its encoder and index are used.
        moment: posts published from then on are forecast.
        rng: for the draws of learning.
        progress: called with (done, in all).
    """
    tables = read_tables(past)
    seen = Seen.read(whole, tables)
    viewings = seen.viewings
    first = viewings.days < moment.timestamp() / _DAY_S
    early, later = np.flatnonzero(first), np.flatnonzero(~first)
    if not len(early) or not len(later):
        return None
    texts, earlier = _read(whole, tables, contents, moment), Seen(viewings.of_posts(early), seen.observations)
    progress(0, 3)
    models = {WITH_TOPIC: _learned(earlier, texts, texts.n_index, rng)}
    progress(1, 3)
    models[WITHOUT_TOPIC] = _learned(earlier, texts, 0, rng)
    progress(2, 3)
    told = _Told(models, texts, viewings, later)
    last = np.full(len(viewings.days), earlier.viewings.days.max())
    rolling = told.forecasts(later, viewings.days, NEXT_POST)
    fixed = told.forecasts(np.empty(0, dtype=np.int64), last, WEEKS_AHEAD)
    progress(3, 3)
    return Backtest(moment, rolling, fixed, models[WITH_TOPIC].lift.used)


def _learned(earlier: Seen, texts: _Texts, telling: int, rng: np.random.Generator) -> ViewsModel:
    """What the earlier posts teach, their topics by the texts of the first `telling` of them."""
    viewings = earlier.viewings
    return learn_views(
        viewings,
        earlier.observations,
        lambda away: texts.liftable(viewings, away, telling),
        texts.n_index,
        rng,
        lambda *_: None,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """Models of the past, and the later posts that they are asked about."""

    models: Mapping[str, ViewsModel]
    texts: _Texts
    viewings: Viewings
    later: Rows

    def forecasts(self, known: Rows, moments: Doubles, horizon: str) -> Forecasts:
        """Forecasts of all later posts with enough posts before them.

        Args:
            known: later posts that are known when one after them is forecast.
            moments: (n_posts,) when each would be forecast, in days since 1970.
            horizon: of `training.views_fit.HORIZONS`.
        """
        hidden = np.setdiff1d(self.later, known, assume_unique=True)
        settled = _settled(self.models[WITH_TOPIC], self.viewings)
        before = self._before(WITH_TOPIC, _without(settled, hidden), self.later, moments)
        enough = np.isfinite(settled[self.later]) & (before.counts >= LEAST_EARLIER)
        asked = self.later[enough]
        points = {name: self._points(name, asked, hidden, moments, horizon) for name in self.models}
        points[OWN_POSTS] = row_quantiles(before.posts[enough, -RECENT:], LEVELS)
        presences = self.viewings.presence[asked]
        followers = self.viewings.presences["followers"].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return Forecasts(
            actual=settled[asked] * _TO_LOG10,
            points={name: found * _TO_LOG10 for name, found in points.items()},
            creators=self.viewings.presences["creator"].to_numpy()[presences],
            followers=followers[presences],
        )

    def _before(self, name: str, values: Doubles, asked: Rows, moments: Doubles) -> History:
        presences, peers = self.viewings.presence[asked], self.models[name].on_scale.peers
        return history(values, self.viewings, presences, asked, moments[asked], peers[presences])

    def _points(self, name: str, asked: Rows, hidden: Rows, moments: Doubles, horizon: str) -> Doubles:
        model, viewings = self.models[name], self.viewings
        values = _without(model.on_scale.of(viewings), hidden)
        before = self._before(name, values, asked, moments)
        points = model.points(before, viewings.presence[asked], viewings.formats[asked], horizon)
        return points + self._lift(name, values, asked)[:, None] if model.lift.used else points

    def _lift(self, name: str, values: Doubles, asked: Rows) -> Doubles:
        """(n,) lift of each post's own text; nothing for a post without one."""
        everything = np.arange(len(values))
        away = values - self._before(name, values, everything, self.viewings.days).level
        posts = self.texts.liftable(self.viewings, away, self.texts.posts.height)
        place = np.full(len(values), -1)
        place[posts.viewing_rows] = np.arange(len(posts.viewing_rows))
        rows = place[asked]
        lift = np.zeros(len(asked))
        lift[rows >= 0] = lift_of(self.models[name].lift, posts, rows[rows >= 0])
        return lift


def _settled(model: ViewsModel, viewings: Viewings) -> Doubles:
    """(n_posts,) log views on the ninetieth day, nan for posts read too early."""
    return model.on_scale.of(viewings) + model.on_scale.effects.of(viewings)


def _without(values: Doubles, hidden: Rows) -> Doubles:
    kept = values.copy()
    kept[hidden] = np.nan
    return kept


def _read(whole: Catalogue, tables: Tables, contents: Contents, moment: datetime) -> _Texts:
    later = whole.table("posts").filter(pl.col("published_at") >= moment)
    written = post_texts(later, later["transcript"].to_list())
    words = contents.index.tokeniser.batch([*post_texts(tables.posts, tables.transcripts), *written])
    n_index = tables.posts.height
    known = contents.index.vectors.vectors(np.arange(n_index))
    return _Texts(
        posts=pl.concat([tables.posts.select("post_id"), later.select("post_id")]),
        words=words,
        vectors=np.vstack([known, contents.encoder.encode_posts(written)]),
        n_index=n_index,
    )
