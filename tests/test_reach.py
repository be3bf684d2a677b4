"""Young viewers of one post: closed form against a sample, who is asked for, where, and who cannot be told apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import log_ndtr

from kolmatch.errors import BriefRefused
from models.reach import (
    FEW_POSTS,
    NO_VIEWS,
    NONE,
    OK,
    TENTH,
    Doubles,
    Estimates,
    ReachModel,
    Target,
    forecast_frame,
    tie_groups,
    two_piece_log_mean,
)
from tests.forecast_by_hand import model_of, row

YOUNG_IN_CITY = Target((16, 30), ("hcmc",))
spreads = st.floats(0.0, 2.5)


def estimate(model: ReachModel, target: Target = YOUNG_IN_CITY, lift: float = 0.0, error: float = 0.0) -> Estimates:
    every = np.ones(model.n_creators)
    return model.estimate(target, lift * every, error * every)


# --- views times share


def sampled(rng: np.random.Generator, low: float, middle: float, high: float, n: int = 400_000) -> Doubles:
    """A variable whose logarithm has these 10, 50 and 90 % points: half of a normal on each side of the middle."""
    z = rng.standard_normal(n)
    return middle + np.where(z < 0, z * (middle - low) / TENTH, z * (high - middle) / TENTH)


@pytest.mark.parametrize(("below", "above"), [(1.0, 1.0), (1.4, 0.9), (0.8, 1.3), (0.3, 0.3)])
def test_points_and_mean_are_those_of_a_sample(below: float, above: float) -> None:
    model = model_of([row(0, 9.0, p10=9.0 - below, p90=9.0 + above)], 1)
    found, rng = estimate(model, lift=0.2, error=0.3), np.random.default_rng(7)
    views = sampled(rng, *found.views[0].tolist()) + 0.3 * rng.standard_normal(400_000)
    reach = views + sampled(rng, *found.shares[0].tolist())
    assert_allclose(np.exp(found.reach[0]), np.exp(np.quantile(reach, (0.1, 0.5, 0.9))), rtol=0.06)
    assert math.exp(found.expected[0]) == pytest.approx(np.exp(reach).mean(), rel=0.06)


@given(spreads, spreads)
def test_the_mean_is_that_of_two_half_normals(low: float, high: float) -> None:
    exact = np.logaddexp(low**2 / 2 + log_ndtr(-low), high**2 / 2 + log_ndtr(high))
    assert two_piece_log_mean(np.array([low]), np.array([high]))[0] == pytest.approx(exact, abs=3e-6)


@given(spreads, spreads, st.floats(0.0, 1.0))
def test_more_above_the_middle_raises_the_mean_and_more_below_lowers_it(low: float, high: float, more: float) -> None:
    found = two_piece_log_mean(np.array([low, low, low + more]), np.array([high, high + more, high]))
    assert found[2] - 4e-6 <= found[0] <= found[1] + 4e-6
    of_log_normal = two_piece_log_mean(np.array([low]), np.array([low]))[0]
    assert of_log_normal == pytest.approx(low**2 / 2, abs=3e-6)


@given(st.floats(0.0, 20.0), spreads, spreads, st.floats(-1, 1), st.floats(0, 1))
def test_points_never_cross_and_the_mean_is_finite(
    middle: float, low: float, high: float, lift: float, error: float
) -> None:
    found = estimate(model_of([row(0, middle, p10=middle - low, p90=middle + high)], 1), lift=lift, error=error)
    assert (np.diff(found.reach[0]) >= 0).all()
    assert np.isfinite(found.reach).all()
    assert np.isfinite(found.expected).all()
    assert (found.reach <= found.views + 1e-9).all()  # nobody reaches more of the young than there are viewers


def test_a_topics_lift_multiplies_views_and_its_doubt_widens_the_interval() -> None:
    model = model_of([row(0, 9.0)], 1)
    plain, lifted, doubted = estimate(model), estimate(model, lift=0.5), estimate(model, lift=0.5, error=0.4)
    assert_allclose(lifted.reach, plain.reach + 0.5)
    assert doubted.reach[0, 1] == lifted.reach[0, 1]
    assert doubted.reach[0, 0] < lifted.reach[0, 0] < lifted.reach[0, 2] < doubted.reach[0, 2]
    assert doubted.errors[0] > lifted.errors[0]


# --- who is asked for


def test_ages_and_provinces_reach_the_audience() -> None:
    model = model_of([row(0, 9.0), row(1, 9.0)], 2, young=[0.8, 0.1])
    young, old = estimate(model), estimate(model, Target((45, 100), ("hcmc",)))
    assert young.reach[0, 1] > young.reach[1, 1] + 1.0
    assert old.reach[1, 1] > old.reach[0, 1] + 1.0
    anywhere = estimate(model, Target((16, 30), ("vietnam",)))
    assert (anywhere.reach[:, 1] > young.reach[:, 1]).all()
    two = estimate(model, Target((16, 30), ("hcmc", "dong_nai")))
    assert (two.reach[:, 1] > young.reach[:, 1]).all()


@pytest.mark.parametrize("ages", [(0, 5), (90, 120), (0, 120), (30, 30), (13, 13)])
def test_ages_that_nobody_reports_are_answered_with_finite_figures(ages: tuple[int, int]) -> None:
    found = estimate(model_of([row(0, 9.0)], 1), Target(ages, ("hcmc",)))
    assert np.isfinite(found.reach).all()
    assert np.isfinite(found.expected).all()
    if ages == (0, 5):
        assert math.exp(found.reach[0, 1]) < 1.0  # no platform lets them in


@pytest.mark.parametrize("target", [Target((30, 16), ()), Target((16, 30), ("atlantis",))])
def test_a_target_that_is_none_is_refused_in_both_languages(target: Target) -> None:
    with pytest.raises(BriefRefused) as refused:
        estimate(model_of([row(0, 9.0)], 1), target)
    assert refused.value.en
    assert refused.value.vi
    assert refused.value.en != refused.value.vi


def test_the_best_row_is_where_most_are_reached_for_certain() -> None:
    risky = row(0, 10.0, platform="youtube", p10=6.0)
    safe = row(0, 9.5, p10=9.0)
    found = estimate(model_of([risky, safe], 1))
    assert found.best.tolist() == [0]  # tiktok comes first


def test_platforms_and_formats_restrict_where_a_post_may_stand() -> None:
    rows = [row(0, 9.0), row(0, 11.0, format="live"), row(0, 10.0, platform="youtube"), row(1, 5.0, format=None)]
    model = model_of(rows, 2)

    def where(platforms: tuple[str, ...] = (), formats: tuple[str, ...] = ()) -> list[tuple[str, str] | None]:
        best = estimate(model, Target((16, 30), ("hcmc",), platforms, formats)).best.tolist()
        return [None if at == NONE else (str(model.platforms[at]), str(model.formats[at])) for at in best]

    assert where() == [("tiktok", "live"), ("tiktok", "")]
    assert where(formats=("video",)) == [("youtube", "video"), None]
    assert where(platforms=("tiktok",), formats=("video",)) == [("tiktok", "video"), None]
    assert where(platforms=("facebook",)) == [None, None]
    assert where(formats=("video", "live"), platforms=("youtube", "zalo")) == [("youtube", "video"), None]


# --- too little data


def test_without_views_and_with_few_posts_are_states_of_their_own() -> None:
    found = estimate(model_of([row(0, 9.0), row(1, 9.0, posts=4), row(2, 9.0, posts=5)], 4))
    assert [found.state(creator) for creator in range(4)] == [OK, FEW_POSTS, OK, NO_VIEWS]
    assert found.of_best(found.reach[:, 0])[[1, 3]].tolist() == [-np.inf, -np.inf]


def test_without_any_forecast_nobody_has_a_reach() -> None:
    found = estimate(model_of([], 3))
    assert [found.state(creator) for creator in range(3)] == [NO_VIEWS] * 3
    assert found.of_best(found.expected).tolist() == [-np.inf] * 3


def test_the_table_of_forecasts_says_which_rest_on_too_little() -> None:
    model = model_of([row(0, math.log1p(1000)), row(1, 9.0, posts=2)], 2)
    table = forecast_frame(model, estimate(model), ["a", "b"])
    assert table["creator_id"].to_list() == ["a", "b"]
    assert table["state"].to_list() == [OK, FEW_POSTS]
    views, share, reach = (np.array(table[name].to_list()) for name in ("views", "share", "reach"))
    assert views[0, 1] == pytest.approx(1000)
    assert_allclose(reach[:, 1], np.exp(estimate(model).views[:, 1]) * share[:, 1])
    assert (np.diff(share) > 0).all()


# --- ties

values_and_errors = st.lists(st.tuples(st.floats(-20, 20), st.floats(0, 3)), max_size=30).map(
    lambda pairs: sorted(pairs, reverse=True)
)


@given(values_and_errors)
def test_groups_begin_at_one_and_never_fall_or_skip(pairs: list[tuple[float, float]]) -> None:
    groups = tie_groups([value for value, _ in pairs], [error for _, error in pairs])
    assert len(groups) == len(pairs)
    assert groups[:1] in ([], [1])
    assert set(np.diff(groups).tolist()) <= {0, 1}


@given(values_and_errors)
def test_a_group_holds_those_who_may_be_above_its_first_and_no_other(pairs: list[tuple[float, float]]) -> None:
    groups = tie_groups([value for value, _ in pairs], [error for _, error in pairs])
    for place, group in enumerate(groups):
        first = groups.index(group)
        told_apart = pairs[first][0] - pairs[place][0] > TENTH * math.hypot(pairs[first][1], pairs[place][1])
        assert not told_apart
        if place == first and group > 1:
            before = groups.index(group - 1)
            assert pairs[before][0] - pairs[place][0] > TENTH * math.hypot(pairs[before][1], pairs[place][1])


def test_equals_are_tied_and_far_ones_are_not() -> None:
    assert tie_groups([5.0, 5.0, 5.0], [0.0, 0.0, 0.0]) == [1, 1, 1]
    assert tie_groups([5.0, 4.0, 3.0], [0.1, 0.1, 0.1]) == [1, 2, 3]
    assert tie_groups([5.0, 4.9, 3.0, 2.9], [0.2, 0.2, 0.2, 0.2]) == [1, 1, 2, 2]
