"""What audience to expect of a creator on a platform, learned from those whose audience was reported.

Log ratios of the age buckets, and log odds of city and country, are a ridge regression on platform, kind, field, home,
followers and what the creator writes; what a creator's other platforms reported moves the expectation further. Every
expectation comes from creators other than one's own, so its errors are those that the next creator would meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtri

from features.audience import one_asked

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_FOLDS: Final = 10
_PENALTIES: Final = (2.0, 8.0, 32.0)  # ridge penalties tried, in presences
_TEXT_WEIGHTS: Final = (0.0, 1.0, 3.0)  # how much a creator's texts count beside the rest; 0 leaves them out
_TEXT_AXES: Final = 64  # principal axes of the texts: a model of a few hundred reports has no use for more
_LEAST_OF_A_KIND: Final = 5  # presences that share a value before it may have an effect of its own
_HALF_WEIGHT: Final = 60.0  # people: a report worth so many counts half of one that is worth very many
_LEAST_GROUP: Final = 40  # errors that make a quantile of their own; fewer share one with everybody
_EIGHTY: Final = float(ndtri(0.9))  # 80 % of errors lie within so many standard deviations
_SIZES: Final = (1.0, 10_000.0)  # what an expectation can be worth, in people
_EDGE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Told:
    """What reports say of some presences, in numbers that a straight line can predict.

    Attributes:
        rows: (m,) rows of presences.
        values: (m, k) log ratios or log odds.
        sizes: (m,) what the reports are worth, in people.
    """

    rows: Rows
    values: Doubles
    sizes: Doubles


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected values (n, k) of all presences, and which of them rest on the creator's other platforms too (n,)."""

    values: Doubles
    elsewhere: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Described:
    """Presences in numbers.

    Attributes:
        creators: (n,) creator rows.
        facts: (n, p) what is known of them, the first column all ones.
        texts: (n, d) what their creators write, about the mean; d = 0 without vectors.
    """

    creators: Rows
    facts: Doubles
    texts: Doubles


def describe(frame: pl.DataFrame, vectors: Vectors | None) -> Described:
    """Presences (creator, platform, kind, category, home_province, followers) in numbers; the missing says nothing."""
    creators = frame["creator"].to_numpy()
    columns = [np.ones(len(frame))]
    for name in ("platform", "kind", "category", "home_province"):
        usual = frame[name].drop_nulls().value_counts().filter(pl.col("count") >= _LEAST_OF_A_KIND)[name].sort()
        columns += [(frame[name] == value).fill_null(value=False).to_numpy().astype(np.float64) for value in usual]
    followers = frame["followers"].cast(pl.Float64).log1p()
    spread = followers.std()
    if isinstance(spread, float) and spread > 0:
        columns.append(((followers - followers.mean()) / spread).fill_null(0.0).to_numpy())
    texts = np.empty((len(frame), 0)) if vectors is None else _main_axes(vectors.astype(np.float64))[creators]
    return Described(creators, np.stack(columns, axis=1), texts)


def _main_axes(vectors: Doubles) -> Doubles:
    """Vectors about their mean on the axes along which they differ most; an audience leans by what is broad in them."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)  # the strongest come last
    turned: Doubles = centred @ axes[:, -_TEXT_AXES:]
    return turned


def expect(described: Described, told: Told, rng: np.random.Generator) -> Expectation:
    """Expect the values of every presence from reports of other creators, and of its creator's other platforms."""
    creators, texts = described.creators, described.texts
    folds = rng.permutation(np.arange(creators.max() + 1) % _FOLDS)[creators]
    weights = told.sizes / (told.sizes + _HALF_WEIGHT)
    tried: list[Doubles] = []
    for text_weight in _TEXT_WEIGHTS if texts.shape[1] else _TEXT_WEIGHTS[:1]:
        facts = np.hstack((described.facts, text_weight * texts)) if text_weight else described.facts
        tried += _from_others(facts, folds, told, weights)
    errors = [float((weights[:, None] * (told.values - values[told.rows]) ** 2).sum()) for values in tried]
    return _with_own(tried[int(np.argmin(errors))], creators, told)


def _from_others(facts: Doubles, folds: Rows, told: Told, weights: Doubles) -> list[Doubles]:
    """For each penalty (n, k) values by ridge regressions, each fitted without the fold it predicts."""
    asked, weighted = facts[told.rows], facts[told.rows] * weights[:, None]
    gram, product = asked.T @ weighted, weighted.T @ told.values
    ridge = np.diag(np.append(_EDGE, np.ones(facts.shape[1] - 1)))  # the constant is free
    values = [np.empty((len(facts), told.values.shape[1])) for _ in _PENALTIES]
    for fold in range(_FOLDS):
        out, away = folds == fold, folds[told.rows] == fold
        left, right = gram - asked[away].T @ weighted[away], product - weighted[away].T @ told.values[away]
        for found, penalty in zip(values, _PENALTIES, strict=True):
            found[out] = facts[out] @ np.linalg.solve(left + penalty * ridge, right)
    return values


def _with_own(values: Doubles, creators: Rows, told: Told) -> Expectation:
    """Move expectations by the errors made on the creator's other platforms, as far as creators' errors agree.

    The weight is that of a random intercept (C. R. Henderson, "Best linear unbiased estimation and prediction under a
    selection model", 1975): t / (t + (s - t) / k) for k other platforms, s the variance of an error and t what two
    errors of one creator share.
    """
    errors = told.values - values[told.rows]
    own, n = creators[told.rows], int(creators.max()) + 1
    count: Doubles = np.bincount(own, minlength=n).astype(np.float64)
    total = np.stack([np.bincount(own, column, minlength=n) for column in errors.T], axis=1)
    square = float((errors**2).sum()) / max(len(errors), 1)
    pairs = float((count * (count - 1)).sum())
    shared = max(float((total**2).sum() - (errors**2).sum()) / pairs, 0.0) if pairs else 0.0
    theirs: Doubles = np.zeros((len(values), values.shape[1] + 1))
    theirs[told.rows] = np.column_stack((np.ones(len(errors)), errors))
    others, sums = count[creators] - theirs[:, 0], total[creators] - theirs[:, 1:]
    k = np.maximum(others, 1.0)
    weight = shared / (shared + (square - shared) / k) if shared > 0 else np.zeros_like(k)
    return Expectation(values + np.where(others > 0, weight / k, 0.0)[:, None] * sums, others > 0)


def worth(expected: Doubles, told: Doubles, sizes: Doubles, elsewhere: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """What expectations are worth, in people asked: alone, and with the creator's other platforms.

    Such that 80 % of the shares that were reported, (m,) `told` worth `sizes`, lie in the 80 % interval about those
    expected: the interval is conformal (H. Papadopoulos et al., "Inductive confidence machines for regression", 2002).
    """
    groups = [~elsewhere, elsewhere]
    groups = [group if group.sum() >= _LEAST_GROUP else np.ones_like(group) for group in groups]
    alone, more = (_worth(expected[group], told[group], sizes[group]) for group in groups)
    return alone, more


def _worth(expected: Doubles, told: Doubles, sizes: Doubles) -> float:
    errors = np.abs(_log_odds(told) - _log_odds(expected))
    unit = 1.0 / one_asked(expected)  # variance of log odds when one person is asked

    def beyond(log_size: float) -> float:
        sd = np.sqrt(unit * (1.0 / (np.exp(log_size) + 1.0) + 1.0 / sizes))
        return float(np.quantile(errors / sd, 0.8)) - _EIGHTY

    low, high = np.log(_SIZES)
    if beyond(low) > 0:
        return _SIZES[0]
    return float(np.exp(brentq(beyond, low, high))) if beyond(high) > 0 else _SIZES[1]


def _log_odds(shares: Doubles) -> Doubles:
    odds: Doubles = logit(np.clip(shares, _EDGE, 1.0 - _EDGE))
    return odds


def log_ratios(shares: Doubles, sizes: Doubles) -> Doubles:
    """(m, 5) centred log ratios of bucket shares, none of them zero: as if one more person had been in every bucket."""
    counts = shares * sizes[:, None] + 1.0
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    centred: Doubles = logs - logs.mean(axis=1, keepdims=True)
    return centred


def from_log_ratios(values: Doubles) -> Doubles:
    """(n, 5) shares from log ratios."""
    weights = np.exp(values - values.max(axis=1, keepdims=True))
    shares: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return shares


def log_odds(shares: Doubles, sizes: Doubles) -> Doubles:
    """(m, 1) log odds of (m, 1) shares, as if one more person had said yes and one no."""
    odds: Doubles = logit((shares * sizes[:, None] + 1.0) / (sizes[:, None] + 2.0))
    return odds


def from_log_odds(values: Doubles) -> Doubles:
    """(n, 1) shares from log odds."""
    shares: Doubles = expit(values)
    return shares
