"""`kolmatch evaluate`: from a registered version to a page, figures, and both with the version's run."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from filelock import FileLock

from kolmatch.cli import main
from kolmatch.errors import TrainingBusy, UsageError
from models.matcher import Matcher
from tests.small_catalogue import creator, import_rows
from tests.test_backtest import MOMENT, N_CREATORS, SETTINGS, STEADY, catalogue, is_later, quiet, viewed
from training.assessment import PAST_FOLDER, Assessment
from training.charts import Axis, Bar, Line, bar_chart, line_chart
from training.figures import CaptureFigures, OrderFigures
from training.measures import Interval
from training.mlflow_client import connect
from training.outcomes import TARGET_VIEWERS, VIEWS, outcome_figures
from training.page import page
from training.publishing import train_and_publish
from training.registry import EVALUATION_FOLDER, Registry
from training.reporting import FIGURES_FILE, PAGE_FILE, evaluate

DAY = f"{MOMENT:%Y-%m-%d}"


def outcomes() -> list[dict[str, object]]:
    """What came of five posts: as always, by far too much, nothing known, before the day, of a brief not imported."""
    later = {row["creator_id"]: row for row in viewed() if is_later(row)}
    early = next(row for row in viewed() if not is_later(row))
    usual, lucky, silent = (later[creator(number)] for number in (STEADY, STEADY + 1, STEADY + 2))

    def told(row: Mapping[str, Any], **counted: int) -> dict[str, object]:
        return {"brief_id": "yc1", "creator_id": row["creator_id"], "post_id": row["post_id"], **counted}

    return [
        told(usual, views=usual["views"], target_viewers=1),
        told(lucky, views=1_000_000_000),
        told(silent),
        told(early, views=early["views"]),
        told(usual, views=usual["views"]) | {"brief_id": "yc2"},
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with one registered version, whose posts have views."""
    folder = tmp_path_factory.mktemp("evaluated")
    catalogue(folder, viewed())
    import_rows(folder, "briefs", [{"brief_id": "yc1", "title": "chăm cây, tưới nước, bón phân cho vườn"}])
    import_rows(folder, "outcomes", outcomes())
    train_and_publish(folder, SETTINGS, month="2026-11", progress=quiet)
    return folder


@pytest.fixture(scope="module")
def evaluated(home: Path) -> tuple[Assessment, Path]:
    _leave_behind(home)
    return evaluate(home, SETTINGS, "champion", MOMENT, None, quiet)


def test_the_report_holds_the_backtest_and_what_the_bundle_says(evaluated: tuple[Assessment, Path]) -> None:
    found, folder = evaluated
    assert folder.name == "1"
    assert (found.version, found.same_catalogue, found.synthetic) == (1, True, True)
    assert found.rolling is not None
    assert found.rolling.posts == N_CREATORS * 10
    assert found.later_hashtags is None  # each topic here is joined by two creators
    assert found.world_briefs is None
    assert {row["platform"] for row in found.months} == {"tiktok"}
    assert found.growth["tiktok"][-1] == pytest.approx(1.0)
    assert sum(found.audiences["ages"].values()) == N_CREATORS
    figures = json.loads((folder / FIGURES_FILE).read_text("utf-8"))
    assert figures["rolling"]["methods"][0]["coverage"] == found.rolling.methods[0].coverage


def test_forecasts_are_held_against_what_came_of_campaigns(evaluated: tuple[Assessment, Path]) -> None:
    found = evaluated[0].outcomes
    assert found is not None
    assert (found.published, found.foretold) == (2, 2)
    views, viewers = found.held
    assert (views.name, views.outcomes, views.inside.mean, views.above, views.below) == (VIEWS, 2, 0.5, 0.5, 0.0)
    assert views.inside.low < 0.5 < views.inside.high < 1.0
    assert (viewers.name, viewers.outcomes, viewers.inside.mean, viewers.below) == (TARGET_VIEWERS, 1, 0.0, 1.0)
    assert evaluated[0].metrics()["outcomes: interval 80 holds views"] == 0.5
    shown = page(evaluated[0])
    assert "2 outcomes of posts from the split on, 2 of them with a forecast" in shown
    assert "viewers of the target" in shown
    assert "No outcome of a post from the split on yet" in page(replace(evaluated[0], outcomes=None))


def test_without_an_outcome_since_the_day_there_is_nothing_to_hold_against(matcher: Matcher, tmp_path: Path) -> None:
    assert outcome_figures(catalogue(tmp_path, viewed()[:5]), matcher, MOMENT) is None


def _leave_behind(home: Path) -> None:
    """What an evaluation that was killed leaves."""
    (home / PAST_FOLDER / "catalogue").mkdir(parents=True)


def test_nothing_is_left_behind_in_the_home_folder_by_this_or_a_dead_one(
    home: Path, evaluated: tuple[Assessment, Path]
) -> None:
    assert not (home / PAST_FOLDER).exists()


def test_two_evaluations_do_not_run_at_once(home: Path, evaluated: tuple[Assessment, Path], tmp_path: Path) -> None:
    _leave_behind(home)
    with FileLock(home / "evaluation.lock"), pytest.raises(TrainingBusy, match="evaluation"):
        evaluate(home, SETTINGS, "champion", MOMENT, tmp_path, quiet)
    assert (home / PAST_FOLDER).exists()  # it may be the other's
    shutil.rmtree(home / PAST_FOLDER)


def test_the_page_is_whole_in_both_languages_and_asks_nobody_for_anything(evaluated: tuple[Assessment, Path]) -> None:
    text = (evaluated[1] / PAGE_FILE).read_text("utf-8")
    for said in ("Dự báo lượt xem", "Forecast of views", "SYNTHETIC", "Hiệu chỉnh", "Calibration", "Growth of views"):
        assert said in text
    assert re.findall(r"""(?:src|href|action)\s*=|url\(|@import|<script|https?://""", text) == []
    assert text.count("<svg") == text.count("</svg>") >= 3
    for chart in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(chart)


def test_a_page_of_real_data_is_not_called_synthetic(evaluated: tuple[Assessment, Path]) -> None:
    assert "SYNTHETIC" not in page(replace(evaluated[0], synthetic=False))


def test_a_catalogue_that_changed_since_is_said(evaluated: tuple[Assessment, Path]) -> None:
    sentence = "The catalogue has changed since"
    assert sentence not in page(evaluated[0])
    assert sentence in page(replace(evaluated[0], same_catalogue=False))


def test_without_anything_to_hold_it_against_the_page_says_so(evaluated: tuple[Assessment, Path]) -> None:
    text = page(replace(evaluated[0], rolling=None, fixed=None, months=[], growth={}))
    for said in ("Too little is known before and after", "No hashtag was used by 3 to 40", "No post has known views"):
        assert said in text


def test_captured_reach_and_its_interval_are_shown(evaluated: tuple[Assessment, Path]) -> None:
    orders = (OrderFigures("impact", 0.75, Interval(0, 0, 0)), OrderFigures("fit", 0.5, Interval(0.25, 0.125, 0.375)))
    text = page(replace(evaluated[0], world_briefs=CaptureFigures(40, 20, orders)))
    for said in ("SYNTHETIC: 40 briefs", "0.750", "+0.250<br>[+0.125, +0.375]", "75%"):
        assert said in text


def test_mlflow_keeps_page_figures_and_metrics_with_the_run(home: Path, evaluated: tuple[Assessment, Path]) -> None:
    registry = Registry.open(home, SETTINGS.registry)
    version = registry.version("1")
    for name, value in evaluated[0].metrics().items():
        assert version.metrics[name] == pytest.approx(value)
    listed = connect(registry.tracking_uri, None).list_artifacts(version.run_id, EVALUATION_FOLDER)
    assert {Path(item.path).name for item in listed} == {PAGE_FILE, FIGURES_FILE}


def test_the_command_says_figures_and_where_the_report_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "báo cáo"
    given = ["kolmatch", "evaluate", "--home", str(home), "--version", "1", "--from", DAY, "--out", str(out)]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    said = capsys.readouterr().out
    for shown in ("SYNTHETIC", str(out), "backtest next post: interval 80 holds"):
        assert shown in said
    assert {file.name for file in out.iterdir()} == {PAGE_FILE, FIGURES_FILE}


def test_a_day_with_nothing_after_it_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="nothing to forecast"):
        evaluate(home, SETTINGS, "champion", datetime(2030, 1, 1, tzinfo=UTC), None, quiet)


def test_a_past_too_small_for_a_model_leaves_the_rest_of_the_report(home: Path, tmp_path: Path) -> None:
    first = min(datetime.fromisoformat(row["published_at"]) for row in viewed())
    found, _ = evaluate(home, SETTINGS, "champion", first.replace(minute=59), tmp_path, quiet)
    assert found.rolling is None
    assert found.months


# --- charts ------------------------------------------------------------------------------------------------------


def drawn(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def test_a_line_goes_through_its_points_and_rings_stand_on_the_marked_ones() -> None:
    axis = Axis("x", 0.0, 1.0, [(0.0, "0"), (1.0, "1")])
    line = Line("a", [(0.0, 0.0), (1.0, 1.0)], [0.1, 0.1], frozenset({1}))
    chart = drawn(line_chart("c", axis, axis, [line]))
    (path,) = chart.findall("polyline")
    first, last = (tuple(map(float, place.split(","))) for place in path.attrib["points"].split())
    assert first[0] < last[0]
    assert first[1] > last[1]  # up the page is down in numbers
    (ring,) = chart.findall("circle")
    assert (float(ring.attrib["cx"]), float(ring.attrib["cy"])) == last


def test_names_are_text_never_markup() -> None:
    evil = '<script>"&'
    axis = Axis(evil, 0.0, 1.0, [(0.0, evil)])
    charts = (
        line_chart(evil, axis, axis, [Line(evil, [(0.0, 1.0)])]),
        bar_chart(evil, [Bar(evil, 0.5, evil, ours=True)]),
    )
    for chart in charts:
        assert "<script" not in chart
        assert evil in [element.text for element in drawn(chart).iter()]
        assert drawn(chart).attrib["aria-label"] == evil


def test_a_longer_bar_is_worth_more() -> None:
    chart = drawn(bar_chart("c", [Bar("a", 0.2, "", ours=False), Bar("b", 0.4, "", ours=True)]))
    widths = [float(bar.attrib["width"]) for bar in chart.findall("rect")]
    assert widths[1] == pytest.approx(2 * widths[0])
