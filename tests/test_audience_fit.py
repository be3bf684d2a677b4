"""The fitted audience posterior: held against the truth of the SYNTHETIC sample world, and against what it promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.presence_world import covered, fit, reported_by, tables_of, truth_of, world_of
from data.world import World
from features.provinces import CITY
from models.audience import CONFLICTING, MODEL, PRIOR, SOURCES, AudiencePosterior
from training.audience import LEAST_REPORTED, fit_audience
from training.audience_reports import USUAL_SPREAD, fit_spread, read_reports
from training.tables import Tables

SEEDS = (1, 2, 3, 4, 5)
WHOLE_AND_CITY = pytest.mark.parametrize(
    ("truth", "provinces"), [("young_share", ()), ("target_share", (CITY,))], ids=["16-30", "16-30 in the city"]
)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[World, Tables]]:
    made = [world_of(seed) for seed in SEEDS]
    return [(world, tables_of(world, tmp_path_factory.mktemp("world"))) for world in made]


@pytest.fixture(scope="module")
def fitted(worlds: list[tuple[World, Tables]]) -> list[AudiencePosterior]:
    return [fit(tables) for _, tables in worlds]


@pytest.fixture(scope="module")
def tables(worlds: list[tuple[World, Tables]]) -> Tables:
    return worlds[0][1]


def row_of(posterior: AudiencePosterior, tables: Tables, creator: str, platform: str) -> int:
    ids = tables.creators["creator_id"].gather(posterior.creators).to_numpy()
    (row,) = np.flatnonzero((ids == creator) & (posterior.platforms == platform))
    return int(row)


def with_reports(tables: Tables, rows: list[dict[str, Any]], *, alone: bool = False) -> Tables:
    """The tables with more reports, or with these alone."""
    told = pl.DataFrame(rows, schema=tables.audiences.schema)
    return replace(tables, audiences=told if alone else pl.concat([tables.audiences, told]))


def report(tables: Tables, days: int = 0, source: str = "platform", **more: Any) -> dict[str, Any]:
    at = tables.posts["published_at"].max()
    assert isinstance(at, datetime)
    creator, platform = tables.accounts.select("creator_id", "platform").row(0)
    ages = {"age_13_17": 0.1, "age_18_24": 0.4, "age_25_34": 0.3, "age_35_44": 0.1, "age_45_plus": 0.1}
    base = {"creator_id": creator, "platform": platform, "as_of": at - timedelta(days=days), "source": source}
    return {**base, **ages, "sample_size": 1000, "hcmc": 0.4, "vietnam": 0.9, **more}


def alone(tables: Tables, *rows: dict[str, Any]) -> tuple[AudiencePosterior, int]:
    """A posterior that rests on these reports of one presence alone, and its row."""
    found = fit(with_reports(tables, list(rows), alone=True))
    return found, row_of(found, tables, rows[0]["creator_id"], rows[0]["platform"])


# --- against the truth


@WHOLE_AND_CITY
def test_eighty_percent_intervals_hold_the_truth_that_often(
    worlds: list[tuple[World, Tables]], fitted: list[AudiencePosterior], truth: str, provinces: tuple[str, ...]
) -> None:
    held = [
        covered(found.shares(provinces=provinces), truth_of(found, tables, world)[truth])
        for (world, tables), found in zip(worlds, fitted, strict=True)
    ]
    assert 0.76 <= np.concatenate(held).mean() <= 0.84


@WHOLE_AND_CITY
def test_they_do_whoever_reported(
    worlds: list[tuple[World, Tables]], fitted: list[AudiencePosterior], truth: str, provinces: tuple[str, ...]
) -> None:
    held: dict[int, list[bool]] = {}
    for (world, tables), found in zip(worlds, fitted, strict=True):
        inside = covered(found.shares(provinces=provinces), truth_of(found, tables, world)[truth])
        for code, one in zip(found.source.tolist(), inside.tolist(), strict=True):
            held.setdefault(code, []).append(one)
    assert set(held) == set(range(MODEL + 1))
    assert all(0.7 <= np.mean(inside) <= 0.9 for inside in held.values())


def test_the_more_report_the_smaller_the_error(tmp_path: Path) -> None:
    world = world_of(11, reporting=1.0)
    tables = tables_of(world, tmp_path)
    errors, widths = [], []
    for share in (0.0, 0.1, 0.3, 0.6, 1.0):
        found = fit(reported_by(tables, share, np.random.default_rng(5)))
        shares, truth = found.shares(), truth_of(found, tables, world)["target_share"].to_numpy()
        errors.append(np.abs(shares.mean - truth).mean())
        widths.append((shares.p90 - shares.p10).mean())
    assert errors == sorted(errors, reverse=True)
    assert widths == sorted(widths, reverse=True)
    assert errors[-1] < 0.5 * errors[1]


def test_the_model_knows_more_than_the_mean_of_who_reported(
    worlds: list[tuple[World, Tables]], fitted: list[AudiencePosterior]
) -> None:
    for (world, tables), found in zip(worlds, fitted, strict=True):
        truth = truth_of(found, tables, world)["young_share"].to_numpy()
        guess, silent = found.shares(provinces=()).mean, found.source == MODEL
        mean_of_all = np.abs(truth[silent] - truth[~silent].mean()).mean()
        assert np.abs(truth - guess)[silent].mean() < 0.75 * mean_of_all


def test_reports_of_agencies_are_found_to_be_worth_less_than_platforms(fitted: list[AudiencePosterior]) -> None:
    spreads = [found.notes["spread"]["ages"] for found in fitted]
    assert np.mean([one["agency"] for one in spreads]) > np.mean([one["creator"] for one in spreads])
    assert np.mean([one["creator"] for one in spreads]) > 2 * np.mean([one["platform"] for one in spreads])


# --- what a report does


def test_a_large_report_is_believed_and_an_old_or_small_one_less(tables: Tables) -> None:
    widths = []
    reports = (
        report(tables),
        report(tables, sample_size=100),
        report(tables, days=700),
        report(tables, source="agency"),
    )
    for one in reports:
        found, row = alone(tables, one)
        shares = found.shares(provinces=())
        widths.append(shares.p90[row] - shares.p10[row])
        assert found.source[row] == SOURCES.index(one["source"])
    assert all(width > widths[0] for width in widths[1:])


def test_a_missing_sample_size_is_a_small_sample_not_none(tables: Tables) -> None:
    (unstated, row), (large, _), (tiny, _) = (
        alone(tables, report(tables, sample_size=size)) for size in (None, 100_000, 2)
    )
    assert np.isnan(unstated.sample_size[row])
    assert tiny.ages_size[row] < unstated.ages_size[row] < large.ages_size[row]
    assert unstated.source[row] == SOURCES.index("platform")


def test_a_report_for_which_nobody_was_asked_says_nothing(tables: Tables) -> None:
    found, row = alone(tables, report(tables, sample_size=0))
    without = fit(replace(tables, audiences=tables.audiences.clear()))
    assert found.source[row] == found.place_source[row] == PRIOR
    np.testing.assert_array_equal(found.ages, without.ages)


def test_a_missing_city_share_is_expected_not_zero(tables: Tables) -> None:
    found, row = alone(tables, report(tables, hcmc=None))
    told, _ = alone(tables, report(tables))
    assert found.source[row] == SOURCES.index("platform")
    assert found.place_source[row] == PRIOR
    assert found.shares().mean[row] > 0.02
    assert found.shares().p90[row] - found.shares().p10[row] > told.shares().p90[row] - told.shares().p10[row]


def test_a_bucket_left_out_is_what_the_others_leave(tables: Tables) -> None:
    (short, row), (whole, _) = (alone(tables, report(tables, age_35_44=value)) for value in (None, 0.1))
    assert short.ages[row].sum() == pytest.approx(1.0)
    np.testing.assert_allclose(short.ages[row], whole.ages[row])
    assert short.ages_size[row] == whole.ages_size[row]


def test_two_buckets_left_out_share_what_the_others_leave_and_count_less(tables: Tables) -> None:
    (short, row), (whole, _) = (
        alone(tables, report(tables, age_35_44=value, age_45_plus=value)) for value in (None, 0.1)
    )
    assert short.ages[row, 3:].sum() == pytest.approx(whole.ages[row, 3:].sum(), abs=0.01)
    assert short.ages_size[row] < whole.ages_size[row]


def test_a_report_without_any_age_still_tells_the_place(tables: Tables) -> None:
    nothing: dict[str, Any] = dict.fromkeys(("age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_plus"))
    found, row = alone(tables, report(tables, **nothing))
    assert (found.source[row], found.place_source[row]) == (PRIOR, SOURCES.index("platform"))
    assert np.isfinite(found.shares().mean).all()


def test_sources_that_conflict_are_shown_and_widen_the_range(tables: Tables) -> None:
    younger = {"age_18_24": 0.65, "age_25_34": 0.05}
    (agreed, row), (torn, _) = (
        alone(tables, report(tables), report(tables, days=1, source="creator", **ages)) for ages in ({}, younger)
    )
    assert torn.source[row] == agreed.source[row] == SOURCES.index("several")
    assert agreed.conflict[row] < 1 < CONFLICTING < torn.conflict[row]
    widths = [one.shares(provinces=()).p90[row] - one.shares(provinces=()).p10[row] for one in (agreed, torn)]
    assert widths[1] > 1.3 * widths[0]
    assert torn.told_of(row).select("source", "sample_size", "hcmc").rows() == [
        ("creator", 1000.0, 0.4),
        ("platform", 1000.0, 0.4),
    ]


# --- what it promises


def test_the_same_data_and_seed_give_the_same_bytes_whatever_the_order_of_reports(tables: Tables) -> None:
    shuffled = replace(tables, audiences=tables.audiences.sample(fraction=1.0, shuffle=True, seed=3))
    assert fit(tables).to_frame().equals(fit(shuffled).to_frame())
    assert fit(tables).notes == fit(shuffled).notes


def test_presences_are_sorted_and_those_of_who_may_not_be_listed_are_not_among_them(tables: Tables) -> None:
    found = fit(tables)
    order = list(zip(found.creators.tolist(), found.platforms.tolist(), strict=True))
    assert order == sorted(set(order))
    excluded = np.flatnonzero(tables.creators["excluded"].is_not_null().to_numpy())
    assert len(excluded) > 0
    assert not set(excluded.tolist()) & set(found.creators.tolist())


def test_without_any_report_the_prior_speaks_and_says_so(tables: Tables) -> None:
    found = fit(replace(tables, audiences=tables.audiences.clear()))
    assert set(found.source.tolist()) == set(found.place_source.tolist()) == {PRIOR}
    facebook = found.platforms == "facebook"
    assert set(found.as_of[facebook].astype("datetime64[D]").astype(str)) == {"2018-08-03"}
    assert np.isnat(found.as_of[found.platforms == "tiktok"]).all()
    shares = found.shares()
    assert (shares.p90 - shares.p10).mean() > 0.2


def test_too_few_reports_make_no_model(tables: Tables) -> None:
    few = tables.audiences.unique(["creator_id", "platform"], maintain_order=True).head(LEAST_REPORTED - 1)
    assert MODEL not in fit(replace(tables, audiences=few)).source


def test_creators_texts_help_where_the_field_is_not_known(worlds: list[tuple[World, Tables]]) -> None:
    errors: dict[str, list[float]] = {"texts": [], "none": []}
    for world, tables in worlds[:3]:
        unknown = replace(tables, creators=tables.creators.with_columns(category=pl.lit(None, pl.String)))
        topics = world.truth.mixtures.pivot(on="topic", index="creator_id", values="first").sort("creator_id")
        vectors = topics.drop("creator_id").to_numpy().astype(np.float32)
        for name, given in (("texts", vectors), ("none", None)):
            found = fit_audience(unknown, given, np.random.default_rng(7))
            truth = truth_of(found, tables, world)["young_share"].to_numpy()
            errors[name].append(float(np.abs(found.shares(provinces=()).mean - truth)[found.source == MODEL].mean()))
    assert np.mean(errors["texts"]) < 0.97 * np.mean(errors["none"])


# --- how far reports lie apart


def test_the_spread_of_a_source_is_found_from_its_repeated_reports(tables: Tables) -> None:
    rng = np.random.default_rng(2)
    keys = tables.accounts.select("creator_id", "platform")
    rows = []
    for creator, platform in keys.iter_rows():
        for day in range(2):
            lean = float(np.clip(rng.normal(0.0, 0.12), -0.35, 0.25))
            ages = {"age_18_24": 0.4 + lean, "age_25_34": 0.05, "age_35_44": 0.35 - lean, "age_45_plus": 0.1}
            more = {"creator_id": creator, "platform": platform, "sample_size": 100_000}
            rows.append(report(tables, days=day, source="agency", **ages, **more))
    told = with_reports(tables, rows, alone=True)
    presences = keys.sort("creator_id", "platform")
    reports = read_reports(told.audiences, presences, datetime(2026, 11, 1, tzinfo=UTC))
    share = reports.ages[:, 1]
    found = fit_spread(reports, np.arange(len(share)), share)
    # In parts of p (1 - p) = .24: the square of .12 is .06.
    assert found.sources[2] == pytest.approx(0.06, rel=0.35)
    assert found.sources[2] > 5 * USUAL_SPREAD.sources[2]
    np.testing.assert_allclose(found.sources[:2], USUAL_SPREAD.sources[:2])  # nothing was told of them
