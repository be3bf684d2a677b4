"""What is imported stays: once, newest first, whole after a crash, and labelled when it is synthetic."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.catalogue import SYNTHETIC_MARKER, Catalogue, ImportReport, import_file
from data.contract import STORED
from kolmatch.errors import (
    CatalogueBusy,
    CatalogueDamaged,
    CatalogueEmpty,
    CatalogueError,
    FileUnreadable,
    KolmatchError,
    UsageError,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Rows = list[dict[str, Any]]


def post(post_id: str, **cells: Any) -> dict[str, Any]:
    row = {"post_id": post_id, "creator_id": "c1", "platform": "tiktok", "published_at": "2026-10-01T00:00:00Z"}
    return {**row, **cells}


def write(folder: Path, rows: Rows, name: str = "rows.jsonl") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def take(home: Path, rows: Rows, table: str = "posts", **options: Any) -> ImportReport:
    return import_file(home, table, write(home / "files", rows), now=NOW, **options)


def posts_of(home: Path, *columns: str) -> list[tuple[Any, ...]]:
    return Catalogue.open(home).table("posts").select(columns).rows()


def state(home: Path) -> dict[str, bytes]:
    """Every byte that a reader of the catalogue can come to see."""
    folder = home / "catalogue"
    live = folder / (folder / "CURRENT").read_text(encoding="ascii").strip()
    return {file.name: file.read_bytes() for file in (folder / "CURRENT", *live.iterdir())}


# --- reading ---------------------------------------------------------------------------------------------------------


def test_an_empty_catalogue_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(CatalogueEmpty, match="kolmatch import creators FILE"):
        Catalogue.open(tmp_path)


def test_tables_are_typed_sorted_and_have_every_column(tmp_path: Path) -> None:
    take(tmp_path, [post("p2", views=5), post("p1")])
    catalogue = Catalogue.open(tmp_path)
    for name, table in STORED.items():
        assert catalogue.table(name).schema == table.schema
    assert posts_of(tmp_path, "post_id", "views", "likes") == [("p1", None, None), ("p2", 5, None)]
    assert catalogue.table("briefs").is_empty()
    assert catalogue.rows() == {"posts": 2}


def test_an_unknown_table_is_named(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")])
    with pytest.raises(UsageError, match="'users'"):
        Catalogue.open(tmp_path).table("users")


def test_an_open_catalogue_does_not_change(tmp_path: Path) -> None:
    take(tmp_path, [post("p1", views=1)])
    before = Catalogue.open(tmp_path)
    take(tmp_path, [post("p1", views=2)])
    assert before.table("posts")["views"].to_list() == [1]
    assert Catalogue.open(tmp_path).table("posts")["views"].to_list() == [2]


# --- new, newer, the same -------------------------------------------------------------------------------------------


def test_importing_the_same_rows_again_changes_no_byte(tmp_path: Path) -> None:
    rows = [post("p1", views=1, hashtags=["a"]), post("p2", observed_at="2026-10-02T00:00:00Z", views=2)]
    first = take(tmp_path, rows)
    before = state(tmp_path)
    second = take(tmp_path, rows)
    assert (first.new, first.written) == (2, True)
    assert (second.unchanged, second.new, second.replaced, second.written) == (2, 0, 0, False)
    assert state(tmp_path) == before


def test_a_newer_observation_replaces_and_an_older_one_never_does(tmp_path: Path) -> None:
    seen = {day: post("p1", views=day, observed_at=f"2026-10-{day:02d}T00:00:00Z") for day in (2, 5, 9)}
    assert take(tmp_path, [seen[5]]).new == 1
    assert take(tmp_path, [seen[9]]).replaced == 1
    assert take(tmp_path, [seen[2]]).superseded == 1
    assert take(tmp_path, [post("p1", views=100)]).superseded == 1
    assert posts_of(tmp_path, "views") == [(9,)]


def test_without_a_time_the_row_imported_last_is_newer(tmp_path: Path) -> None:
    take(tmp_path, [post("p1", views=9)])
    assert take(tmp_path, [post("p1", views=3)]).replaced == 1
    take(tmp_path, [{"creator_id": "c1", "name": "Cũ"}], "creators")
    take(tmp_path, [{"creator_id": "c1", "name": "Mới"}], "creators")
    assert posts_of(tmp_path, "views") == [(3,)]
    assert Catalogue.open(tmp_path).table("creators")["name"].to_list() == ["Mới"]


def test_within_a_file_the_newer_row_wins_and_is_no_reject(tmp_path: Path) -> None:
    report = take(
        tmp_path,
        [
            post("p1", views=9, observed_at="2026-10-09T00:00:00Z"),
            post("p1", views=2, observed_at="2026-10-02T00:00:00Z"),
            post("p2", views=1),
            post("p2", views=2),
        ],
    )
    assert (report.new, report.superseded, report.rejected) == (2, 2, 0)
    assert posts_of(tmp_path, "post_id", "views") == [("p1", 9), ("p2", 2)]


def test_accounts_are_as_new_as_their_date(tmp_path: Path) -> None:
    account = {"creator_id": "c1", "platform": "tiktok"}
    take(tmp_path, [{**account, "as_of": "2026-10-09", "followers": 9}], "accounts")
    take(tmp_path, [{**account, "as_of": "2026-10-02", "followers": 2}], "accounts")
    take(tmp_path, [{**account, "platform": "zalo", "followers": 1}], "accounts")
    assert Catalogue.open(tmp_path).table("accounts").select("platform", "followers").rows() == [
        ("tiktok", 9),
        ("zalo", 1),
    ]


def test_an_outcome_without_a_post_is_one_thing_too(tmp_path: Path) -> None:
    outcome = {"brief_id": "b1", "creator_id": "c1"}
    take(tmp_path, [{**outcome, "invited": True}], "outcomes")
    report = take(tmp_path, [{**outcome, "invited": False}, {**outcome, "post_id": "p1"}], "outcomes")
    assert (report.new, report.replaced) == (1, 1)


def test_every_dated_count_of_a_post_is_kept(tmp_path: Path) -> None:
    days = [5, 2, 9]
    for day in days:
        take(tmp_path, [post("p1", views=day, likes=1, observed_at=f"2026-10-{day:02d}T00:00:00Z")])
    take(tmp_path, [post("p2", views=3), post("p3", observed_at="2026-10-02T00:00:00Z")])
    history = Catalogue.open(tmp_path).table("observations")
    assert history["observed_at"].dt.day().to_list() == [2, 5, 9]
    assert history.select("post_id", "views", "saves").rows() == [("p1", day, None) for day in sorted(days)]


def test_an_opt_out_and_a_transcript_outlast_a_newer_row_that_is_silent_about_them(tmp_path: Path) -> None:
    take(tmp_path, [{"creator_id": "c1", "name": "Một", "opted_out": True}], "creators")
    take(tmp_path, [{"creator_id": "c1", "name": "Hai"}], "creators")
    take(tmp_path, [post("p1", transcript="xin chào", observed_at="2026-10-02T00:00:00Z", views=1)])
    take(tmp_path, [post("p1", observed_at="2026-10-09T00:00:00Z", views=2)])
    take(tmp_path, [post("p2", observed_at="2026-10-09T00:00:00Z")])
    late = take(tmp_path, [post("p2", transcript="muộn", observed_at="2026-10-02T00:00:00Z")])
    creators = Catalogue.open(tmp_path).table("creators")
    assert creators.select("name", "opted_out").rows() == [("Hai", True)]
    assert posts_of(tmp_path, "views", "transcript") == [(2, "xin chào"), (None, "muộn")]
    assert (late.replaced, late.superseded) == (1, 0)


def test_an_opt_out_ends_when_somebody_says_so(tmp_path: Path) -> None:
    take(tmp_path, [{"creator_id": "c1", "name": "Một", "opted_out": True}], "creators")
    take(tmp_path, [{"creator_id": "c1", "name": "Một", "opted_out": False}], "creators")
    assert Catalogue.open(tmp_path).table("creators")["opted_out"].to_list() == [False]


SIGHTINGS = st.lists(
    st.builds(
        lambda name, day, views, words: post(
            name, views=views, observed_at=f"2026-10-{day:02d}T00:00:00Z", **({"transcript": words} if words else {})
        ),
        st.sampled_from(["p1", "p2", "p3"]),
        st.integers(2, 28),
        st.integers(0, 9),
        st.sampled_from([None, "a", "b"]),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: (row["post_id"], row["observed_at"]),
)


@settings(max_examples=12, deadline=None)
@given(rows=SIGHTINGS, data=st.data())
def test_the_order_and_grouping_of_rows_do_not_matter(rows: Rows, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder) / "one", Path(folder) / "two"
        take(one, rows)
        for part in (shuffled[:cut], shuffled[cut:], rows):
            if part:
                take(two, part)
        assert Catalogue.open(one).hashes() == Catalogue.open(two).hashes()


@settings(max_examples=8, deadline=None)
@given(rows=SIGHTINGS)
def test_importing_twice_is_importing_once(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = take(Path(folder), rows)
        before = state(Path(folder))
        again = take(Path(folder), rows)
        assert first.accepted == again.accepted == len(rows)
        assert not again.written
        assert state(Path(folder)) == before


# --- reports ---------------------------------------------------------------------------------------------------------


def test_good_rows_go_in_and_bad_ones_are_told(tmp_path: Path) -> None:
    report = take(tmp_path, [post("p1"), post("p2", views=-1, platform="?"), post("p3", note="x")])
    assert (report.read, report.accepted, report.new, report.rejected) == (3, 2, 2, 1)
    assert report.rejects.select("file", "row", "column").rows() == [
        ("rows.jsonl", 2, "platform"),
        ("rows.jsonl", 2, "views"),
    ]
    assert report.unknown_columns == ("note",)
    assert posts_of(tmp_path, "post_id") == [("p1",), ("p3",)]


def test_strict_takes_nothing_from_a_file_with_a_bad_row(tmp_path: Path) -> None:
    report = take(tmp_path, [post("p1"), post("p2", views=-1)], strict=True)
    assert (report.rejected, report.written) == (1, False)
    with pytest.raises(CatalogueEmpty):
        Catalogue.open(tmp_path)


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "files", [post("p1"), post("p2", views=-1)])
    dry = import_file(tmp_path / "home", "posts", file, now=NOW, dry_run=True)
    assert not (tmp_path / "home").exists()
    wet = import_file(tmp_path / "home", "posts", file, now=NOW)
    assert (dry.new, dry.rejected, dry.written) == (wet.new, wet.rejected, False)


def test_posts_of_creators_not_imported_yet_are_accepted_and_counted(tmp_path: Path) -> None:
    take(tmp_path, [{"creator_id": "c1", "name": "Một"}], "creators")
    report = take(tmp_path, [post("p1"), post("p2", creator_id="c2")])
    assert (report.accepted, report.orphans) == (2, 1)


def test_a_file_without_a_good_row_changes_nothing(tmp_path: Path) -> None:
    report = take(tmp_path, [post("p1", platform="?")])
    assert (report.read, report.rejected, report.written) == (1, 1, False)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[float] = []
    take(tmp_path, [post("p1")], progress=told.append)
    assert told[-1] == 1.0


# --- synthetic -------------------------------------------------------------------------------------------------------


def test_the_label_lasts_as_long_as_a_synthetic_row(tmp_path: Path) -> None:
    take(tmp_path, [post("p1", views=1)], synthetic=True)
    take(tmp_path, [post("p2")])
    assert Catalogue.open(tmp_path).is_synthetic()
    take(tmp_path, [post("p1", views=2)])
    assert not Catalogue.open(tmp_path).is_synthetic()


def test_the_same_row_without_the_label_does_not_lose_it_and_with_it_gains_it(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")], synthetic=True)
    assert take(tmp_path, [post("p1")]).unchanged == 1
    assert Catalogue.open(tmp_path).is_synthetic()
    take(tmp_path / "other", [post("p1")])
    assert take(tmp_path / "other", [post("p1")], synthetic=True).replaced == 1
    assert Catalogue.open(tmp_path / "other").is_synthetic()


def test_a_folder_marked_synthetic_labels_its_files(tmp_path: Path) -> None:
    file = write(tmp_path / "world", [post("p1")])
    (tmp_path / "world" / SYNTHETIC_MARKER).write_text("made up\n", encoding="utf-8")
    import_file(tmp_path, "posts", file, now=NOW)
    assert Catalogue.open(tmp_path).is_synthetic()


# --- at rest ---------------------------------------------------------------------------------------------------------


def generations(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "catalogue").glob("gen-*"))


def test_unchanged_tables_are_the_same_file_and_old_generations_go(tmp_path: Path) -> None:
    take(tmp_path, [{"creator_id": "c1", "name": "Một"}], "creators")
    for views in range(3):
        take(tmp_path, [post("p1", views=views)])
    assert generations(tmp_path) == ["gen-000003", "gen-000004"]
    inodes = {(tmp_path / "catalogue" / name / "creators.parquet").stat().st_ino for name in generations(tmp_path)}
    assert len(inodes) == 1


def test_two_homes_with_the_same_rows_have_the_same_hashes(tmp_path: Path) -> None:
    rows = [post(f"p{number}", views=number, hashtags=["a", "b"]) for number in range(500)]
    take(tmp_path / "a", rows)
    take(tmp_path / "b", rows[::-1])
    assert Catalogue.open(tmp_path / "a").hashes() == Catalogue.open(tmp_path / "b").hashes()


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Path]:
    """The file of the posts, in a catalogue that was whole."""
    take(tmp_path, [post("p1")])
    Catalogue.open(tmp_path).verify()
    yield tmp_path / "catalogue" / "gen-000001" / "posts.parquet"
    with pytest.raises(CatalogueDamaged, match="gen-000001"):
        Catalogue.open(tmp_path).verify()
    assert (tmp_path / "catalogue" / "gen-000001").exists()


def test_a_file_of_another_length_is_refused_on_opening(damaged: Path, tmp_path: Path) -> None:
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(CatalogueDamaged, match=r"posts\.parquet.*bytes"):
        Catalogue.open(tmp_path)
    with pytest.raises(CatalogueDamaged):
        take(tmp_path, [post("p2")])


def test_a_missing_file_is_refused_on_opening(damaged: Path, tmp_path: Path) -> None:
    damaged.unlink()
    with pytest.raises(CatalogueDamaged, match=r"posts\.parquet"):
        Catalogue.open(tmp_path)


def test_a_changed_byte_is_found_by_verify(damaged: Path, tmp_path: Path) -> None:
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(CatalogueDamaged, match="SHA-256"):
        Catalogue.open(tmp_path).verify()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 9, "tables": {}}', '{"format": 1, "tables": {"a": {}}}']
)
def test_a_damaged_manifest_is_refused(content: str, damaged: Path, tmp_path: Path) -> None:
    (damaged.parent / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(CatalogueDamaged, match="manifest"):
        Catalogue.open(tmp_path)


def test_a_pointer_to_nowhere_is_refused(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")])
    (tmp_path / "catalogue" / "CURRENT").write_text("../elsewhere\n", encoding="ascii")
    with pytest.raises(CatalogueDamaged, match="names no generation"):
        Catalogue.open(tmp_path)


def test_a_second_writer_is_told_to_wait(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")])
    with (tmp_path / "catalogue" / ".lock").open("a") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        with pytest.raises(CatalogueBusy, match="Wait"):
            take(tmp_path, [post("p2")])
        assert posts_of(tmp_path, "post_id") == [("p1",)]
    assert take(tmp_path, [post("p2")]).new == 1


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogue").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(CatalogueError, match="Cannot write"):
        take(tmp_path, [post("p1")])


def test_an_unreadable_file_changes_nothing(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")])
    before = state(tmp_path)
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no more")
    with pytest.raises(FileUnreadable, match=r"bad\.parquet"):
        import_file(tmp_path, "posts", bad, now=NOW)
    assert state(tmp_path) == before


def test_what_a_crashed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    take(tmp_path, [post("p1")])
    folder = tmp_path / "catalogue"
    for name in ("gen-000002", ".gen-000002.abc.new", ".staging-abc"):
        (folder / name).mkdir()
        (folder / name / "half.parquet").write_bytes(b"half")
    (folder / ".CURRENT.abc.new").write_text("gen-0", encoding="ascii")
    assert posts_of(tmp_path, "post_id") == [("p1",)]
    take(tmp_path, [post("p2")])
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "CURRENT", "gen-000001", "gen-000002"]
    Catalogue.open(tmp_path).verify()


@settings(max_examples=20, deadline=None)
@given(content=st.binary(max_size=200), table=st.sampled_from(["posts", "creators"]))
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx", "a.parquet"])
def test_garbage_never_raises_anything_but_our_errors_and_changes_nothing(
    name: str, content: bytes, table: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        try:
            written = import_file(Path(folder), table, file, now=NOW).written
        except KolmatchError:
            written = False
        assert not written


# --- kill -9 ---------------------------------------------------------------------------------------------------------

BATCH = 400
ENDLESS_IMPORT = """
import json, sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from data.catalogue import Catalogue, import_file
home = Path(sys.argv[1])
for batch in count(int(sys.argv[2])):
    file = home / "batch.jsonl"
    row = {"creator_id": "c1", "platform": "tiktok", "published_at": "2026-10-01T00:00:00Z",
           "observed_at": "2026-10-02T00:00:00Z", "views": 1}
    file.write_text("".join(json.dumps({**row, "post_id": f"{batch:04d}-{i}"}) + "\\n" for i in range(%d)))
    print("start", batch, flush=True)
    import_file(home, "posts", file, now=datetime(2026, 11, 20, tzinfo=UTC))
    print("done", batch, flush=True)
"""


def killed_after(home: Path, first: int, seconds: float) -> int:
    """Import batch after batch until killed; the last batch that was acknowledged (or `first` - 1)."""
    command = [sys.executable, "-c", ENDLESS_IMPORT % BATCH, str(home), str(first)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    os.kill(process.pid, signal.SIGKILL)
    rest = process.communicate()[0].split()
    assert process.returncode == -signal.SIGKILL
    done = [int(number) for word, number in zip(rest[::2], rest[1::2], strict=False) if word == "done"]
    return max(done, default=first - 1)


def test_kill_9_at_any_moment_leaves_the_catalogue_before_or_after_an_import(tmp_path: Path) -> None:
    moments = [0.004, 0.031, 0.067, 0.113, 0.171]  # an import takes about 0.05 s, so that several parts of it are hit
    first = 0
    take(tmp_path, [post("before")])
    for seconds in moments:
        acknowledged = killed_after(tmp_path, first, seconds)
        catalogue = Catalogue.open(tmp_path)
        catalogue.verify()
        posts = catalogue.table("posts").filter(pl.col("post_id") != "before")
        batches = posts["post_id"].str.slice(0, 4).cast(pl.Int64).value_counts(sort=True).sort("post_id")
        assert set(batches["count"]) <= {BATCH}
        there = batches["post_id"].to_list()
        assert there == list(range(len(there)))
        assert len(there) - 1 in (acknowledged, acknowledged + 1)
        seen = catalogue.table("observations").filter(pl.col("post_id") != "before")
        assert_frame_equal(seen.select("post_id"), posts.select("post_id"))
        first = len(there)
    assert take(tmp_path, [post("after")]).new == 1
    assert not list((tmp_path / "catalogue").glob(".*.new"))
    assert not list((tmp_path / "catalogue").glob(".staging-*"))


def test_of_two_transcripts_the_later_stays_whatever_came_first(tmp_path: Path) -> None:
    said = {day: post("p1", observed_at=f"2026-10-0{day}T00:00:00Z", **({"transcript": words} if words else {}))
            for day, words in ((1, "cũ"), (2, "mới"), (3, None))}  # fmt: skip
    for number, order in enumerate(permutations((1, 2, 3))):
        for day in order:
            take(tmp_path / str(number), [said[day]])
        assert Catalogue.open(tmp_path / str(number)).table("posts")["transcript"].to_list() == ["mới"]
