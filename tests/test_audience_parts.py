"""Age buckets taken apart by single years, reports put together, and the names of provinces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.interpolate import PchipInterpolator

from features.audience import BUCKETS, Spread, parts, pool, young
from features.audience_priors import CITY_AT_HOME, CITY_UNKNOWN, city_share, platform_ages
from features.population import by_single_year
from features.provinces import CITY, PROVINCES, known_province, province_code, share_outside_city
from kolmatch.errors import BriefRefused

shares = st.lists(st.floats(0.001, 1.0), min_size=5, max_size=5).map(lambda row: np.array([row]) / sum(row))
ages = st.integers(13, 99)


def as_people_are() -> np.ndarray:
    """An audience that has every age as often as the country has."""
    people = np.array([[by_single_year()[first : last + 1].sum() for first, last in BUCKETS]])
    audience: np.ndarray = people / people.sum()
    return audience


# --- the population


FIVE_YEAR_GROUPS = (
    *(7374.433, 7832.701, 7525.321, 7046.348, 6391.347, 6668.950, 8435.614, 8327.309, 7668.563, 6930.870),
    *(6398.088, 5644.325, 4951.649, 3986.766, 2653.214, 1373.790, 854.785, 569.597, 330.174, 112.352, 30.637),
)


def test_single_years_are_a_monotone_cubic_through_the_sums_of_the_groups() -> None:
    bounds = np.append(np.arange(0, 101, 5), 101)
    cumulated = PchipInterpolator(bounds, np.concatenate(([0.0], np.cumsum(FIVE_YEAR_GROUPS))))
    assert_allclose(by_single_year(), np.diff(cumulated(np.arange(102))), rtol=1e-12)


def test_single_years_keep_the_sums_of_their_groups() -> None:
    people = by_single_year()
    assert_allclose(people[15:20].sum(), 7046.348)
    assert_allclose(people[30:35].sum(), 8435.614)
    assert (people > 0).all()
    with pytest.raises(ValueError, match="read-only"):
        people[0] = 1.0


# --- buckets


def test_an_audience_like_the_country_is_cut_by_the_weights_of_single_years() -> None:
    people = by_single_year()
    found = parts(as_people_are(), 16, 30)[0]
    assert_allclose(
        found, [people[16:18].sum() / people[13:18].sum(), 1, people[25:31].sum() / people[25:35].sum(), 0, 0]
    )


def test_whole_buckets_are_taken_whole_and_others_not_at_all() -> None:
    assert parts(as_people_are(), 18, 34).tolist() == [[0, 1, 1, 0, 0]]
    assert parts(as_people_are(), 13, 100).tolist() == [[1, 1, 1, 1, 1]]
    assert parts(as_people_are(), 5, 12).tolist() == [[0, 0, 0, 0, 0]]


def test_a_younger_audience_has_more_of_the_young_side_of_a_bucket() -> None:
    young_one, old_one = np.array([[0.2, 0.5, 0.2, 0.07, 0.03]]), np.array([[0.02, 0.1, 0.2, 0.3, 0.38]])
    cut_young, cut_old = parts(young_one, 16, 30)[0], parts(old_one, 16, 30)[0]
    even = parts(as_people_are(), 16, 30)[0]
    assert cut_young[2] > even[2] > cut_old[2]


@given(shares, ages, ages, ages)
def test_a_wider_range_never_has_fewer_viewers(audience: np.ndarray, one: int, other: int, third: int) -> None:
    low, middle, high = sorted((one, other, third))
    narrow, wide = parts(audience, low, middle), parts(audience, low, high)
    assert (narrow <= wide + 1e-12).all()
    assert ((wide >= 0) & (wide <= 1)).all()


@given(shares, st.integers(13, 98))
def test_two_ranges_side_by_side_make_the_range_of_both(audience: np.ndarray, between: int) -> None:
    left, right = parts(audience, 13, between), parts(audience, between + 1, 100)
    assert_allclose(left + right, 1.0)


def test_a_bucket_without_viewers_breaks_nothing() -> None:
    assert np.isfinite(parts(np.array([[0.0, 0.0, 1.0, 0.0, 0.0]]), 16, 30)).all()


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    many = np.random.default_rng(0).dirichlet(np.ones(5), 50)
    assert_allclose(young(many), [young(many[i : i + 1])[0] for i in range(50)])


# --- reports


def test_a_report_is_worth_less_when_old_or_second_hand_and_never_more_than_its_sample() -> None:
    spread = Spread(np.array([1 / 1000, 1 / 100, 1 / 50]), 1 / 500)
    sizes = spread.effective_sizes(np.full(4, 1000.0), np.array([0, 1, 0, 0]), np.array([0.0, 0.0, 365.25, 730.5]))
    assert_allclose(sizes, [500, 1 / (1 / 1000 + 1 / 100), 250, 1 / (2 / 1000 + 2 / 500)])
    assert spread.effective_sizes(np.array([1e9]), np.array([0]), np.array([0.0]))[0] == pytest.approx(1000)


def test_reports_that_agree_count_together_and_the_larger_weighs_more() -> None:
    told = np.array([[0.5, 0.5], [0.53, 0.47], [0.2, 0.8]])
    found = pool(told, np.array([100.0, 200.0, 50.0]), told[:, 0], np.array([0, 0, 2]), 3)
    assert_allclose(found.shares[0], [0.52, 0.48])
    assert_allclose(found.sizes, [300, 0, 50])
    assert found.conflict[0] < 1
    assert np.isnan(found.conflict[1:]).all()
    assert np.isnan(found.shares[1]).all()


def test_reports_that_disagree_count_as_much_less_as_they_disagree() -> None:
    told = np.array([[0.4, 0.6], [0.6, 0.4]])
    found = pool(told, np.array([100.0, 100.0]), told[:, 0], np.array([0, 0]), 1)
    # Each is .1 from the middle, .5; one person's variance is .25: 2 * 100 * .01 / .25 = 8 over one degree of freedom.
    assert found.conflict[0] == pytest.approx(8.0)
    assert found.sizes[0] == pytest.approx(200 / 8)
    assert_allclose(found.shares[0], [0.5, 0.5])


@given(st.integers(0, 1000))
def test_the_order_of_reports_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    told, sizes, things = rng.dirichlet(np.ones(5), 12), rng.uniform(1, 500, 12), rng.integers(0, 4, 12)
    order = rng.permutation(12)
    one, other = (
        pool(told, sizes, young(told), things, 4),
        pool(told[order], sizes[order], young(told[order]), things[order], 4),
    )
    assert_allclose(one.shares, other.shares)
    assert_allclose(one.sizes, other.sizes)


# --- priors


def test_instagram_is_younger_than_facebook_and_others_lie_between() -> None:
    share = {platform: young(platform_ages(platform)[0][None])[0] for platform in ("facebook", "instagram", "tiktok")}
    assert share["facebook"] < share["tiktok"] < share["instagram"]
    assert platform_ages("tiktok")[1] < platform_ages("facebook")[1]
    assert all(platform_ages(platform)[0].sum() == pytest.approx(1.0) for platform in share)


def test_the_city_is_expected_most_of_who_is_at_home_there() -> None:
    assert city_share("TP.HCM") == CITY_AT_HOME > city_share(None) == city_share("nơi nào đó") == CITY_UNKNOWN
    assert CITY_UNKNOWN > city_share("ha_noi") > 0.1


# --- provinces


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("hcmc", "hcmc"),
        ("TP. Hồ Chí Minh", "hcmc"),
        ("TP.HCM", "hcmc"),
        ("thành phố hồ chí minh", "hcmc"),
        ("Sài Gòn", "hcmc"),
        ("Bình Dương", "hcmc"),
        ("Bà Rịa–Vũng Tàu", "hcmc"),
        ("Tỉnh Long An", "tay_ninh"),
        ("Ha Noi", "ha_noi"),
        ("Thừa Thiên - Huế", "hue"),
        ("cả nước", "vietnam"),
    ],
)
def test_provinces_are_known_by_what_people_write(written: str, code: str) -> None:
    assert province_code(written) == code


def test_there_are_34_provinces_and_the_rest_of_the_country_adds_up() -> None:
    assert len(PROVINCES) == 34
    assert sum(share_outside_city(code) for code in PROVINCES if code != CITY) == pytest.approx(1.0)
    former = [name for _, names, _ in PROVINCES.values() for name in names]
    assert 34 + len(former) == 63


def test_a_province_that_is_not_there_is_refused_by_name() -> None:
    assert known_province("Atlantis") is None
    with pytest.raises(BriefRefused, match="Atlantis") as refused:
        province_code("Atlantis")
    assert "Atlantis" in refused.value.vi
