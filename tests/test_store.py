"""The store on SQLite and on PostgreSQL: what is written is whole or not there, and always leaves a trace."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from kolmatch.errors import AuditBroken, Conflict, InputRefused, StoreError, StoreNewer
from kolmatch.settings import StoreSettings
from serving.store import audit, schema
from serving.store.audit import GENESIS, ChainEnd
from serving.store.database import Store, Writing, store_url
from serving.store.idempotency import Answered, fingerprint, keep_answer, kept_answer
from serving.store.pages import page_of
from serving.store.tables import AuditRow, Base, BriefRevisionRow, BriefRow

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
_CUT_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def add_brief(writing: Writing, brief_id: str) -> None:
    row = BriefRow(brief_id=brief_id, department="ubnd", revision=1, created_at=writing.now, created_by=writing.actor)
    writing.session.add(row)
    writing.note("brief.create", brief_id, "1")


def brief_ids(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.execute(select(BriefRow.brief_id).order_by(BriefRow.seq)).scalars())


def end_of(store: Store) -> ChainEnd:
    with store.reading() as session:
        return audit.verify(session)


# Tables


def test_the_migrations_make_the_tables_that_the_code_describes(store: Store) -> None:
    with store.reading() as session:
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []


def test_the_versions_that_file_names_tell_are_alembics_own() -> None:
    scripts = ScriptDirectory(schema.FOLDER, version_locations=[str(schema.FOLDER)])
    assert schema.known() == [script.revision for script in scripts.walk_revisions()][::-1]
    assert schema.newest() == scripts.get_current_head()


def test_an_upgrade_of_what_is_new_already_changes_nothing(store: Store) -> None:
    with store.writing("cli", NOW) as writing:
        add_brief(writing, "a")
    assert schema.upgrade(store) == schema.newest() == schema.current(store)
    assert brief_ids(store) == ["a"]


def test_of_two_upgrades_at_once_one_does_it_and_the_other_finds_it_done(empty_store: Store) -> None:
    started = threading.Barrier(4)

    def upgrade(_: int) -> str:
        started.wait()
        return schema.upgrade(empty_store)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(upgrade, range(4))) == {schema.newest()}
    assert schema.current(empty_store) == schema.newest()


def test_a_store_of_a_later_kolmatch_is_refused_untouched(store: Store) -> None:
    with store.changing_schema() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    for use in (schema.upgrade, schema.check):
        with pytest.raises(StoreNewer, match="r9999"):
            use(store)
    assert schema.current(store) == "r9999"


def test_a_store_without_tables_must_be_upgraded_first(empty_store: Store) -> None:
    with pytest.raises(StoreError, match="kolmatch db upgrade"):
        schema.check(empty_store)


def test_an_upgrade_that_breaks_leaves_no_half_of_it(empty_store: Store) -> None:
    with empty_store.changing_schema() as connection:
        connection.execute(text("CREATE TABLE tombstones (number INTEGER)"))  # in the way of a later step
    with pytest.raises((StoreError, DBAPIError)):
        schema.upgrade(empty_store)
    assert schema.current(empty_store) is None
    with empty_store.reading() as session, pytest.raises(DBAPIError):
        session.execute(text("SELECT * FROM api_keys"))


# Reading and writing


def test_what_is_written_is_read_again_in_utc_whatever_its_zone(store: Store) -> None:
    hanoi = timezone(timedelta(hours=7))
    with store.writing("cli", NOW.astimezone(hanoi)) as writing:
        add_brief(writing, "a")
    with store.reading() as session:
        row = session.execute(select(BriefRow)).scalar_one()
    assert (row.created_at, row.created_at.tzinfo) == (NOW, UTC)


def test_vietnamese_text_comes_back_letter_for_letter(store: Store) -> None:
    title = "Tuyên truyền dịch vụ công trực tuyến, “Đường Đồng Khởi” 🛵"
    with store.writing("cli", NOW) as writing:
        add_brief(writing, "a")
        writing.session.flush()
        content = {"title": title, "must": ["nộp hồ sơ"]}
        writing.session.add(
            BriefRevisionRow(brief_id="a", revision=1, title=title, content=content, created_at=NOW, created_by="cli")
        )
    with store.reading() as session:
        row = session.execute(select(BriefRevisionRow)).scalar_one()
    assert (row.title, row.content) == (title, content)


def test_an_error_leaves_nothing_behind_not_even_in_the_trail(store: Store) -> None:
    def broken() -> None:
        with store.writing("cli", NOW) as writing:
            add_brief(writing, "a")
            raise InputRefused("no", "không")

    with pytest.raises(InputRefused):
        broken()
    assert (brief_ids(store), end_of(store)) == ([], ChainEnd(0, GENESIS))


def test_a_write_that_the_trail_is_not_told_of_is_refused(store: Store) -> None:
    with pytest.raises(AssertionError, match="audit trail"), store.writing("cli", NOW) as writing:
        writing.session.add(BriefRow(brief_id="a", department="ubnd", revision=1, created_at=NOW, created_by="cli"))
    assert brief_ids(store) == []


def test_what_refers_to_nothing_is_refused(store: Store) -> None:
    lost = BriefRevisionRow(brief_id="nobody", revision=1, title="a", content={}, created_at=NOW, created_by="cli")

    def write() -> None:
        with store.writing("cli", NOW) as writing:
            writing.note("brief.revise", "nobody", "2")
            writing.session.add(lost)

    with pytest.raises(IntegrityError):
        write()


def test_writers_at_the_same_moment_wait_for_each_other_and_the_chain_holds(store: Store) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            with store.writing(f"key-{number}", NOW) as writing:
                add_brief(writing, f"{number}-{turn}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(brief_ids(store)) == end_of(store).number == 40


def test_a_reader_sees_one_state_while_others_write(tmp_path: Path) -> None:
    store = Store.at(f"sqlite:///{tmp_path / 'one.sqlite3'}", busy_timeout_s=5)
    schema.upgrade(store)
    with store.reading() as session:
        before = session.execute(select(BriefRow)).all()
        with store.writing("cli", NOW) as writing:
            add_brief(writing, "a")
        assert session.execute(select(BriefRow)).all() == before == []
    assert brief_ids(store) == ["a"]
    store.close()


def test_what_every_request_asks_is_seen_as_soon_as_it_is_written(store: Store) -> None:
    asked = select(BriefRow.brief_id).order_by(BriefRow.seq)
    assert store.rows(asked) == []
    for number in range(3):
        with store.writing("key_a", NOW) as writing:
            add_brief(writing, f"b{number}")
            assert len(store.rows(asked)) == number  # not before it is kept
        assert [row.brief_id for row in store.rows(asked)] == [f"b{n}" for n in range(number + 1)]


def test_a_connection_that_was_cut_while_it_stayed_open_is_opened_again(store: Store) -> None:
    asked = select(BriefRow.brief_id)
    store.rows(asked)
    if store.engine.dialect.name == "postgresql":  # as a server does that starts anew
        with store.maintaining() as other:
            other.execute(_CUT_OTHERS)
    else:  # nobody can cut a file off, but its connection can be closed
        store.close()
    assert store.rows(asked) == []


# The audit trail


def test_the_trail_says_who_did_what_to_what_and_when(store: Store) -> None:
    with store.writing("key:abc", NOW) as writing:
        add_brief(writing, "a")
    with store.reading() as session:
        row = session.execute(select(AuditRow)).scalar_one()
    assert (row.number, row.actor, row.action, row.subject, row.version) == (1, "key:abc", "brief.create", "a", "1")
    assert (row.at, row.previous) == (NOW.isoformat(), GENESIS)
    assert end_of(store) == ChainEnd(1, row.hash)


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_the_trail(store: Store, statement: str) -> None:
    with store.writing("cli", NOW) as writing:
        add_brief(writing, "a")
    with pytest.raises((StoreError, DBAPIError)), store.changing_schema() as connection:
        connection.execute(text(statement))
    assert end_of(store).number == 1


@pytest.mark.parametrize(
    ("damage", "entry"),
    [
        ("UPDATE audit SET actor = 'x' WHERE number = 2", 2),
        ("UPDATE audit SET at = at || ' ' WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("UPDATE audit_head SET number = 2", 4),
    ],
)
def test_whatever_is_changed_behind_the_triggers_is_found(store: Store, damage: str, entry: int) -> None:
    for number in range(3):
        with store.writing("cli", NOW) as writing:
            add_brief(writing, f"b{number}")
    with store.changing_schema() as connection:
        for trigger in _triggers(connection.dialect.name):
            connection.execute(text(trigger))
        connection.execute(text(damage))
    with store.reading() as session, pytest.raises(AuditBroken, match=f"entry {entry}"):
        audit.verify(session)


def _triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    return ["DROP TRIGGER audit_append_only ON audit"]


def test_a_chain_whose_end_was_cut_off_and_mended_is_found_by_an_end_noted_before(store: Store) -> None:
    ends = []
    for number in range(2):
        with store.writing("cli", NOW) as writing:
            add_brief(writing, f"b{number}")
        ends.append(end_of(store))
    with store.changing_schema() as connection:
        for trigger in _triggers(connection.dialect.name):
            connection.execute(text(trigger))
        connection.execute(text("DELETE FROM audit WHERE number = 2"))
        connection.execute(text("UPDATE audit_head SET number = 1, hash = :hash"), {"hash": ends[0].hash})
    assert end_of(store) == ends[0]
    with store.reading() as session:
        assert audit.verify(session, ends[0]) == ends[0]
        with pytest.raises(AuditBroken):
            audit.verify(session, ends[1])


# Creating once


def test_what_was_answered_to_a_key_is_answered_again_for_a_day(store: Store) -> None:
    sent, answer = fingerprint(b"POST", b"{}"), Answered(201, b'{"a": 1}', {"Location": "/a"})
    with store.writing("key:a", NOW) as writing:
        add_brief(writing, "a")
        keep_answer(writing, "once", sent, answer)
    with store.reading() as session:
        again = kept_answer(session, "key:a", "once", sent, NOW + timedelta(hours=24))
        assert again
        assert (again.status, again.body, again.headers["Location"]) == (201, answer.body, "/a")
        assert kept_answer(session, "key:b", "once", sent, NOW) is None
        assert kept_answer(session, "key:a", "once", sent, NOW + timedelta(hours=25)) is None
        with pytest.raises(Conflict, match="once"):
            kept_answer(session, "key:a", "once", fingerprint(b"POST", b"[]"), NOW)


def test_after_a_day_a_kept_answer_is_gone_from_the_store(store: Store) -> None:
    for day, key in enumerate(("first", "second", "third")):
        with store.writing("key:a", NOW + timedelta(days=day, minutes=day)) as writing:
            add_brief(writing, key)
            keep_answer(writing, key, "f" * 64, Answered(201, b"", {}))
    with store.reading() as session:
        assert session.execute(text("SELECT key FROM idempotency")).scalars().all() == ["third"]


def test_parts_of_a_fingerprint_do_not_run_into_each_other() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")


# Pages


def test_pages_hold_every_row_once_newest_first_also_when_rows_come_in_between(store: Store) -> None:
    for number in range(5):
        with store.writing("cli", NOW) as writing:
            add_brief(writing, f"b{number}")
    seen: list[str] = []
    cursor = None
    for size in (2, 2, 2):
        with store.reading() as session:
            page = page_of(session, select(BriefRow), BriefRow.seq, cursor, size)
        seen += [row.brief_id for row in page.rows]
        cursor = page.next_cursor
        with store.writing("cli", NOW) as writing:
            add_brief(writing, f"later{len(seen)}")
    assert (seen, cursor) == (["b4", "b3", "b2", "b1", "b0"], None)


@pytest.mark.parametrize("cursor", ["", "x", "YmVmb3JlOg", "é", "YmVmb3JlOi0x"])
def test_a_cursor_that_was_never_given_out_is_refused(store: Store, cursor: str) -> None:
    with store.reading() as session, pytest.raises(InputRefused):
        page_of(session, select(BriefRow), BriefRow.seq, cursor, 5)


# The database itself


@pytest.mark.parametrize("url", ["mysql://a/b", "nothing", "", "sqlite"])
def test_an_address_of_no_supported_database_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(StoreError, match=r"store\.url"):
        Store.at(url or "://", busy_timeout_s=1)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite3"
    file.write_text("not a database " * 100)
    store = Store.at(f"sqlite:///{file}", busy_timeout_s=1)
    with pytest.raises(StoreError, match=r"store\.sqlite3"):
        schema.upgrade(store)
    store.close()


@pytest.mark.parametrize("address", ["kolmatch:geheim@localhost:1/x", "kolmatch@localhost:1/x?password=geheim"])
def test_a_database_that_is_down_is_told_without_its_password(address: str) -> None:
    store = Store.at(f"postgresql://{address}", busy_timeout_s=1)
    with pytest.raises(StoreError) as told:
        schema.current(store)
    assert "localhost" in told.value.en
    assert "geheim" not in told.value.en + told.value.vi


@pytest.mark.parametrize("address", ["postgresql://kolmatch:pass@word:geheim@localhost/x", "geheim"])
def test_an_address_that_is_none_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(StoreError) as told:
        Store.at(address, busy_timeout_s=1)
    assert "geheim" not in "".join(traceback.format_exception(told.value))


def test_a_writer_that_waits_too_long_is_told_so_and_nothing_is_written(store: Store) -> None:
    hurried = Store.at(store.engine.url.render_as_string(hide_password=False), busy_timeout_s=0.2)
    with store.writing("cli", NOW) as first:
        add_brief(first, "a")
        with pytest.raises(StoreError), hurried.writing("cli", NOW) as second:
            add_brief(second, "b")
    hurried.close()
    assert brief_ids(store) == ["a"]


def test_the_store_lies_under_the_home_folder_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    assert store_url(tmp_path, StoreSettings()) == f"sqlite:///{tmp_path}/store.sqlite3"
    assert store_url(tmp_path, StoreSettings(url="postgresql://a/b")) == "postgresql://a/b"


def test_sqlite_puts_each_commit_on_the_disk_and_holds_references(tmp_path: Path) -> None:
    store = Store.at(f"sqlite:///{tmp_path / 'one.sqlite3'}", busy_timeout_s=1)
    with store.reading() as session:
        found = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in _PRAGMAS}
    store.close()
    assert found == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
