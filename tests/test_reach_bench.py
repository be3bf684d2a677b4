"""The bench of forecasts and captured reach, on a data folder made up of a small catalogue's posts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import reach
from benchmarks.reach import WEIGHTS, Measured, measure_reach, real, table
from benchmarks.tiktok_tasks import CAMPAIGN_SPLIT, FOLDER
from models.shortlist import ORDERS
from tests.test_backtest import MOMENT, N_CREATORS, SETTINGS, viewed
from training.capture import FOLLOWERS, MEDIAN_VIEWS


def written(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    file.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Creators with their whole history, one with the best posts alone; all use a hashtag at the end."""
    folder = tmp_path_factory.mktemp("data")
    (folder / FOLDER).mkdir()
    rows = [_moved(row) for row in viewed()]
    posts = [row | {"sampling": "top" if row["creator_id"].endswith("7") else "full"} for row in rows]
    viral = posts[0] | {"post_id": "viral", "published_at": CAMPAIGN_SPLIT.isoformat(), "views": 10**9}
    posts.append(viral | {"sampling": "top"})  # of a creator whose history is whole besides
    creators = sorted({row["creator_id"] for row in rows})
    written(folder / FOLDER / "posts.jsonl.gz", posts)
    written(folder / FOLDER / "creators.jsonl.gz", ({"creator_id": one, "name": one} for one in creators))
    written(
        folder / FOLDER / "accounts.jsonl.gz",
        ({"creator_id": one, "platform": "tiktok", "followers": 100} for one in creators),
    )
    return folder


def _moved(row: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(row["published_at"]) - MOMENT + CAMPAIGN_SPLIT
    tags = ["chung"] if at >= CAMPAIGN_SPLIT else []
    return row | {"published_at": at.isoformat(), "hashtags": tags}


@pytest.fixture(scope="module")
def measured(data: Path) -> list[Measured]:
    return list(real(data, SETTINGS))


def test_only_whole_histories_are_forecast_and_all_creators_are_asked_for(measured: list[Measured]) -> None:
    rolling, fixed, captured = measured
    assert rolling.as_dict().keys() != fixed.as_dict().keys()
    assert {getattr(one.figures, "posts", None) for one in (rolling, fixed)} == {(N_CREATORS - 1) * 10}
    assert {getattr(one.figures, "creators", None) for one in (rolling, fixed)} == {N_CREATORS - 1}
    assert getattr(captured.figures, "asked", None) == 1
    names = [key.split(": ", 1)[1] for key in captured.as_dict()]
    tried = [f"fit weighs {weight:g}: impact" for weight in WEIGHTS]
    assert names == [*ORDERS, *tried, FOLLOWERS, MEDIAN_VIEWS]
    assert set(captured.as_dict().values()) == {1.0}  # eight creators: any twenty are all of them


def test_every_figure_is_in_the_printed_table(measured: list[Measured]) -> None:
    for one in measured:
        console = Console(width=250, record=True)
        console.print(table(one))
        text = console.export_text()
        for name, value in one.as_dict().items():
            assert any(f"{value:{shape}}" in text for shape in (".4f", ".3f", ".1%")), name


def test_without_the_data_only_the_synthetic_world_is_measured(
    tmp_path: Path, measured: list[Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "synthetic", lambda seed, _: Measured(f"SYNTHETIC {seed}", measured[-1].figures))
    found = measure_reach(tmp_path, SETTINGS, (5, 6), Console(quiet=True))
    assert {name.split(",")[0] for name in found} == {"SYNTHETIC 5", "SYNTHETIC 6"}
