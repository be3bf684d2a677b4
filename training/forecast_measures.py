"""How good forecasts were, once it is known what came: losses, coverage, calibration, order."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import spearmanr

from models.forecast import LEVELS
from models.reach import TENTH
from training.measures import Interval

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NOMINAL: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # levels of a calibration curve


def pinball(aims: Doubles, points: Doubles) -> Doubles:
    """(n, 3) pinball loss of each point (R. Koenker and G. Bassett, "Regression quantiles", 1978)."""
    missed = aims[:, None] - points
    loss: Doubles = np.maximum(np.array(LEVELS) * missed, (np.array(LEVELS) - 1.0) * missed)
    return loss


def inside(aims: Doubles, points: Doubles) -> Mask:
    """(n,) whether the 80 % interval of each forecast holds what came."""
    held: Mask = (aims >= points[:, 0]) & (aims <= points[:, 2])
    return held


def calibration(aims: Doubles, points: Doubles) -> Doubles:
    """(len(NOMINAL),) share of what came that lies at or below each nominal quantile of its forecast.

    Between and beyond its three points a forecast is half a normal on each side of its median, see `models.reach`.
    """
    low, high = points[:, 1] - points[:, 0], points[:, 2] - points[:, 1]
    away = aims - points[:, 1]
    reached = ndtr(TENTH * away / np.maximum(np.where(away < 0, low, high), 1e-12))
    # The 10 % point itself counts as reached: rounding must not decide what the interval's own end is.
    return np.array([float((reached <= level + 1e-9).mean()) for level in NOMINAL])


def rank_correlation(aims: Doubles, medians: Doubles) -> float:
    """Spearman's rho of what came and the medians; nan when either does not vary."""
    if len(aims) < 2 or np.ptp(aims) == 0 or np.ptp(medians) == 0:
        return float("nan")
    return float(spearmanr(aims, medians).statistic)


def ratio_of_means(
    losses: Doubles, others: Doubles, groups: Rows, rng: np.random.Generator, n: int = 2000, level: float = 0.95
) -> Interval:
    """Mean loss over mean other loss, (n,) each, with its percentile interval over resamples of whole groups.

    Posts of one creator are alike, so creators are drawn, not posts (the cluster bootstrap: A. Davison and D. Hinkley,
    "Bootstrap methods and their application", 1997, section 3.8).
    """
    _, own = np.unique(groups, return_inverse=True)
    sums = np.stack([np.bincount(own, weights=values) for values in (losses, others)])
    drawn = rng.multinomial(sums.shape[1], np.full(sums.shape[1], 1.0 / sums.shape[1]), size=n)
    ratios = (drawn @ sums[0]) / (drawn @ sums[1])
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(losses.mean() / others.mean()), float(low), float(high))
