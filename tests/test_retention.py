"""Bundles that nobody needs go; what is live, new, on the way back or referred to stays."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kolmatch.settings import RegistrySettings, RetrainSettings
from models.bundle_files import bundle_folder
from tests.test_cli import caller
from tests.test_registry import _make, _publish
from training.promotion import promote
from training.registry import Registry
from training.retention import prunable, prune

LATER = datetime.now(UTC) + timedelta(days=400)
KEEP = RetrainSettings(keep_versions=1, keep_months=6)


def test_what_another_kolmatch_keeps_on_the_same_server_is_left_alone(mlflow_tables: Path, tmp_path: Path) -> None:
    shutil.copy(mlflow_tables, tmp_path / "shared.db")
    server, nobody = f"sqlite:///{tmp_path / 'shared.db'}", tmp_path / "nobody"
    trial, live = (
        RegistrySettings(tracking_uri=server, experiment=experiment, model_name=name)
        for experiment, name in (("kolmatch", "trial"), ("kolmatch", "live"))
    )
    made: dict[str, Path] = {}
    for settings in (trial, live):
        home = tmp_path / settings.model_name
        bundle = _make(home / "made", settings.model_name)
        version = Registry.open(home, settings).publish(bundle, params={"a": 1}, metrics={"MRR": 0.5}, datasets={})
        made[settings.model_name] = bundle_folder(home, version.bundle_id)
    registry = Registry.open(tmp_path / "trial", trial)
    registry.bring_home(lambda _: True)
    assert not bundle_folder(tmp_path / "trial", made["live"].name).exists()
    registry.replace_bundle(made["live"].name, None)
    assert Registry.open(nobody, live).fetch("champion").name == made["live"].name
    registry.replace_bundle(made["trial"].name, None)
    assert registry.versions() == []


@pytest.fixture(scope="module")
def grown(mlflow_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven versions: 1 was champion, then 3; 6 and 7 are the newest, 7 challenges. Copy it."""
    home = tmp_path_factory.mktemp("grown")
    (home / "mlflow").mkdir()
    shutil.copy(mlflow_tables, home / "mlflow" / "mlflow.db")
    for text in ("one", "two", "three", "four", "five", "six", "seven"):
        _publish(home, text)
    promote(opened(home), "3", by="Lê Mẫu", note="thử", at=datetime.now(UTC))
    return home


def opened(home: Path) -> Registry:
    return Registry.open(home, RegistrySettings())


def bundle_of(home: Path, version: int) -> str:
    return next(one.bundle_id for one in opened(home).versions() if one.version == version)


def gone(home: Path, now: datetime, *referred: str) -> list[tuple[int, ...]]:
    return sorted(one.versions for one in prunable(home, opened(home), referred, KEEP, now))


def test_champion_challenger_way_back_newest_and_referred_stay(grown: Path) -> None:
    assert gone(grown, LATER) == [(2,), (4,), (5,), (6,)]
    assert gone(grown, LATER, bundle_of(grown, 4)) == [(2,), (5,), (6,)]
    assert gone(grown, datetime.now(UTC)) == []


def test_a_stray_copy_goes_when_it_is_old(grown: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(grown, home)
    stray = bundle_folder(home, "0123456789ab")
    stray.mkdir()
    assert gone(home, datetime.now(UTC)) == []
    os.utime(stray, (0, 0))
    assert gone(home, datetime.now(UTC)) == [()]


def test_the_command_says_what_would_go_then_removes_it_and_keeps_the_record(
    grown: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("KOLMATCH_RETRAIN__KEEP_VERSIONS", "1")
    monkeypatch.setenv("KOLMATCH_RETRAIN__KEEP_MONTHS", "0")
    kolmatch = caller(capsys, monkeypatch)
    two = bundle_of(grown, 2)
    dry = kolmatch("models", "prune", "--dry-run", "--home", grown)
    assert (dry.code, two in dry.out, "4 bundles" in dry.out) == (0, True, True)
    assert bundle_folder(grown, two).exists()
    assert "would go" not in kolmatch("models", "prune", "--home", grown).out
    assert not bundle_folder(grown, two).exists()
    assert [one.version for one in opened(grown).versions()] == [1, 3, 7]
    shown = kolmatch("models", "--home", grown)
    assert shown.code == 0
    assert "Disk: catalogue" in shown.out
    assert prunable(grown, opened(grown), (), KEEP, LATER) == []
    prune(grown, opened(grown), [])
