"""An erasure that was cut off, or left something: the same command still knows what to search for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from data import erasure
from data.catalogue import import_file
from data.erasure import Told, search, telling_strings
from kolmatch.cli import cli
from kolmatch.errors import TrainingBusy
from tests import small_world
from tests.test_erasure import CAPTION, NAME, PERSON, world


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder in which the person was imported; nothing was trained."""
    home = tmp_path / "home"
    for table in ("creators", "accounts", "posts"):
        file = tmp_path / f"{table}.jsonl"
        rows = world()[table]
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        assert import_file(home, table, file, now=small_world.NOW, synthetic=True).rejected == 0
    return home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--home", str(home)])


def sought(home: Path) -> list[Path]:
    return list((home / "rights").glob("*.sought.json"))


def record(home: Path, request: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "rights" / f"{request}.json").read_text(encoding="utf-8"))
    return found


def test_a_run_after_one_that_was_cut_off_searches_for_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = run(home, "rights", "receive", PERSON, "--kind", "erasure").output.split()[-1]

    def busy(*_: object) -> None:
        raise TrainingBusy("a training runs", "đang huấn luyện")

    with monkeypatch.context() as patch:
        patch.setattr("training.erasure.erase_from_models", busy)
        assert isinstance(run(home, "erase", PERSON, "--request", request).exception, TrainingBusy)
    assert not (home / "rights" / f"{request}.json").exists()
    (home / "note.txt").write_text(f"{CAPTION} 3", encoding="utf-8")
    (home / "name.txt").write_text(NAME, encoding="utf-8")
    run(home, "erase", PERSON, "--request", request)
    assert (record(home, request)["left"], record(home, request)["mentions"]) == (["note.txt"], ["name.txt"])
    places = [one["place"] for one in record(home, request)["erased"]]  # what the run did that was cut off, once each
    assert sorted(place.split("/")[-1] for place in places if place.startswith("catalogue/")) == [
        f"{name}.parquet" for name in ("accounts", "creators", "observations", "posts")
    ]
    assert len(sought(home)) == 1  # until the request is complete
    for name in ("note.txt", "name.txt"):
        (home / name).unlink()
    run(home, "erase", PERSON, "--request", request)
    assert (record(home, request)["left"], sought(home)) == ([], [])
    assert [one["place"] for one in record(home, request)["erased"]][: len(places)] == places
    assert record(home, request)["mentions"] == ["name.txt"]  # to be looked at still, whatever a later run can tell
    assert search(home, Told((PERSON, CAPTION), (NAME,))).own == ()


def test_a_caption_that_others_wrote_too_is_not_searched_for(home: Path, tmp_path: Path) -> None:
    usual = f"{CAPTION} 3"[: len(CAPTION)]
    other = next(row for row in world()["posts"] if row["creator_id"] != PERSON)
    file = tmp_path / "copied.jsonl"
    file.write_text(json.dumps({**other, "post_id": "copied", "text": f"Chép: {usual}"}) + "\n", encoding="utf-8")
    assert any(one in usual for one in telling_strings(home, PERSON).own[1:])
    assert import_file(home, "posts", file, now=small_world.NOW, synthetic=True).rejected == 0
    assert not any(one in usual for one in telling_strings(home, PERSON).own[1:])


def test_a_file_that_goes_while_all_are_searched_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.db-journal", "c.txt"):
        (tmp_path / name).write_text(PERSON, encoding="utf-8")
    real = erasure._in_bytes

    def slow(path: Path, strings: tuple[str, ...]) -> bool:
        (tmp_path / "b.db-journal").unlink(missing_ok=True)
        return real(path, strings)

    monkeypatch.setattr(erasure, "_in_bytes", slow)
    assert search(tmp_path, Told((PERSON,), ())).own == ("a.txt", "c.txt")
