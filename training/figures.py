"""Figures of a backtest and of captured reach, each with the interval that chance leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models.shortlist import ORDERS
from training.backtest import OWN_POSTS, Forecasts
from training.capture import TOP, Captured
from training.forecast_measures import NOMINAL, calibration, inside, pinball, rank_correlation, ratio_of_means
from training.measures import Interval, paired_bootstrap

# Followers from which a tier begins (excluded above): what agencies call nano, micro, macro and mega.
TIERS: Final = {"<10k": (0, 10_000), "<100k": (10_000, 100_000), "<1M": (100_000, 1_000_000), ">=1M": (1_000_000, None)}
UNKNOWN_TIER: Final = "?"


@dataclass(frozen=True, slots=True)
class Tier:
    """How often 80 % intervals held in a tier of followers, of how many posts."""

    name: str
    posts: int
    coverage: float


@dataclass(frozen=True, slots=True)
class MethodFigures:
    """One way of forecasting.

    Attributes:
        name: see `training.backtest`.
        losses: mean pinball loss at 10, 50 and 90 %, in log10 views.
        ratios: the same over those of the creator's own last posts, with 95 % intervals (creators resampled).
        coverage: how often the 80 % interval holds what came.
        tiers: the same by tier of followers; those without a post are left out.
        rho: Spearman's correlation of medians with what came; None where one of them does not vary.
        calibration: share of posts at or below each of `nominal`.
    """

    name: str
    losses: tuple[float, ...]
    ratios: tuple[Interval, ...]
    coverage: float
    tiers: tuple[Tier, ...]
    rho: float | None
    calibration: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ForecastFigures:
    """All ways of forecasting the same posts; the first is the product's own."""

    posts: int
    creators: int
    nominal: tuple[float, ...]
    methods: tuple[MethodFigures, ...]


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """What the first of an order capture on average, and how much less that is than by impact (95 % interval)."""

    name: str
    mean: float
    behind: Interval


@dataclass(frozen=True, slots=True)
class CaptureFigures:
    """All orders on the same questions; the first is the product's own."""

    asked: int
    top: int
    orders: tuple[OrderFigures, ...]


def forecast_figures(forecasts: Forecasts, rng: np.random.Generator) -> ForecastFigures | None:
    """Measure every method; None without a post."""
    if not len(forecasts.actual):
        return None
    return ForecastFigures(
        posts=len(forecasts.actual),
        creators=len(np.unique(forecasts.creators)),
        nominal=NOMINAL,
        methods=tuple(_method(name, forecasts, rng) for name in forecasts.points),
    )


def _method(name: str, forecasts: Forecasts, rng: np.random.Generator) -> MethodFigures:
    points, actual = forecasts.points[name], forecasts.actual
    losses, usual = pinball(actual, points), pinball(actual, forecasts.points[OWN_POSTS])
    rho = rank_correlation(actual, points[:, 1])
    return MethodFigures(
        name=name,
        losses=tuple(losses.mean(axis=0).tolist()),
        ratios=tuple(
            ratio_of_means(own, other, forecasts.creators, rng) for own, other in zip(losses.T, usual.T, strict=True)
        ),
        coverage=float(inside(actual, points).mean()),
        tiers=tuple(_tiers(forecasts, inside(actual, points))),
        rho=None if np.isnan(rho) else rho,
        calibration=tuple(calibration(actual, points).tolist()),
    )


def _tiers(forecasts: Forecasts, held: npt.NDArray[np.bool_]) -> list[Tier]:
    followers = forecasts.followers
    members = {
        name: (followers >= low) & (followers < (np.inf if high is None else high))
        for name, (low, high) in TIERS.items()
    }
    members[UNKNOWN_TIER] = np.isnan(followers)
    return [Tier(name, int(own.sum()), float(held[own].mean())) for name, own in members.items() if own.any()]


def capture_figures(captured: Captured, rng: np.random.Generator) -> CaptureFigures:
    """Compare every order with the one by impact, the same questions drawn for both."""
    ours = captured.shares[ORDERS[0]]
    return CaptureFigures(
        asked=captured.asked,
        top=TOP,
        orders=tuple(
            OrderFigures(name, float(values.mean()), paired_bootstrap(ours, values, rng))
            for name, values in captured.shares.items()
        ),
    )
