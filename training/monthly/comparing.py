"""Champion and candidate asked the same about posts that neither has seen: whose is it, who joins, how many views?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.catalogue import Catalogue
from features.documents import caption_texts, tag_lists
from features.views import LEAST_SEEN_DAYS, Growth
from kolmatch.settings import GateSettings, MatcherSettings
from models.brief import YOUTH_AGES, Brief
from models.bundle import Contents, load_bundle
from models.matcher import Matcher
from models.reach import Target
from training.forecast_measures import inside, pinball, ratio_of_means
from training.held_out import LEAST_KNOWN_POSTS, Question, who_joined, whose_post
from training.measures import Interval, ndcg, paired_bootstrap, reciprocal_rank
from training.monthly.gate import Pair, Paired

Doubles = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

_CUTOFF: Final = 10
_EVERYBODY: Final = 10**9
_DAY_S: Final = 86_400
_TO_LOG10: Final = 1.0 / np.log(10.0)
_MEASURES: Final = {"post": "post MRR", "tag": f"tag nDCG@{_CUTOFF}", "topic": f"topic nDCG@{_CUTOFF}"}


@dataclass(frozen=True, slots=True)
class Model:
    """A bundle in memory."""

    folder: Path
    contents: Contents
    matcher: Matcher

    @classmethod
    def load(cls, folder: Path, settings: MatcherSettings, gone: tuple[str, ...]) -> Model:
        """Read a bundle; those of `gone` are not known to it.

        Raises:
            BundleError: it is missing, damaged, or of another format.
        """
        manifest, contents = load_bundle(folder, gone)
        return cls(folder, contents, Matcher(manifest, contents, settings))

    def megabytes(self) -> float:
        """Size of the bundle's files, in millions of bytes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()) / 1e6


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Posts from a moment on of creators who were known well enough before it, and those creators' ids."""

    posts: pl.DataFrame
    creators: tuple[str, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, moment: datetime) -> HeldOut:
        """Those of a catalogue; creators who may not be listed are left out."""
        posts = catalogue.table("posts")
        people = catalogue.table("creators")
        barred = people.filter(pl.col("opted_out").fill_null(value=False) | pl.col("is_minor").fill_null(value=False))
        early = posts.filter(pl.col("published_at") < moment).join(barred, on="creator_id", how="anti")
        counts = early.group_by("creator_id").len().filter(pl.col("len") >= LEAST_KNOWN_POSTS)
        late = posts.filter(pl.col("published_at") >= moment).join(counts, on="creator_id", how="semi")
        return cls(late.sort("published_at", "post_id"), tuple(sorted(counts["creator_id"].to_list())))


def ask_both(
    held_out: HeldOut, champion: Model, candidate: Model, most: int, rng: np.random.Generator, progress: Progress
) -> dict[str, Paired]:
    """Relevance of both models on the same questions, by measure; a creator whom a model does not know is not found."""
    questions = _questions(held_out, most, rng)
    values: dict[str, list[tuple[float, float]]] = {name: [] for name in _MEASURES}
    for done, question in enumerate(questions, start=1):
        pair = (_value(champion.matcher, question, held_out), _value(candidate.matcher, question, held_out))
        values[question.kind].append(pair)
        progress(done, len(questions))
    return {_MEASURES[kind]: paired(found, rng) for kind, found in values.items() if found}


def _questions(held_out: HeldOut, most: int, rng: np.random.Generator) -> list[Question]:
    number = {creator: row for row, creator in enumerate(held_out.creators)}
    owners = np.array([number[creator] for creator in held_out.posts["creator_id"]], dtype=np.int64)
    captions = caption_texts(held_out.posts)
    asked = whose_post(captions, owners, most, rng)
    return asked + who_joined(captions, tag_lists(held_out.posts), owners, most, rng)


def _value(matcher: Matcher, question: Question, held_out: HeldOut) -> float:
    ids = held_out.creators
    barred = {ids[row] for row in question.barred}
    (ranking,) = matcher.rank([Brief(question.text)], _EVERYBODY, by="fit")
    names = [creator for creator, _ in ranking if creator not in barred]
    grades = {ids[row]: 1.0 for row in question.right}
    return reciprocal_rank(names, grades) if question.kind == "post" else ndcg(names, grades, _CUTOFF)


def paired(values: Sequence[tuple[float, float]], rng: np.random.Generator) -> Paired:
    """Means of (champion, challenger) values, at least one pair, with the interval of their difference."""
    before, now = np.array(values, dtype=np.float64).T
    return Paired(len(values), float(before.mean()), float(now.mean()), paired_bootstrap(now, before, rng))


def forecast_both(
    held_out: HeldOut, champion: Model, candidate: Model, settings: GateSettings, rng: np.random.Generator
) -> tuple[Paired | None, Pair]:
    """Pinball loss (mean of three levels, log10 views) and coverage of 80 % intervals, on posts both can forecast.

    Views read early are brought to their ninetieth day by one curve for both, the champion's.
    """
    points = [_points(model.matcher) for model in (champion, candidate)]
    keys = _keys(held_out.posts)
    actual = _settled(held_out.posts, champion.contents.forecast.growth, candidate.contents.forecast.growth)
    rows = [row for row, key in enumerate(keys) if np.isfinite(actual[row]) and all(_known(key, own) for own in points)]
    if len(rows) < settings.least_questions:
        return None, Pair(None, None)
    aims = actual[rows] * _TO_LOG10
    before, now = (np.array([_known(keys[row], own) for row in rows]) * _TO_LOG10 for own in points)
    groups = held_out.posts["creator_id"].rank("dense").cast(pl.Int64).to_numpy()[rows]
    losses = [pinball(aims, found).mean(axis=1) for found in (before, now)]
    ratio = ratio_of_means(losses[1], losses[0], groups, rng)
    change = Interval(ratio.mean - 1.0, ratio.low - 1.0, ratio.high - 1.0)
    held = Pair(float(inside(aims, before).mean()), float(inside(aims, now).mean()))
    return Paired(len(rows), float(losses[0].mean()), float(losses[1].mean()), change), held


_Points = Mapping[tuple[str, str, str | None], tuple[float, ...]]


def _points(matcher: Matcher) -> _Points:
    """Log views by creator, platform and format; under no format, those of the format with most posts."""
    table = matcher.forecast(Target(YOUTH_AGES, ("vietnam",))).sort("posts", descending=True, maintain_order=True)
    told: dict[tuple[str, str, str | None], tuple[float, ...]] = {}
    for row in table.iter_rows(named=True):
        points = tuple(np.log1p(row["views"]).tolist())
        told[row["creator_id"], row["platform"], row["format"]] = points
        told.setdefault((row["creator_id"], row["platform"], None), points)
    return told


def _keys(posts: pl.DataFrame) -> list[tuple[str, str, str | None]]:
    return [(str(c), str(p), f) for c, p, f in posts.select("creator_id", "platform", "format").iter_rows()]


def _known(key: tuple[str, str, str | None], points: _Points) -> tuple[float, ...] | None:
    return points.get(key) or points.get((key[0], key[1], None))


def _settled(
    posts: pl.DataFrame, growth: Mapping[str, tuple[float, ...]], other: Mapping[str, tuple[float, ...]]
) -> Doubles:
    """(n_posts,) log of views + 1 on the ninetieth day; nan where views are not known or were read too early."""
    age = (pl.col("observed_at") - pl.col("published_at")).dt.total_seconds() / _DAY_S
    told = posts.select(views=(pl.col("views") + 1.0).log(), age=age.cast(pl.Float64))
    views, ages = (told[name].fill_null(np.nan).to_numpy().astype(np.float64) for name in ("views", "age"))
    settled = np.full(len(views), np.nan)
    for platform in posts["platform"].unique().to_list():
        gains: Any = growth.get(platform) or other.get(platform)
        own = (posts["platform"] == platform).to_numpy() & ~(ages < LEAST_SEEN_DAYS)
        if gains:
            settled[own] = views[own] - Growth(tuple(gains)).log_part(ages[own])
    return settled
