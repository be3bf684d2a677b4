"""Measures of forecasts on cases whose answers are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reach import TENTH
from training.forecast_measures import NOMINAL, calibration, inside, pinball, rank_correlation, ratio_of_means

POINTS = np.array([[1.0, 2.0, 3.0]])


def test_a_point_too_high_or_too_low_costs_what_its_level_says() -> None:
    np.testing.assert_allclose(pinball(np.array([2.0]), POINTS), [[0.1, 0.0, 0.1]])
    np.testing.assert_allclose(pinball(np.array([4.0]), POINTS), [[0.3, 1.0, 0.9]])


@given(st.integers(0, 2))
def test_the_right_quantile_costs_least(column: int) -> None:
    drawn = np.random.default_rng(0).normal(size=4_000)
    right = np.quantile(drawn, (0.1, 0.5, 0.9))
    for moved in (-0.2, 0.2):
        wrong = pinball(drawn, np.tile(right + moved, (len(drawn), 1))).mean(axis=0)
        assert wrong[column] > pinball(drawn, np.tile(right, (len(drawn), 1))).mean(axis=0)[column]


def test_an_interval_holds_its_own_ends() -> None:
    aims = np.array([0.9, 1.0, 2.0, 3.0, 3.1])
    assert inside(aims, np.repeat(POINTS, 5, axis=0)).tolist() == [False, True, True, True, False]


def test_what_was_drawn_as_said_is_calibrated_and_what_was_said_too_narrow_is_not() -> None:
    rng = np.random.default_rng(3)
    n, low, high = 60_000, 0.5, 1.5
    below = rng.random(n) < 0.5
    drawn = np.abs(rng.normal(size=n)) * np.where(below, -low, high) / TENTH
    np.testing.assert_allclose(calibration(drawn, np.tile([-low, 0.0, high], (n, 1))), NOMINAL, atol=0.01)
    narrow = calibration(drawn, np.tile([-low / 2, 0.0, high / 2], (n, 1)))
    assert narrow[NOMINAL.index(0.1)] > 0.2
    assert narrow[NOMINAL.index(0.9)] < 0.8


def test_the_points_themselves_are_reached() -> None:
    found = calibration(np.array([1.0]), POINTS)
    assert dict(zip(NOMINAL, found.tolist(), strict=True)) == {level: float(level >= 0.1) for level in NOMINAL}


def test_order_is_all_that_a_rank_correlation_sees() -> None:
    aims = np.array([1.0, 5.0, 2.0, 9.0])
    assert rank_correlation(aims, np.exp(aims)) == pytest.approx(1.0)
    assert rank_correlation(aims, -aims) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(aims, np.zeros(4)))


def test_a_ratio_is_of_means_and_its_interval_is_of_groups() -> None:
    losses, others = np.array([1.0, 1.0, 4.0, 4.0]), np.array([2.0, 2.0, 4.0, 4.0])
    found = ratio_of_means(losses, others, np.array([7, 7, 9, 9]), np.random.default_rng(0))
    assert found.mean == pytest.approx(10 / 12)
    assert (found.low, found.high) == (0.5, 1.0)  # only one of the two creators is drawn, or the other


def test_one_creator_alone_leaves_no_doubt_however_many_posts() -> None:
    rng = np.random.default_rng(0)
    losses, others = rng.random(50), rng.random(50)
    found = ratio_of_means(losses, others, np.zeros(50, dtype=np.int64), rng)
    assert found.low == pytest.approx(found.mean) == found.high
