"""A backup made while others write brings back all that was there, on either database; a damaged one brings nothing."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from kolmatch.cli import cli
from kolmatch.errors import CatalogueDamaged, FileUnreadable, InputRefused
from kolmatch.settings import StoreSettings
from models.bundle_files import champion_pointer, verify
from serving.backup import CONTENTS, read_backup, write_backup
from serving.store import audit, schema
from serving.store.database import FILE_NAME, Store
from serving.store.tables import Base, BriefRow
from tests.api_world import NOW, SMALL, TinyAnswers, client_of, key_of
from tests.small_catalogue import flip_a_byte, import_rows

NO_URL = StoreSettings()


def no_report(stage: str, done: int, total: int) -> None:
    """Nobody watches a test."""


def fill(store: Store) -> None:
    client, headers = client_of(TinyAnswers, SMALL, store), key_of(store, "staff")
    for number in range(3):
        client.post("/v1/shortlists", json={"title": f"Dịch vụ công {number}"}, headers=headers)


def rows_of(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as session:
        tables = Base.metadata.sorted_tables
        return {table.name: sorted(map(tuple, session.execute(select(table))), key=str) for table in tables}


def opened(home: Path) -> Store:
    return Store.at(f"sqlite:///{home / FILE_NAME}", busy_timeout_s=5)


def test_what_was_backed_up_comes_back_row_for_row_with_its_trail(store: Store, tmp_path: Path) -> None:
    fill(store)
    file = tmp_path / "backup.tar"
    assert write_backup(tmp_path / "home", store, file, no_report) == [FILE_NAME]
    assert read_backup(file, tmp_path / "new", NO_URL, no_report) == [FILE_NAME]
    with closing(opened(tmp_path / "new")) as again:
        assert rows_of(again) == rows_of(store)
        with again.reading() as session:
            assert audit.verify(session).number > 3


def test_a_backup_moves_a_store_into_another_database_which_goes_on_counting(
    store: Store, empty_store: Store, database_url: str, tmp_path: Path
) -> None:
    with closing(Store.at(f"sqlite:///{tmp_path / 'other.sqlite3'}", busy_timeout_s=5)) as source:
        schema.upgrade(source)
        fill(source)
        write_backup(tmp_path / "home", source, tmp_path / "backup.tar", no_report)
        read_backup(tmp_path / "backup.tar", tmp_path / "new", StoreSettings(url=database_url), no_report)
        assert rows_of(store) == rows_of(source)
    assert not (tmp_path / "new" / FILE_NAME).exists()
    fill(store)
    with store.reading() as session:
        assert session.execute(select(func.count()).select_from(BriefRow)).scalar() == 6


def test_a_backup_under_load_is_one_moment(store: Store, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            with store.writing("cli", NOW) as writing:
                row = BriefRow(brief_id=f"b{number}", department="a", revision=1, created_at=NOW, created_by="cli")
                writing.session.add(row)
                writing.note("brief.create", row.brief_id)

    writer = threading.Thread(target=write)
    writer.start()
    for turn in range(3):
        write_backup(tmp_path / "home", store, tmp_path / f"{turn}.tar", no_report)
    done.set()
    writer.join()
    for turn in range(3):
        home = tmp_path / f"home-{turn}"
        read_backup(tmp_path / f"{turn}.tar", home, NO_URL, no_report)
        with closing(opened(home)) as again, again.reading() as session:
            briefs = session.execute(select(func.count()).select_from(BriefRow)).scalar()
            assert audit.verify(session).number == briefs


def test_models_catalogue_and_registry_come_back_whole(small_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(small_home, home)
    (home / "retrain" / "2026-11" / "work").mkdir(parents=True)
    kept = [home / "golden-briefs.toml", home / "retrain" / "2026-11" / "journal.json"]
    for file in (*kept, home / "retrain" / "2026-11" / "work" / "posts.parquet"):
        file.write_text("{}")
    with closing(opened(home)) as store:
        schema.upgrade(store)
        parts = write_backup(home, store, tmp_path / "backup.tar", no_report)
    assert parts == ["bundles", "catalogue", "golden-briefs.toml", "mlflow", "retrain", FILE_NAME]
    read_backup(tmp_path / "backup.tar", tmp_path / "new", NO_URL, no_report)
    assert all((tmp_path / "new" / file.relative_to(home)).exists() for file in kept)
    assert not (tmp_path / "new" / "retrain" / "2026-11" / "work").exists()
    assert verify(champion_pointer(tmp_path / "new").folder) == verify(champion_pointer(home).folder)
    generation = (home / "catalogue" / "CURRENT").read_text().strip()
    for file in (home / "catalogue" / generation).iterdir():
        assert (tmp_path / "new" / "catalogue" / generation / file.name).read_bytes() == file.read_bytes()
    with closing(sqlite3.connect(tmp_path / "new" / "mlflow" / "mlflow.db")) as registry:
        assert registry.execute("SELECT count(*) FROM model_versions").fetchone() == (1,)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with closing(Store.at(f"sqlite:///{tmp_path / 'one.sqlite3'}", busy_timeout_s=5)) as store:
        schema.upgrade(store)
        fill(store)
        write_backup(tmp_path / "home", store, tmp_path / "backup.tar", no_report)
    return tmp_path / "backup.tar"


def test_a_backup_that_was_changed_anywhere_is_refused_and_leaves_nothing(backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    for at in range(700, len(whole), len(whole) // 40):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        backup.write_bytes(damaged)
        if bytes(damaged[at : at + 1]) != whole[at : at + 1] and _is_content(whole, at):
            with pytest.raises(FileUnreadable):
                read_backup(backup, tmp_path / "new", NO_URL, no_report)
            assert not (tmp_path / "new").exists()


def _is_content(whole: bytes, at: int) -> bool:
    """Whether a byte belongs to a file rather than to the filling between and after them."""
    import io

    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        return any(m.offset_data <= at < m.offset_data + m.size for m in tar.getmembers())


@pytest.mark.parametrize("content", [b"", b"x" * 5000, b"PK\x03\x04"])
def test_a_file_that_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(content)
    with pytest.raises(FileUnreadable, match="no whole backup"):
        read_backup(file, tmp_path / "new", NO_URL, no_report)


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "bundles/../../outside"])
def test_a_backup_that_would_write_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    file, evil = tmp_path / "x.tar", tmp_path / "evil"
    evil.write_text("x")
    with tarfile.open(file, "w") as tar:
        tar.add(evil, "kept")
        info = tarfile.TarInfo(name)
        tar.addfile(info)
    with pytest.raises(FileUnreadable):
        read_backup(file, tmp_path / "new", NO_URL, no_report)
    assert not (tmp_path / "outside").exists()


def test_a_home_or_database_that_holds_something_is_left_alone(backup: Path, store: Store, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").write_text("x")
    with pytest.raises(InputRefused, match="holds something"):
        read_backup(backup, full, NO_URL, no_report)
    assert (full / "mine").read_text() == "x"
    fill(store)
    before = rows_of(store)
    url = StoreSettings(url=store.engine.url.render_as_string(hide_password=False))
    with pytest.raises(InputRefused, match="holds something"):
        read_backup(backup, tmp_path / "new", url, no_report)
    assert rows_of(store) == before


def test_the_list_of_contents_is_the_last_file(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert tar.getnames() == [FILE_NAME, CONTENTS]


# The commands


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--home", str(home)])


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    made = run(tmp_path, "keys", "create", "--name", "Cổng", "--role", "staff", "--department", "a", "--expires", "90d")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    key_id = secret.split("_")[1]
    assert secret.startswith("kolm_")
    listed = run(tmp_path, "keys", "list").output
    assert key_id in listed
    assert secret not in listed
    assert run(tmp_path, "keys", "revoke", key_id).exit_code == 0
    assert "revoked" in run(tmp_path, "keys", "list").output.replace("\n", "")


@pytest.mark.parametrize("value", ["", "x", "0d", "-5d", "2020-01-01", "2026-13-01", "d"])
def test_an_expiry_that_cannot_be_is_wrong_usage(tmp_path: Path, value: str) -> None:
    words = ("keys", "create", "--name", "a", "--role", "staff", "--department", "a", "--expires", value)
    assert run(tmp_path, *words).exit_code == 2


def test_an_expiry_day_is_included(tmp_path: Path) -> None:
    year = datetime.now(UTC).year + 1
    words = ("keys", "create", "--name", "a", "--role", "staff", "--department", "a", "--expires", f"{year}-06-30")
    assert run(tmp_path, *words).exit_code == 0
    assert f"{year}-07-01" in run(tmp_path, "keys", "list").output.replace("\n", "")


def test_the_trail_is_verified_and_its_end_printed_and_taken_again(tmp_path: Path) -> None:
    run(tmp_path, "keys", "create", "--name", "a", "--role", "staff", "--department", "a", "--expires", "9d")
    first = run(tmp_path, "audit", "verify")
    end = first.output.splitlines()[-1]
    assert (first.exit_code, end.startswith("1:")) == (0, True)
    assert run(tmp_path, "audit", "verify", "--since", end).exit_code == 0
    assert run(tmp_path, "audit", "verify", "--since", "x").exit_code == 2
    assert run(tmp_path, "audit", "verify", "--since", "1:" + "0" * 64).exception is not None


def test_backup_and_restore_from_the_command_line(tmp_path: Path) -> None:
    home, file = tmp_path / "home", str(tmp_path / "b.tar")
    assert run(home, "db", "upgrade").exit_code == 0
    assert run(home, "backup", file).exit_code == 0
    assert run(tmp_path / "new", "restore", file).exit_code == 0
    assert isinstance(run(tmp_path / "new", "restore", file).exception, InputRefused)
    assert (tmp_path / "new" / FILE_NAME).exists()


def test_a_backup_makes_no_folder_and_overwrites_no_file(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "b.tar"
    assert run(home, "db", "upgrade").exit_code == 0
    refused = run(home, "backup", str(tmp_path / "unmounted" / "b.tar")).exception
    assert isinstance(refused, InputRefused)
    assert "Ổ đĩa" in refused.vi
    assert not (tmp_path / "unmounted").exists()
    file.write_text("older", encoding="utf-8")
    refused = run(home, "backup", str(file)).exception
    assert isinstance(refused, InputRefused)
    assert "ghi đè" in refused.vi
    assert file.read_text(encoding="utf-8") == "older"


def test_a_damaged_catalogue_is_not_backed_up(store: Store, tmp_path: Path) -> None:
    import_rows(tmp_path / "home", "creators", [{"creator_id": "an", "name": "An (tổng hợp)"}])
    flip_a_byte(tmp_path / "home")
    with pytest.raises(CatalogueDamaged, match="SHA-256"):
        write_backup(tmp_path / "home", store, tmp_path / "b.tar", no_report)
    assert not (tmp_path / "b.tar").exists()
