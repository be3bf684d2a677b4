"""A posterior made by hand: any ages, any provinces, its interval, its source in words, its way to disk and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from features.audience import young
from features.provinces import PROVINCES
from kolmatch.errors import BriefRefused
from models.audience import MODEL, PRIOR, SOURCES, TOLD_SCHEMA, YOUNG_IN_CITY, AudiencePosterior
from models.audience_sources import source_text


def day(written: str) -> datetime:
    """A time as the table holds it: of UTC, without saying so."""
    return datetime.fromisoformat(written)


TOLD = pl.DataFrame(
    [
        (0, "platform", day("2026-08-31T17:00"), 1234.0, 0.64, 0.4, 0.9),
        (3, "platform", day("2026-09-01T00:00"), None, 0.3, None, 0.9),
        (3, "creator", day("2026-09-30T17:00"), None, 0.55, 0.4, None),
    ],
    schema=TOLD_SCHEMA,
    orient="row",
)
NOTES = {"at": "2026-10-31T18:00:00+00:00", "reported": 380}


def posterior(n: int = 4) -> AudiencePosterior:
    ages = np.tile([[0.1, 0.4, 0.3, 0.12, 0.08], [0.05, 0.2, 0.3, 0.25, 0.2]], (n, 1))[:n]
    return AudiencePosterior(
        creators=np.arange(n) // 2,
        platforms=np.array(["facebook", "tiktok"] * n)[:n],
        ages=ages,
        ages_size=np.full(n, 400.0),
        hcmc=np.full(n, 0.4),
        hcmc_size=np.full(n, 400.0),
        vietnam=np.full(n, 0.9),
        vietnam_size=np.full(n, 400.0),
        source=np.array([0, MODEL, PRIOR, 3] * n, dtype=np.int8)[:n],
        place_source=np.array([0, MODEL, PRIOR, 1] * n, dtype=np.int8)[:n],
        as_of=np.array(["2026-08-31T17:00:00", "NaT", "2018-08-03", "2026-09-30T17:00:00"] * n, dtype="datetime64[us]")[
            :n
        ],
        sample_size=np.array([1234.0, np.nan, np.nan, np.nan] * n)[:n],
        reports=np.array([1, 0, 0, 2] * n)[:n],
        conflict=np.array([np.nan, np.nan, np.nan, 9.0] * n)[:n],
        told=TOLD.filter(pl.col("presence") < n),
        notes=NOTES,
    )


# --- shares


def test_the_default_target_is_the_young_by_law_in_the_city() -> None:
    found = posterior()
    assert_allclose(found.shares().mean, young(found.ages) * 0.4 * np.exp(YOUNG_IN_CITY[0]))
    assert_allclose(found.shares(provinces=()).mean, young(found.ages))


def test_everybody_anywhere_is_all_and_everybody_in_the_city_is_the_city() -> None:
    found = posterior()
    assert found.shares((13, 100), ()).p10.min() > 0.999
    assert_allclose(found.shares((13, 100)).mean, 0.4)


def test_an_interval_is_as_wide_as_the_people_asked_allow() -> None:
    found = posterior().shares((18, 34), ())
    # A share of .7 among 400: its standard deviation is .0229, 1.2816 of them on either side.
    assert found.p90[0] - found.p10[0] == pytest.approx(2 * 1.2816 * np.sqrt(0.7 * 0.3 / 401), rel=0.02)


@given(st.integers(13, 60), st.integers(0, 40), st.sets(st.sampled_from(sorted(PROVINCES)), max_size=5))
def test_points_are_in_order_and_shares_are_shares(low: int, span: int, provinces: set[str]) -> None:
    found = posterior().shares((low, low + span), tuple(provinces))
    for one in (found.p10, found.p50, found.p90, found.mean):
        assert ((one > 0) & (one < 1)).all()
    assert (found.p10 <= found.p50).all()
    assert (found.p50 <= found.p90).all()


@given(st.sets(st.sampled_from(sorted(PROVINCES)), min_size=1), st.sampled_from(sorted(PROVINCES)))
def test_one_more_province_never_means_fewer_viewers(provinces: set[str], more: str) -> None:
    found = posterior()
    fewer, wider = found.shares(provinces=sorted(provinces)), found.shares(provinces=sorted(provinces | {more}))
    assert (fewer.mean <= wider.mean + 1e-12).all()


def test_all_provinces_together_have_the_share_of_the_country() -> None:
    found = posterior()
    together = found.shares((13, 100), tuple(PROVINCES))
    assert_allclose(together.mean, found.shares((13, 100), ("vietnam",)).mean)
    assert_allclose(together.mean, 0.9)


def test_a_province_nobody_reports_has_its_part_of_the_people_and_a_wide_range() -> None:
    found = posterior()
    elsewhere, city = found.shares((13, 100), ("ha_noi",)), found.shares((13, 100))
    outside = sum(people for code, (_, _, people) in PROVINCES.items() if code != "hcmc")
    assert_allclose(elsewhere.mean, (0.9 - 0.4) * PROVINCES["ha_noi"][2] / outside)
    assert (elsewhere.p90 / elsewhere.p10 > 4).all()
    assert (city.p90 / city.p10 < 1.3).all()


def test_names_of_one_province_are_the_same_target_and_it_is_counted_once() -> None:
    found = posterior()
    assert found.shares(provinces=("TP.HCM", "Bình Dương", "hcmc")) is found.shares(provinces=("hcmc",))


def test_what_is_worth_less_has_a_wider_range_and_the_same_mean() -> None:
    sure = posterior()
    unsure = replace(sure, ages_size=sure.ages_size / 10, hcmc_size=sure.hcmc_size / 10)
    assert_allclose(sure.shares().mean, unsure.shares().mean)
    assert (unsure.shares().p10 < sure.shares().p10).all()
    assert (unsure.shares().p90 > sure.shares().p90).all()


def test_a_range_that_is_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(BriefRefused, match="30 to 16") as refused:
        posterior().shares((30, 16))
    assert "30 đến 16" in refused.value.vi


def test_an_unknown_province_is_refused() -> None:
    with pytest.raises(BriefRefused, match="Atlantis"):
        posterior().shares(provinces=("Atlantis",))


def test_many_are_the_same_as_one_by_one() -> None:
    many = posterior(8)
    alone = [AudiencePosterior.from_frame(many.to_frame()[row], TOLD, NOTES).shares().p10[0] for row in range(8)]
    assert_allclose(many.shares().p10, alone)


def test_asking_changes_nothing() -> None:
    found = posterior()
    before = found.to_frame()
    found.shares((20, 40), ("ha_noi", "hcmc"))
    assert found.to_frame().equals(before)


# --- at rest


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    written = posterior()
    written.save(tmp_path)
    read = AudiencePosterior.load(tmp_path)
    assert read.to_frame().equals(written.to_frame())
    assert read.notes == NOTES
    assert read.told.equals(TOLD)
    assert_array_equal(read.shares().p90, written.shares().p90)
    assert_array_equal(np.isnat(read.as_of), np.isnat(written.as_of))
    assert_array_equal(np.isnan(read.sample_size), np.isnan(written.sample_size))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "audience.json",
        "audience.parquet",
        "audience_reports.parquet",
    ]


def test_what_is_not_known_is_null_at_rest() -> None:
    frame = posterior().to_frame()
    assert frame.select("as_of", "sample_size", "conflict").null_count().row(0) == (1, 3, 3)


# --- in words


def test_a_source_is_named_with_its_day_and_its_sample() -> None:
    text = source_text(posterior(), 0)
    assert text.vi == "Nền tảng báo cáo ngày 01/09/2026, mẫu 1.234 người"  # the day in the city, not in UTC
    assert text.en == "Reported by the platform on 2026-09-01, 1,234 people asked"


def test_a_model_names_how_many_it_learned_from_and_until_when() -> None:
    assert "380 tài khoản" in source_text(posterior(), 1).vi
    assert "2026-11-01" in source_text(posterior(), 1).en


def test_a_prior_names_its_year_or_says_that_it_is_a_guess() -> None:
    dated = source_text(posterior(), 2)
    assert "facebook ngày 03/08/2018" in dated.vi
    guess = replace(posterior(), as_of=np.full(4, np.datetime64("NaT", "us")))
    assert "phỏng đoán" in source_text(guess, 2).vi
    assert "a guess" in source_text(guess, 2).en


def test_a_conflict_an_unknown_sample_and_another_source_of_the_place_are_told() -> None:
    text = source_text(posterior(), 3)
    assert "không ghi cỡ mẫu" in text.vi
    assert "nơi sống: người sáng tạo cung cấp" in text.vi
    assert "lệch nhau 3,0 lần" in text.vi
    assert "nền tảng báo cáo ngày 01/09/2026: 30% từ 16 đến 30 tuổi, không rõ ở Thành phố Hồ Chí Minh" in text.vi
    assert "reports differ 3.0 times" in text.en
    assert "reported by the creator on 2026-10-01: 55% aged 16 to 30, 40% in Ho Chi Minh City" in text.en


def test_the_reports_of_a_presence_are_its_own() -> None:
    assert posterior().told_of(3)["source"].to_list() == ["platform", "creator"]
    assert posterior().told_of(1).is_empty()


@pytest.mark.parametrize("code", range(len(SOURCES)))
def test_every_source_has_its_words(code: int) -> None:
    codes = np.full(4, code, dtype=np.int8)
    for row in range(4):
        text = source_text(
            replace(posterior(), source=codes, place_source=codes, as_of=posterior().as_of[[0] * 4]), row
        )
        assert text.vi
        assert text.en
        assert "{" not in text.vi + text.en
