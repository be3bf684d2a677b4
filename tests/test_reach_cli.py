"""Forecast, why, and lists by impact on the command line, from a model trained on posts with views."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest

import training.views_fit
from kolmatch.cli.shortlist_table import amount
from kolmatch.settings import EncoderSettings, Settings
from models.brief import Brief
from models.bundle import load_bundle
from models.bundle_files import point_champion
from models.matcher import Matcher
from models.reach import Target
from models.shortlist import STATES
from tests.small_catalogue import TOPICS, creator, opted_out, posts
from tests.small_world import fill
from tests.test_cli import Kolmatch, assert_refused_in_both_languages, caller
from tests.test_impact import refuse
from tests.test_views_fit import FEW_TREES
from training.pipeline import train

SETTINGS: Final = Settings(encoder=EncoderSettings(dimension=16, epochs=1, batch_size=64, min_count=2))
TITLE: Final = " ".join(TOPICS["dichvucong"][:6])
BRIEF: Final = Brief(TITLE)
CREATORS: Final = 12
FORECAST: Final = ("creator_id", "platform", "format", "views", "share", "reach", "source", "posts", "state")
WITHOUT_VIEWS, FEW = creator(0), creator(4)  # both speak of what `TITLE` asks for


def tables() -> dict[str, list[dict[str, Any]]]:
    """Twelve creators of twenty posts; one has no views, one three posts with views, one a price and reports."""
    rng = np.random.default_rng(3)
    written = []
    for number, row in enumerate(posts(CREATORS, 20)):
        owner, views = number % CREATORS, int(rng.lognormal(7 + 0.3 * (number % CREATORS), 0.6))
        known = row["creator_id"] != WITHOUT_VIEWS and (row["creator_id"] != FEW or number < 3 * CREATORS)
        written.append(row | {"platform": "youtube" if owner == 11 else "tiktok", "views": views if known else None})
    rows, hidden = opted_out()
    named = [{"creator_id": creator(n), "name": f"Người {n} (tổng hợp)"} for n in range(CREATORS)]
    named[8]["rate_vnd_per_post"] = "2000000"
    ages = {"age_13_17": 0.1, "age_18_24": 0.4, "age_25_34": 0.3, "age_35_44": 0.1, "age_45_plus": 0.1, "hcmc": 0.5}
    report = {"creator_id": creator(8), "platform": "tiktok", "as_of": "2026-11-01", "source": "platform"}
    return {
        "creators": [*named, *rows],
        "posts": [*written, *(row | {"views": 10**9} for row in hidden)],
        "audiences": [report | ages | {"sample_size": 900, "vietnam": 0.95}],
        "briefs": [{"brief_id": "b1", "title": TITLE}, {"brief_id": "b2", "title": "bóng đá trận đấu"}],
    }


def trained(home: Path, *, shuffled: int | None = None) -> Path:
    fill(home, tables(), shuffled=shuffled)
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr(training.views_fit, "_TREES", FEW_TREES)
        smaller.setattr(training.views_fit, "_BAGS", 1)
        return train(home, SETTINGS, month="2026-11", progress=lambda stage, done, total: None)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("viewed")
    point_champion(folder, trained(folder).name, 1)
    return folder


@pytest.fixture(scope="module")
def viewed(home: Path) -> Matcher:
    (bundle,) = (folder for folder in (home / "bundles").iterdir() if folder.is_dir())
    return Matcher.load(bundle)


@pytest.fixture
def kolmatch(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kolmatch:
    """The command line on the home with views, on a terminal wide enough for whole lines."""
    monkeypatch.setenv("COLUMNS", "260")
    monkeypatch.setenv("KOLMATCH_HOME", str(home))
    return caller(capsys, monkeypatch)


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=refuse) for line in file.read_text(encoding="utf-8").splitlines()]


# --- the model


def test_rows_in_another_order_make_the_same_bundle_and_list(home: Path, viewed: Matcher, tmp_path: Path) -> None:
    again = trained(tmp_path, shuffled=5)
    assert again.name == viewed.bundle_id
    assert Matcher.load(again).shortlist(BRIEF, 99) == viewed.shortlist(BRIEF, 99)


def test_views_of_who_opted_out_are_in_no_forecast(home: Path, viewed: Matcher) -> None:
    (bundle,) = (folder for folder in (home / "bundles").iterdir() if folder.is_dir())
    _, contents = load_bundle(bundle)
    excluded = contents.creators["excluded"].is_not_null().arg_true().to_list()
    assert excluded
    assert not set(excluded) & set(contents.forecast.rows["creator"].to_list())
    assert contents.forecast.rows["p90"].max() < np.log(10**8)


# --- forecast


def test_forecast_writes_points_of_everybody_with_views(kolmatch: Kolmatch, tmp_path: Path) -> None:
    out = tmp_path / "forecast.jsonl"
    said = kolmatch("forecast", "--out", out, "--youth", "16-30", "--province", "hcmc")
    assert said.code == 0
    assert "11" in said.out
    lines = lines_of(out)
    assert {line["creator_id"] for line in lines} == {creator(n) for n in range(1, CREATORS)}
    for line in lines:
        assert set(line) == {*FORECAST, "synthetic"}  # made of invented creators, and says so
        for name in ("views", "share", "reach"):
            assert line[name] == sorted(line[name])
            assert min(line[name]) >= 0.0
        assert line["reach"][2] <= line["views"][2]
    by_creator = {line["creator_id"]: line for line in lines}
    assert by_creator[FEW]["state"] == "few_posts"
    assert by_creator[FEW]["posts"] == 3
    assert by_creator[creator(8)]["source"] == "platform"
    assert by_creator[creator(11)]["platform"] == "youtube"


def test_forecast_names_nobody_who_opted_out_since(home: Path, viewed: Matcher) -> None:
    target = Target((16, 30), ("hcmc",))
    (bundle,) = (folder for folder in (home / "bundles").iterdir() if folder.is_dir())
    now = Matcher.load(bundle, gone=(creator(8),)).forecast(target)
    assert now.rows() == viewed.forecast(target).filter(pl.col("creator_id") != creator(8)).rows()


def test_forecast_is_of_the_ages_and_provinces_asked_for(kolmatch: Kolmatch, tmp_path: Path) -> None:
    found = []
    for arguments in ((), ("--youth", "18–24"), ("--province", "vietnam"), ("--youth", "90-120")):
        assert kolmatch("forecast", "--out", tmp_path / "f.jsonl", *arguments).code == 0
        found.append({line["creator_id"]: line["share"][1] for line in lines_of(tmp_path / "f.jsonl")}[creator(8)])
    usual, narrower, wider, nobody = found
    assert nobody < narrower < usual < wider


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--youth", "30-16"), 1, "30"),
        (("--youth", "young"), 2, "young"),
        (("--province", "atlantis"), 1, "atlantis"),
        (("--province", "hcmc", "--province", "sao hoả"), 1, "sao hoả"),
    ],
)
def test_a_target_that_is_none_is_refused_and_an_older_file_left_whole(
    kolmatch: Kolmatch, tmp_path: Path, arguments: tuple[str, ...], code: int, named: str
) -> None:
    out = tmp_path / "forecast.jsonl"
    out.write_text("older\n", encoding="utf-8")
    assert_refused_in_both_languages(kolmatch("forecast", "--out", out, *arguments), code, named)
    assert out.read_text(encoding="utf-8") == "older\n"


# --- why


def test_why_says_the_place_on_the_list_of_an_imported_brief_and_of_a_text(kolmatch: Kolmatch) -> None:
    listed = json.loads(kolmatch("shortlist", TITLE, "--top", "50", "--json").out, parse_constant=refuse)["entries"]
    for entry in listed[:4]:
        for asked in ("b1", TITLE):
            said = json.loads(kolmatch("why", entry["creator_id"], "--brief", asked, "--json").out)
            assert (said["rank"], said["of"]) == (entry["rank"], len(listed))
            assert said["entry"]["impact"] == entry["impact"]


def test_why_in_words_has_place_reach_and_the_one_above(kolmatch: Kolmatch) -> None:
    second = json.loads(kolmatch("shortlist", TITLE, "--top", "2", "--json").out)["entries"][1]
    said = kolmatch("why", second["creator_id"], "--brief", "b1")
    assert said.code == 0
    for words in ("hạng 2 / 12 (rank 2 of 12)", "Ngay trên / right above", "Smallest change", "Thay đổi nhỏ nhất"):
        assert words in said.out


@pytest.mark.parametrize(("name", "state"), [(WITHOUT_VIEWS, "no_views"), (FEW, "few_posts")])
def test_why_says_what_data_is_missing(kolmatch: Kolmatch, name: str, state: str) -> None:
    said = kolmatch("why", name, "--brief", "b1").out
    for words in STATES[state]:
        assert words in said.replace("\n", " ")


@pytest.mark.parametrize("name", ["nobody", "creator-out"])
def test_why_of_the_unknown_and_of_who_opted_out_is_refused_alike(kolmatch: Kolmatch, name: str) -> None:
    assert_refused_in_both_languages(kolmatch("why", name, "--brief", "b1"), 1, name)


def test_why_with_a_brief_without_text_is_refused(kolmatch: Kolmatch) -> None:
    assert_refused_in_both_languages(kolmatch("why", creator(1), "--brief", "🎉"), 1, "🎉")


# --- lists by impact


@pytest.mark.parametrize("by", ["impact", "expected", "fit"])
def test_lists_and_rankings_follow_the_order_asked_for(
    kolmatch: Kolmatch, viewed: Matcher, tmp_path: Path, by: str
) -> None:
    given, out = tmp_path / "briefs.jsonl", tmp_path / "ranking.jsonl"
    given.write_text(json.dumps({"brief_id": "b1", "title": TITLE}), encoding="utf-8")
    assert kolmatch("rank", "--briefs", given, "--by", by, "--out", out).code == 0
    (line,) = lines_of(out)
    answer = json.loads(kolmatch("shortlist", TITLE, "--by", by, "--json").out, parse_constant=refuse)
    assert [place["creator_id"] for place in line["ranking"]] == [e["creator_id"] for e in answer["entries"]]
    assert answer["by"] == by
    (ranked,) = viewed.rank([BRIEF], 100, by)
    assert [place["creator_id"] for place in line["ranking"]] == [name for name, _ in ranked]
    unknown = {place["creator_id"] for place in line["ranking"] if place["score"] is None}
    assert unknown == (set() if by == "fit" else {WITHOUT_VIEWS, FEW})


def test_a_table_shows_viewers_parts_groups_cost_and_states(kolmatch: Kolmatch) -> None:
    plain, explained = kolmatch("shortlist", TITLE), kolmatch("shortlist", TITLE, "--explain")
    assert plain.code == explained.code == 0
    for words in ("đ / 1.000 người trẻ", "nền tảng báo cáo", "nhóm 1", "chưa đủ dữ liệu"):
        assert words in plain.out
    for words in ("lượt xem một bài", "tỷ lệ người trẻ ở địa bàn", "thận trọng"):
        assert words in explained.out
    assert "trung bình so với trung vị" in kolmatch("shortlist", TITLE, "--explain", "--by", "expected").out


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("--age", "30-16"), 1, "30"),
        (("--age", "16"), 2, "16"),
        (("--province", "atlantis"), 1, "atlantis"),
    ],
)
def test_a_shortlist_for_no_target_is_refused(
    kolmatch: Kolmatch, arguments: tuple[str, ...], code: int, named: str
) -> None:
    assert_refused_in_both_languages(kolmatch("shortlist", TITLE, *arguments), code, named)


@pytest.mark.parametrize("arguments", [("--platform", "TikTok"), ("--format", "photo")])
def test_a_platform_or_form_that_is_none_is_refused(kolmatch: Kolmatch, arguments: tuple[str, ...]) -> None:
    assert_refused_in_both_languages(kolmatch("shortlist", TITLE, *arguments), 1, arguments[1])


def test_a_part_of_one_viewer_is_not_counted_in_digits() -> None:
    assert [amount(value) for value in (0.000176, 0.99, 1.0, 12_345, 3_400_000)] == [
        "dưới 1",
        "dưới 1",
        "1",
        "12.300",
        "3,4 triệu",
    ]


@pytest.mark.parametrize(
    "arguments", [("--age", "0-5"), ("--age", "90-120"), ("--format", "live"), ("--platform", "threads")]
)
def test_a_target_that_nobody_serves_is_answered(kolmatch: Kolmatch, arguments: tuple[str, ...]) -> None:
    said = kolmatch("shortlist", TITLE, "--json", *arguments)
    assert said.code == 0
    assert json.loads(said.out, parse_constant=refuse)["by"] == "impact"
