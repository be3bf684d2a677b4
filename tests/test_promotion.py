"""Making a version live and going back: who, when and why is kept, and what is cut off can be ended."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch.errors import BundleFormat, RegistryError
from kolmatch.settings import MatcherSettings, RegistrySettings
from models.bundle_files import FORMAT_VERSION, bundle_folder, champion_pointer
from serving.home_models import HomeModels
from tests.test_cli import assert_refused_in_both_languages, caller
from tests.test_registry import _aliases, _client, _publish
from training.moves import PROMOTE, ROLLBACK, Move, way_back
from training.promotion import promote, rollback
from training.registry import CHALLENGER, CHAMPION, Registry

AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
WHO = {"by": "Trần Thị Mẫu", "note": "tốt hơn"}


@pytest.fixture
def home(mlflow_tables: Path, tmp_path: Path) -> Path:
    """A home folder in which nothing was registered."""
    (tmp_path / "mlflow").mkdir()
    shutil.copy(mlflow_tables, tmp_path / "mlflow" / "mlflow.db")
    return tmp_path


def opened(home: Path) -> Registry:
    return Registry.open(home, RegistrySettings())


def live(home: Path) -> tuple[int, str]:
    """What a service that follows the pointer would load."""
    newest = HomeModels(home, MatcherSettings()).newest()
    return newest.version, newest.bundle_id


def test_a_promotion_is_live_here_and_says_who_when_and_why(home: Path) -> None:
    _publish(home, "one")
    second = _publish(home, "two")
    made = promote(opened(home), CHALLENGER, **WHO, at=AT)
    assert made.aliases == (CHAMPION,)
    assert live(home) == (2, second.bundle_id)
    assert opened(home).moves() == (Move(1, PROMOTE, 2, 1, WHO["by"], WHO["note"], AT),)
    tags = _client(home).get_model_version("kolmatch", "2").tags
    assert json.loads(tags["kolmatch.move.000001"])["by"] == WHO["by"]


def test_each_rollback_goes_one_step_back_and_it_can_be_promoted_again(home: Path) -> None:
    for text in ("one", "two", "three"):
        _publish(home, text)
    registry = opened(home)
    for version in ("2", "3"):
        promote(registry, version, **WHO, at=AT)
    assert rollback(registry, **WHO, at=AT + timedelta(minutes=1)).version == 2
    assert rollback(registry, **WHO, at=AT + timedelta(minutes=2)).version == 1
    with pytest.raises(RegistryError, match="no earlier champion"):
        rollback(registry, **WHO, at=AT)
    assert promote(registry, "3", **WHO, at=AT).version == live(home)[0] == 3
    assert rollback(registry, **WHO, at=AT).version == 1
    assert [move.number for move in registry.moves()] == [1, 2, 3, 4, 5, 6]


def test_the_live_version_promoted_again_stays_and_leaves_no_second_trace(home: Path) -> None:
    _publish(home, "one")
    _publish(home, "two")
    for _ in range(2):
        promote(opened(home), "2", **WHO, at=AT)
    assert len(opened(home).moves()) == 1


@pytest.mark.parametrize("cut_off_at", ["set_registered_model_alias", "set_registered_model_tag"])
def test_what_was_cut_off_is_ended_by_the_same_call(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    cut_off_at: str,
) -> None:
    class CutOffError(Exception):
        pass

    def stop(*_: object, **__: object) -> None:
        raise CutOffError

    for text in ("one", "two", "three"):
        _publish(home, text)
    for version in ("2", "3"):
        promote(opened(home), version, **WHO, at=AT)
    with monkeypatch.context() as patched:
        patched.setattr(f"mlflow.MlflowClient.{cut_off_at}", stop)
        with pytest.raises(CutOffError):
            rollback(opened(home), **WHO, at=AT)
    assert live(home)[0] == 3
    assert rollback(opened(home), **WHO, at=AT).version == live(home)[0] == 2


def test_a_champion_deleted_by_hand_is_copied_again(home: Path) -> None:
    first = _publish(home, "one")
    _publish(home, "two")
    promote(opened(home), "2", **WHO, at=AT)
    for bundle in (home / "bundles").iterdir():
        shutil.rmtree(bundle) if bundle.is_dir() else bundle.unlink()
    assert rollback(opened(home), **WHO, at=AT).version == 1
    assert champion_pointer(home).folder == bundle_folder(home, first.bundle_id)


def test_a_version_deleted_by_hand_is_passed_over(home: Path) -> None:
    for text in ("one", "two", "three"):
        _publish(home, text)
    for version in ("2", "3"):
        promote(opened(home), version, **WHO, at=AT)
    _client(home).delete_model_version("kolmatch", "2")
    assert rollback(opened(home), **WHO, at=AT).version == 1


def test_a_bundle_of_an_older_format_is_refused_and_the_live_one_stays(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", FORMAT_VERSION - 1)
    _publish(home, "old")
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", FORMAT_VERSION)
    new = _publish(home, "new")
    with pytest.raises(BundleFormat):
        promote(opened(home), "1", **WHO, at=AT)
    assert _aliases(home) == {1: (), 2: (CHAMPION,)}
    assert live(home) == (2, new.bundle_id)


def test_without_mlflow_nothing_changes(home: Path) -> None:
    _publish(home, "one")
    _publish(home, "two")
    before = live(home)
    away = Registry.open(home, RegistrySettings(tracking_uri="http://127.0.0.1:1"))
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1"):
        promote(away, "2", **WHO, at=AT)
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1"):
        rollback(away, **WHO, at=AT)
    assert live(home) == before


def test_the_commands_say_what_is_live_and_models_lists_who_did_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    kolmatch = caller(capsys, monkeypatch)
    _publish(home, "one")
    _publish(home, "two")
    at = ("--home", home)
    said = kolmatch("promote", "2", "--by", "Lê Mẫu", "--note", "tốt [hơn]", *at)
    assert (said.code, live(home)[0]) == (0, 2)
    assert "Live: version 2" in said.out
    assert kolmatch("rollback", "--by", "Lê Mẫu", "--note", "thiếu báo", *at).code == 0
    assert live(home)[0] == 1
    shown = kolmatch("models", *at).out
    for words in ("Lê Mẫu", "tốt [hơn]", "thiếu báo", "rolled back"):
        assert words in shown
    assert kolmatch("promote", "2", "--by", " ", "--note", "x", *at).code == 2
    assert_refused_in_both_languages(kolmatch("promote", "9", "--by", "a", "--note", "b", *at), 1, "'9'")


@given(st.lists(st.integers(1, 4), max_size=12))
def test_walking_back_undoes_the_promotions_one_by_one(promoted: Sequence[int]) -> None:
    moves: list[Move] = []
    live_now, expected = 1, [1]
    for version in promoted:
        if version != live_now:
            moves.append(Move(len(moves) + 1, PROMOTE, version, live_now, "", "", AT))
            live_now = version
            expected.append(version)
    while len(expected) > 1:
        expected.pop()
        target = way_back(moves, live_now, {1, 2, 3, 4})
        assert target == expected[-1]
        moves.append(Move(len(moves) + 1, ROLLBACK, target, live_now, "", "", AT))
        live_now = target
