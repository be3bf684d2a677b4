"""Requests of creators: received, due by the law's clocks, effective at once, completed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue import Catalogue
from data.tombstones import PREFIX, Tombstones, mark, marked
from kolmatch.cli import cli
from kolmatch.cli.rights import tombstones
from kolmatch.errors import Conflict, ErasureIncomplete, InputRefused, UnknownCreator, UnknownRecord, UsageError
from kolmatch.settings import RightsSettings, Settings
from models.brief import Brief
from models.matcher import Matcher
from serving.backup import read_backup, write_backup
from serving.creators.gone import Gone
from serving.rights.clocks import due, working_days_after
from serving.rights.erasing import Person, erase_from_store, scrub
from serving.rights.recognising import alike
from serving.rights.records import Received, add_request, due_list, find_request
from serving.rights.schemas import RightsBody
from serving.rights.signing import check, key_file, signed
from serving.shortlists.leaving_out import everyone_gone, is_gone
from serving.store import schema
from serving.store.database import Store, store_url
from tests import small_world
from tests.api_world import NOW, SMALL, TinyAnswers, assert_refused, client_of, key_of, own_store
from tests.conftest import no_progress
from training.tables import read_tables

SETTINGS = RightsSettings()
BRIEF = Brief(small_world.TITLE)


@pytest.mark.parametrize(
    ("received", "answer"),
    [
        ("2026-11-23T09:00:00+07:00", "2026-11-25"),  # Monday → Wednesday
        ("2026-11-26T09:00:00+07:00", "2026-11-30"),  # Thursday → Monday
        ("2026-11-28T09:00:00+07:00", "2026-12-01"),  # Saturday → Tuesday
        ("2026-02-13T16:00:00+07:00", "2026-02-24"),  # the Friday before Tết → Tuesday after it
        ("2026-04-24T16:00:00+07:00", "2026-04-29"),  # Hùng Kings' day is given back on Monday
        ("2026-11-23T18:30:00+00:00", "2026-11-26"),  # 01:30 on Tuesday in Vietnam
    ],
)
def test_two_working_days_to_answer(received: str, answer: str) -> None:
    assert due("access", datetime.fromisoformat(received), SETTINGS).answer == date.fromisoformat(answer)


@pytest.mark.parametrize(("kind", "days"), [("access", 10), ("correction", 10), ("opt_out", 15), ("erasure", 20)])
def test_days_to_carry_it_out_by_kind(kind: str, days: int) -> None:
    assert due(kind, NOW, SETTINGS).complete == NOW.date() + timedelta(days=days)


@given(st.dates(date(2026, 1, 1), date(2027, 11, 1)), st.integers(1, 10), st.sets(st.dates(), max_size=5))
def test_a_due_day_is_a_working_day_and_holidays_only_put_it_off(day: date, count: int, more: set[date]) -> None:
    found = working_days_after(day, count, SETTINGS.holidays)
    assert found.weekday() < 5
    assert found not in SETTINGS.holidays
    assert day + timedelta(days=count) <= found <= working_days_after(day, count, {*SETTINGS.holidays, *more})


def test_every_holiday_of_the_settings_would_be_a_working_day() -> None:
    assert all(day.weekday() < 5 for day in SETTINGS.holidays)


def received(creator: str, kind: str, at: datetime = NOW) -> Received:
    body = RightsBody.model_validate({"creator_id": creator, "kind": kind})
    return Received(f"rights_{creator}_{kind}", body, at)


def test_what_is_due_comes_by_urgency_and_moves_on_when_answered(store: Store) -> None:
    with store.writing("cli", NOW) as writing:
        add_request(writing, received("late", "erasure", NOW - timedelta(days=30)), SETTINGS)
        add_request(writing, received("new", "access"), SETTINGS)
    with store.reading() as session:
        first, second = due_list(session, NOW).items
    assert (first.request_id, first.step, first.overdue) == ("rights_late_erasure", "answer", True)
    assert (second.overdue, second.days_left) == (False, 2)


def test_an_opt_out_is_effective_with_the_request_and_an_access_request_is_not(store: Store) -> None:
    with store.writing("cli", NOW) as writing:
        add_request(writing, received("out", "opt_out"), SETTINGS)
        add_request(writing, received("out", "erasure"), SETTINGS)  # both: one tombstone
        add_request(writing, received("stays", "access"), SETTINGS)
    with store.reading() as session:
        assert everyone_gone(session) == ("out",)
        assert (is_gone(session, "out"), is_gone(session, "stays")) == (True, False)


def test_an_erased_creator_is_known_by_the_mark_alone(store: Store) -> None:
    own_mark = mark("out", "salt")
    with store.writing("cli", NOW) as writing:
        add_request(writing, received("out", "erasure"), SETTINGS)
        erase_from_store(writing, Person("out", own_mark, "rights_out_erasure"))
    with store.reading() as session:
        assert everyone_gone(session) == (own_mark,)
        assert is_gone(session, "out")
        assert find_request(session, "rights_out_erasure").creator_id == own_mark
    with pytest.raises(Conflict), store.writing("cli", NOW) as writing:
        add_request(writing, received("out", "access"), SETTINGS)


def test_what_was_overwritten_is_in_no_file_of_the_database(store: Store) -> None:
    with store.writing("cli", NOW) as writing:
        add_request(writing, received("unmistakable_7731", "erasure"), SETTINGS)
        erase_from_store(writing, Person("unmistakable_7731", mark("unmistakable_7731", "salt"), "rights_1"))
    scrub(store)
    if store.engine.dialect.name == "sqlite":
        file = Path(str(store.engine.url.database))
        found = [path for path in file.parent.glob(f"{file.name}*") if b"unmistakable_7731\x00" in path.read_bytes()]
        assert found == []


def test_an_unknown_request_is_refused(store: Store) -> None:
    with store.reading() as session, pytest.raises(UnknownRecord):
        find_request(session, "rights_none")


@given(st.sets(st.text(min_size=1, max_size=20), min_size=1, max_size=6), st.sets(st.text(max_size=20), max_size=6))
def test_marks_tell_whom_they_stand_for_and_nobody_else(gone: set[str], others: set[str]) -> None:
    marks = {mark(one, salt) for one in gone for salt in ("first", "second")}
    assert marked(marks, gone | others) == gone
    assert marked(gone - {one for one in gone if one.startswith(PREFIX)}, others) == set()


class Counted(frozenset[str]):
    """Names that count how often all of them are read."""

    readings = 0

    def __iter__(self) -> Iterator[str]:
        self.readings += 1
        return super().__iter__()


def test_a_look_up_among_who_is_gone_reads_only_what_it_looks_for(store: Store) -> None:
    own_mark = mark("erased", "salt")
    with store.writing("cli", NOW) as writing:
        for one in ("out", "erased"):
            add_request(writing, received(one, "erasure"), SETTINGS)
        erase_from_store(writing, Person("erased", own_mark, "rights_erased_erasure"))
    with store.reading() as session:
        left = Gone.read(session)
    names = Counted(left.names)
    counted = replace(left, names=names)
    assert [one in counted for one in ("out", "erased", own_mark, "stays", None)] == [True, True, True, False, False]
    assert names.readings == 0


def test_marks_are_kept_and_a_damaged_file_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    known = Tombstones.read(tmp_path)
    assert known.marks == ()
    kept = known.with_mark(known.mark_of("one"))
    kept = kept.with_mark(kept.mark_of("two"))
    kept.write(tmp_path)
    assert Tombstones.read(tmp_path).among(["one", "two", "three"]) == {"one", "two"}
    (tmp_path / "rights" / "tombstones.json").write_text("{", encoding="utf-8")
    with pytest.raises(ErasureIncomplete):
        Tombstones.read(tmp_path)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.text(max_size=8))
def test_a_record_that_was_touched_does_not_verify(content: dict[str, str], change: str) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        record = signed(Path(folder), {"content": content, "at": "now"})
        check(record, record["public_key"])
        with pytest.raises(InputRefused):
            check(record | {"at": f"now{change}!"})
        with pytest.raises(InputRefused):
            check(record, "another key")
        assert key_file(Path(folder)).stat().st_mode & 0o077 == 0


def test_over_http_an_admin_receives_answers_and_completes() -> None:
    store = own_store()
    client, admin = client_of(TinyAnswers, store=store), key_of(store, "admin")
    made = client.post("/v1/rights", json={"creator_id": "syn-0007", "kind": "opt_out"}, headers=admin)
    assert made.status_code == 201
    request: dict[str, Any] = made.json()
    assert (request["answer_due_on"], request["complete_due_on"]) == ("2026-11-25", "2026-12-08")
    names = client.post("/v1/shortlists", json={"title": "dịch vụ công"}, headers=key_of(store, "staff")).text
    assert "syn-0007" not in names
    (item,) = client.get("/v1/rights/due", headers=admin).json()["items"]
    assert (item["step"], item["days_left"]) == ("answer", 2)
    address = f"/v1/rights/{request['request_id']}"
    assert client.post(f"{address}/answer", headers=admin).json()["answered_at"] is not None
    (item,) = client.get("/v1/rights/due", headers=admin).json()["items"]
    assert item["step"] == "complete"
    assert client.post(f"{address}/completion", headers=admin).json()["completed_at"] is not None
    assert client.get("/v1/rights/due", headers=admin).json()["items"] == []
    assert client.get("/v1/rights?kind=opt_out", headers=admin).json()["items"][0]["completed_at"] is not None


def test_over_http_an_erasure_is_not_completed_by_a_click() -> None:
    store = own_store()
    client, admin = client_of(TinyAnswers, store=store), key_of(store, "admin")
    made = client.post("/v1/rights", json={"creator_id": "syn-0007", "kind": "erasure"}, headers=admin).json()
    refused = client.post(f"/v1/rights/{made['request_id']}/completion", headers=admin)
    assert_refused(refused, 409, "conflict")


def test_on_the_command_line_requests_come_and_go(tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["rights", *arguments, "--home", str(tmp_path)], catch_exceptions=True)

    long_ago = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    request = run("receive", "someone", "--kind", "correction", "--received", long_ago).output.split()[-1]
    late = run("due")
    assert (late.exit_code, "OVERDUE" in late.output) == (1, True)
    assert run("answer", request).exit_code == 0
    assert run("complete", request).exit_code == 0
    done = run("due", "--json")
    assert (done.exit_code, '"items": []' in done.output) == (0, True)
    assert run("receive", "someone", "--kind", "access", "--received", "2999-01-01").exit_code != 0


def test_a_request_of_an_id_that_nobody_has_is_kept_and_says_so() -> None:
    store = own_store()
    client, admin = client_of(TinyAnswers, SMALL, store), key_of(store, "admin")
    sent = {"kind": "opt_out", "creator_id": " syn-0007 "}
    assert client.post("/v1/rights", json=sent, headers=admin).json()["known"] is True
    made = client.post("/v1/rights", json={"kind": "opt_out", "creator_id": "@Bếp"}, headers=admin)
    assert (made.status_code, made.json()["known"], made.json()["alike"]) == (201, False, ["syn-0001"])
    with store.reading() as session:
        assert everyone_gone(session) == ("syn-0007", "@Bếp")


@pytest.mark.parametrize(
    ("typed", "like"), [("KOL_1", ["kol_1"]), (" @kol_1", ["kol_1"]), ("kol_12", ["kol_1"]), ("nobody", [])]
)
def test_ids_that_may_be_meant_are_named(typed: str, like: list[str]) -> None:
    assert alike(typed, ["kol_1", "bep", "syn-0001"]) == like


def test_the_command_line_says_when_nobody_has_the_id(small_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(small_home / "catalogue", home / "catalogue")
    arguments = ["rights", "receive", "DVC", "--kind", "access", "--home", str(home)]
    said = CliRunner().invoke(cli, arguments)
    assert said.exit_code == 0
    assert said.stderr.count("'DVC'") == 2
    assert said.stderr.count(": dvc.") == 2
    assert "NOTE" not in CliRunner().invoke(cli, [*arguments[:2], "dvc", *arguments[3:]]).stderr
    with pytest.raises(UsageError, match="1 to 200"):
        CliRunner().invoke(cli, [*arguments[:2], "", *arguments[3:]], catch_exceptions=False)


def test_whoever_opted_out_is_not_known_to_the_command_line(small_bundle: Path) -> None:
    assert any(entry.creator_id == "dvc" for entry in Matcher.load(small_bundle).shortlist(BRIEF, 50).entries)
    for gone in (("dvc",), (mark("dvc", "salt"),)):
        matcher = Matcher.load(small_bundle, gone=gone)
        found = matcher.shortlist(BRIEF, 50)
        assert all(entry.creator_id != "dvc" for entry in found.entries)
        assert {one.reason: one.count for one in found.excluded}["opted_out"] == 2
        with pytest.raises(UnknownCreator):
            matcher.creator("dvc")


def test_whoever_opted_out_later_is_left_out_of_the_next_model(small_home: Path) -> None:
    tables = read_tables(Catalogue.open(small_home), opted_out=("dvc",))
    assert dict(tables.creators["creator_id", "excluded"].iter_rows())["dvc"] == "opted_out"
    assert "dvc" not in tables.posts["creator_id"]


def test_the_command_line_reads_tombstones_of_the_store_and_of_the_home_folder(tmp_path: Path) -> None:
    assert tombstones(tmp_path, Settings()) == ()
    Tombstones().with_mark(mark("gone", "salt")).write(tmp_path)
    store = Store.at(store_url(tmp_path, Settings().store), busy_timeout_s=5)
    schema.upgrade(store)
    with store.writing("cli", NOW) as writing:
        add_request(writing, received("out", "opt_out"), SETTINGS)
    store.close()
    assert tombstones(tmp_path, Settings()) == (mark("gone", "salt"), "out")


def test_a_restored_home_still_knows_who_was_erased(tmp_path: Path) -> None:
    home, file, back = tmp_path / "home", tmp_path / "backup.tar", tmp_path / "back"
    Tombstones().with_mark(mark("gone", "salt")).write(home)
    signed(home, {"made": "the key"})
    store = Store.at(store_url(home, Settings().store), busy_timeout_s=5)
    schema.upgrade(store)
    write_backup(home, store, file, no_progress)
    store.close()
    read_backup(file, back, Settings().store, no_progress)
    assert Tombstones.read(back).among(["gone", "here"]) == {"gone"}
    assert not key_file(back).exists()
