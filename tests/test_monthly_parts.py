"""Parts of the monthly job: the city's months, the drop folder, golden briefs, what came in, movers and words."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.catalogue import Catalogue, copy_month
from data.tombstones import Tombstones
from kolmatch.cli.model import month_named
from kolmatch.cli.retraining import _month, retrain
from kolmatch.errors import FileUnreadable, RetrainError, RowsRejected
from kolmatch.files import sha256_of
from models.brief import Brief
from models.bundle import Contents
from models.matcher import Matcher
from models.shortlist import Entry
from tests.monthly_world import FIRST, KNOWN, MONTH, NEW, OCTOBER, SEPTEMBER, creators, drop, posts, put, september
from tests.small_catalogue import import_rows
from tests.small_world import TITLE
from training.monthly.calendar import ZONE, month_before, month_end, month_in, month_of, parting
from training.monthly.drift import drift
from training.monthly.drop import take_in, waiting
from training.monthly.golden import GoldenBriefs, golden_file, read_golden
from training.monthly.intake import intake
from training.monthly.journal import JOURNAL_FILE, LOG_FILE, Journal, Log
from training.monthly.lists import briefs_to_ask, exposure, golden_lines, guarded, make_lists
from training.monthly.movers import News, moved

BOUNDARY = datetime(2026, 9, 30, 17, tzinfo=UTC)  # midnight in the city


def test_a_month_ends_at_midnight_in_the_city() -> None:
    assert month_end("2026-09") == BOUNDARY
    assert month_end("2026-12") == datetime(2027, 1, 1, tzinfo=ZONE)
    assert [month_before("2026-03", back) for back in (0, 1, 3, 15)] == ["2026-03", "2026-02", "2025-12", "2024-12"]


def test_a_moment_is_of_the_citys_month() -> None:
    moments = [datetime(2026, 10, 31, 16, 59, tzinfo=UTC), datetime(2026, 10, 31, 17, tzinfo=UTC)]
    assert [month_of(moment) for moment in moments] == ["2026-10", "2026-11"]
    assert pl.DataFrame({"at": moments}).select(month_in("at"))["at"].to_list() == ["2026-10", "2026-11"]


def test_the_job_is_for_the_last_month_that_has_ended_in_the_city_and_no_other_word() -> None:
    command = click.Context(retrain)
    assert _month(command, retrain.params[0], None) == month_before(month_of(datetime.now(UTC)))
    this = month_of(datetime.now(UTC))
    with pytest.raises(click.BadParameter, match="2026-13"):
        _month(command, retrain.params[0], "2026-13")
    with pytest.raises(click.BadParameter, match=f"{this} has not ended.*{this} chưa kết thúc"):
        _month(command, retrain.params[0], this)


@pytest.mark.parametrize("month", ["1999-12", month_before(month_of(datetime.now(UTC)), -1)])
def test_a_model_is_made_for_no_month_to_come_and_none_before_platforms(month: str) -> None:
    with pytest.raises(click.BadParameter, match=f"{month}: give a month from 2000-01 to .* / hãy ghi tháng"):
        month_named(month)


@given(st.integers(0, 400), st.floats(0.01, 0.99))
def test_what_the_champion_has_seen_is_never_asked_about(hours: int, share: float) -> None:
    last = BOUNDARY + timedelta(hours=hours)
    at = parting(BOUNDARY, last, share)
    assert at > BOUNDARY
    assert at <= max(last, BOUNDARY + timedelta(microseconds=1))


def test_a_third_of_a_month_is_held_out_from_a_midnight_on() -> None:
    at = parting(datetime(2026, 11, 1, tzinfo=ZONE), datetime(2026, 11, 30, 12, tzinfo=ZONE), 0.34)
    assert at.isoformat() == "2026-11-20T00:00:00+07:00"


def test_posts_of_the_citys_next_month_are_not_used_and_whole_tables_keep_their_hash(tmp_path: Path) -> None:
    rows = [
        post | {"published_at": (BOUNDARY + timedelta(seconds=step)).isoformat(), "observed_at": OCTOBER.isoformat()}
        for post, step in zip(posts(KNOWN[:2], BOUNDARY, 1, 1.0), (-1, 0), strict=True)
    ]
    import_rows(tmp_path / "home", "creators", creators(KNOWN))
    import_rows(tmp_path / "home", "posts", rows)
    whole = Catalogue.open(tmp_path / "home")
    month = copy_month(whole, month_end("2026-09").astimezone(UTC), tmp_path / "month")
    assert month.table("posts")["creator_id"].to_list() == [KNOWN[0]]
    assert month.table("observations").height == 1
    later = copy_month(whole, month_end("2026-10").astimezone(UTC), tmp_path / "later")
    assert later.hashes() == whole.hashes()
    assert month.hashes()["creators"] == whole.hashes()["creators"]


# --- The drop folder


def test_files_are_told_by_their_names_and_half_written_ones_wait(tmp_path: Path) -> None:
    names = ["posts.csv.part", "posts-1.csv", "creators_tiktok.jsonl", "postscript.csv", ".posts.csv", "notes.txt"]
    for name in [*names, "posts-young.csv"]:
        (tmp_path / name).write_text("x", encoding="utf-8")
        os.utime(tmp_path / name, (OCTOBER.timestamp() - 300,) * 2)
    os.utime(tmp_path / "posts-young.csv", (OCTOBER.timestamp() - 3,) * 2)
    found = waiting(tmp_path, OCTOBER, 60.0)
    assert [(table, file.name) for table, file in found.ready] == [
        ("creators", "creators_tiktok.jsonl"),
        ("posts", "posts-1.csv"),
    ]
    assert found.unfinished == ("posts-young.csv", "posts.csv.part")
    assert found.unknown == ("notes.txt", "postscript.csv")


def taken(home: Path, folder: Path, known: frozenset[str] = frozenset()) -> list[tuple[str, int, int]]:
    found = take_in(
        *(home, waiting(folder, OCTOBER, 0.0), known, home / "rejects.csv"),
        now=OCTOBER,
        max_rejected_share=0.05,
        progress=lambda *_: None,
    )
    return [(one.table, one.new, one.rejected) for one in found]


def test_files_come_in_creators_first_and_never_twice(tmp_path: Path) -> None:
    folder = drop(tmp_path / "drop", posts=september(), creators=creators([*KNOWN, *NEW]))
    home = tmp_path / "home"
    assert taken(home, folder) == [("creators", 18, 0), ("posts", 282, 0)]
    assert Catalogue.open(home).is_synthetic()
    assert taken(home, folder) == [("creators", 0, 0), ("posts", 0, 0)]
    found = waiting(folder, OCTOBER, 0.0)
    assert taken(home, folder, frozenset(sha256_of(file) for _, file in found.ready)) == []


def test_a_few_bad_rows_are_listed_and_too_many_stop_the_job_before_anything_is_taken(tmp_path: Path) -> None:
    home, bad = tmp_path / "home", {"post_id": "x", "creator_id": "cu-00", "platform": "radio", "published_at": "?"}
    assert taken(home, drop(tmp_path / "few", posts=[*september(), bad])) == [("posts", 282, 1)]
    assert "radio" in (home / "rejects.csv").read_text("utf-8")
    other = tmp_path / "other"
    with pytest.raises(RowsRejected, match="max_rejected_share"):
        taken(other, drop(tmp_path / "many", creators=creators(NEW), posts=[*september()[:10], bad]))
    assert not (other / "catalogue" / "CURRENT").exists()


def test_rows_of_who_was_erased_stop_no_job_and_are_counted_apart(tmp_path: Path) -> None:
    home, people = tmp_path / "home", creators([*KNOWN, *NEW])
    folder = drop(tmp_path / "drop", creators=people)
    marks = Tombstones()
    for row in people[:9]:
        marks = marks.with_mark(marks.mark_of(str(row["creator_id"])))
    marks.write(home)
    found = take_in(
        *(home, waiting(folder, OCTOBER, 0.0), (), home / "rejects.csv"),
        now=OCTOBER,
        max_rejected_share=0.0,
        progress=lambda *_: None,
    )
    assert [(one.read, one.new, one.rejected, one.erased) for one in found] == [(18, 9, 0, 9)]
    assert not (home / "rejects.csv").exists()


HALF = {"empty": b"", "cut": gzip.compress(b"post_id,platform" * 99, mtime=0)[:30], "no head": b"post_id,cre"}


@pytest.mark.parametrize("content", HALF.values(), ids=HALF)
def test_half_a_file_stops_the_job_and_changes_nothing(tmp_path: Path, content: bytes) -> None:
    folder = drop(tmp_path / "drop", creators=creators(NEW))
    put(folder / ("posts.csv.gz" if content[:2] == b"\x1f\x8b" else "posts.csv"), content)
    with pytest.raises(FileUnreadable):
        taken(tmp_path / "home", folder)
    assert not (tmp_path / "home" / "catalogue" / "CURRENT").exists()


# --- Golden briefs, the journal, what came in


def test_golden_briefs_are_read_and_what_is_wrong_is_named(tmp_path: Path) -> None:
    assert golden_file(tmp_path, "") is None
    assert read_golden(None)[0].brief == ()
    file = tmp_path / "golden-briefs.toml"
    file.write_text('[[brief]]\nname = "a"\ntitle = "Nộp hồ sơ"\nmust_appear = ["x"]\ntop = 5\n', encoding="utf-8")
    assert golden_file(tmp_path, "") == file
    (one,) = read_golden(file)[0].brief
    assert (one.brief().title, one.must_appear, one.top) == ("Nộp hồ sơ", ("x",), 5)
    for wrong in ("[[brief]]\nname = 'a'\n", "[[brief]]\nname='a'\ntitle='x'\nmust_apear=[]\n", "version = 2\n", "["):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(FileUnreadable, match=r"golden-briefs\.toml"):
            read_golden(file)


def test_a_journal_is_what_was_written_or_refused(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path).with_step("check", {"a": 1}).with_step("import", {}).with_step("cut", {"b": None})
    assert Journal.open(tmp_path) == journal
    assert list(journal.without("import").steps) == ["check"]
    assert Journal.open(tmp_path).without("nothing").steps == {"check": {"a": 1}}
    (tmp_path / JOURNAL_FILE).write_text('{"format": 9}', encoding="utf-8")
    with pytest.raises(RetrainError, match="journal"):
        Journal.open(tmp_path)


def test_the_log_tells_the_citys_time(tmp_path: Path) -> None:
    Log(tmp_path / LOG_FILE).say(datetime(2026, 10, 31, 20, 30, tzinfo=UTC), "check: begins")
    assert (tmp_path / LOG_FILE).read_text(encoding="utf-8") == "2026-11-01T03:30:00+07:00 check: begins\n"


def test_a_month_is_held_against_the_three_before(tmp_path: Path) -> None:
    rows = [
        *posts(KNOWN, FIRST, 92, 3.0),
        *posts(KNOWN, FIRST, 92, 6.0, "youtube"),
        *posts(KNOWN, SEPTEMBER, 29, 3.0),
    ]
    rows[-1]["text"] = rows[-2]["text"]
    import_rows(tmp_path, "posts", rows)
    found = intake(Catalogue.open(tmp_path), MONTH, 10, 1, 0.05)
    assert (found.rows, found.rejected, found.posts) == (10, 1, 108)
    assert found.usual == pytest.approx(rows_before(rows) / 3)
    assert found.duplicates == pytest.approx(1 / 108)
    assert found.missing == ("youtube",)
    assert intake(Catalogue.open(tmp_path), "2026-06", 0, 0, 0.05).usual is None


def rows_before(rows: list[dict[str, object]]) -> int:
    return pl.DataFrame(rows).filter(pl.col("published_at") < "2026-09").height


# --- Lists of two models


GOLDEN = GoldenBriefs.model_validate(
    {
        "brief": [
            {"name": "dvc", "title": TITLE, "must_appear": ["dvc"], "must_not_appear": ["xe"], "top": 3},
            {"name": "xe", "title": "Kiểm tra phanh xe máy trước khi đi xa", "must_appear": ["xe", "nobody"], "top": 1},
        ]
    }
)


def test_golden_lines_say_who_is_where_staff_know_they_belong(matcher: Matcher) -> None:
    asked_about = [one.brief() for one in GOLDEN.brief]
    lists, seconds = make_lists(asked_about, GOLDEN, None, matcher, lambda *_: None)
    lines = golden_lines(GOLDEN, lists, 20)
    assert [(line.creator_id, line.must_appear, line.champion, line.challenger) for line in lines] == [
        ("dvc", True, None, True),
        ("xe", False, None, True),
        ("xe", True, None, True),
        ("nobody", True, None, False),
    ]
    assert seconds.champion is None
    assert seconds.challenger is not None
    assert seconds.challenger > 0


def test_golden_briefs_are_asked_first_then_earlier_ones_else_the_latest_hashtags(
    small_home: Path, tmp_path: Path
) -> None:
    asked_about = briefs_to_ask(Catalogue.open(small_home), GOLDEN)
    assert [brief.brief_id for brief in asked_about[:2]] == ["dvc", "xe"]
    assert {brief.brief_id for brief in asked_about[2:]} == {"b1", "b2", "b3"}
    import_rows(tmp_path, "posts", [*september()])
    tags = briefs_to_ask(Catalogue.open(tmp_path), GoldenBriefs())
    assert {brief.title for brief in tags} == {"#dichvucong", "#monngon"}  # which three used in the last tenth of posts


def test_exposure_is_the_mean_share_of_places_by_group(matcher: Matcher) -> None:
    lists, _ = make_lists([Brief(TITLE), Brief("nấu canh chua")], GoldenBriefs(), None, matcher, lambda *_: None)
    small = {entry.creator_id: "followers <10k" for entry in lists[0].challenger[:2]}
    both = [replace(one, champion=one.challenger, challenger=one.challenger[2:]) for one in lists]
    groups = {entry.creator_id: "followers <1M" for entry in lists[0].challenger} | small
    found = exposure(both, groups, np.random.default_rng(1))
    assert found["followers <10k"].champion == pytest.approx(2 / len(lists[0].challenger))
    assert found["followers <10k"].difference.mean < 0 < found["followers <1M"].difference.mean
    assert guarded(["followers <10k", "followers >=1M", "province hcmc", "kind press"]) == {
        "followers <10k",
        "province hcmc",
    }


def test_the_same_model_moves_nobody(matcher: Matcher, small_home: Path) -> None:
    lists, _ = make_lists([Brief(TITLE)], GoldenBriefs(), matcher, matcher, lambda *_: None)
    (same,) = moved(lists, matcher, matcher, News.of(Catalogue.open(small_home), MONTH))
    assert (same.rose, same.fell, same.stayed) == ((), (), same.of)
    swapped = [replace(lists[0], champion=renumbered(lists[0].challenger[::-1]))]
    (turned,) = moved(swapped, matcher, matcher, News({}, {"dvc": 2}))
    first = lists[0].challenger[0]
    assert turned.rose[0].creator_id == first.creator_id
    assert (turned.rose[0].now, turned.rose[0].before) == (1, same.of)


def renumbered(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(replace(entry, rank=place) for place, entry in enumerate(entries, start=1))


def test_a_word_that_rose_is_named_when_three_creators_use_it(matcher: Matcher, tmp_path: Path) -> None:
    rows = [*posts(KNOWN, FIRST, 92, 3.0), *posts(KNOWN, SEPTEMBER, 29, 3.0)]
    for row in rows:
        if row["published_at"] >= "2026-09":
            row["text"] += " lũ lụt #miennam"
    for row in rows[-8:]:
        row["text"] += " riêngmình"
    import_rows(tmp_path, "posts", rows)
    found = drift(Catalogue.open(tmp_path), MONTH, None, matcher_contents(matcher))
    assert {"lũ", "lụt"} <= {one.text for one in found.words}
    assert "riêngmình" not in {one.text for one in found.words}
    assert [(one.text, one.before, one.now) for one in found.tags] == [("miennam", 0.0, 1.0)]
    assert {row["month"] for row in found.volume} == {"2026-06", "2026-07", "2026-08", "2026-09"}


def matcher_contents(matcher: Matcher) -> Contents:
    return matcher._contents
