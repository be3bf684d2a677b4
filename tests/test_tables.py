"""The catalogue as a model holds it: who and what may be in it, and who and what is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.catalogue import Catalogue, import_file
from kolmatch.errors import TooLittleData
from training.tables import Tables, read_tables

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Rows = Sequence[Mapping[str, Any]]


def post(creator: str, number: int, text: str | None, day: int = 1, **more: object) -> dict[str, Any]:
    return {
        "post_id": f"{creator}-{number}",
        "creator_id": creator,
        "platform": "tiktok",
        "published_at": f"2026-11-{day:02d}T08:00:00+07:00",
        "observed_at": "2026-11-19T08:00:00+07:00",
        "text": text,
        **more,
    }


def catalogue(home: Path, posts: Rows, creators: Rows = (), accounts: Rows = (), audiences: Rows = ()) -> Catalogue:
    """A catalogue imported from JSON lines, as staff would."""
    given = {"creators": creators, "accounts": accounts, "posts": posts, "audiences": audiences}
    for name, rows in given.items():
        if rows:
            file = home / f"{name}.jsonl"
            file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            report = import_file(home, name, file, now=NOW)
            assert report.rejected == 0, report.rejects
    return Catalogue.open(home)


def tables(home: Path, posts: Rows, creators: Rows = (), accounts: Rows = (), audiences: Rows = ()) -> Tables:
    return read_tables(catalogue(home, posts, creators, accounts, audiences))


def report(creator: str, **more: object) -> dict[str, Any]:
    """What a platform said of who watches a creator."""
    told = {"platform": "tiktok", "as_of": "2026-10-01", "source": "platform", "hcmc": 0.4}
    return {"creator_id": creator, **told, **more}


PLAIN = [post("an", 1, "dịch vụ công"), post("binh", 1, "món ngon")]


def texts_of(found: Tables) -> list[tuple[str, str | None]]:
    return list(found.posts.select("creator_id", "text").iter_rows())


@pytest.mark.parametrize(("column", "reason"), [("opted_out", "opted_out"), ("is_minor", "minor")])
def test_who_opted_out_or_is_a_minor_leaves_no_post_name_or_account(tmp_path: Path, column: str, reason: str) -> None:
    found = tables(
        tmp_path,
        [*PLAIN, post("cuc", 1, "bài của Cúc")],
        [{"creator_id": "cuc", "name": "Cúc Họa Mi", "category": "ẩm thực", "home_province": "hue", column: True}],
        [{"creator_id": "cuc", "platform": "tiktok", "handle": "@cuchoami"}],
        [report("cuc"), report("an")],
    )
    row = found.creators.row(by_predicate=pl.col("creator_id") == "cuc", named=True)
    assert (row["excluded"], row["name"], row["category"], row["n_posts"]) == (reason, None, None, 0)
    assert row["home_province"] is None
    assert found.accounts.is_empty()
    assert found.audiences["creator_id"].to_list() == ["an"]
    assert "cuc" not in found.posts["creator_id"]
    everything = str([frame.rows() for frame in (found.creators, found.accounts, found.posts)])
    assert "Họa Mi" not in everything
    assert "bài của Cúc" not in everything


def test_an_opt_out_is_named_before_the_age(tmp_path: Path) -> None:
    found = tables(tmp_path, PLAIN, [{"creator_id": "cuc", "name": "Cúc", "opted_out": True, "is_minor": True}])
    assert found.creators.select("creator_id", "excluded").rows() == [
        ("an", None),
        ("binh", None),
        ("cuc", "opted_out"),
    ]


def test_who_says_nothing_about_age_or_opting_out_may_be_listed(tmp_path: Path) -> None:
    found = tables(tmp_path, PLAIN, [{"creator_id": "an", "name": "An", "is_minor": False}])
    assert found.creators["excluded"].to_list() == [None, None]


def test_creators_without_a_row_are_named_by_their_id(tmp_path: Path) -> None:
    found = tables(tmp_path, PLAIN, [{"creator_id": "an", "name": "An Nhiên"}])
    assert found.creators.select("creator_id", "name", "kind").rows()[1] == ("binh", "binh", None)
    assert found.creators["name"][0] == "An Nhiên"
    assert found.creators["unnamed"].to_list()[:2] == [False, True]


def test_creators_without_posts_are_kept_with_none(tmp_path: Path) -> None:
    found = tables(tmp_path, PLAIN, [{"creator_id": "zung", "name": "Dũng"}])
    row = found.creators.row(by_predicate=pl.col("creator_id") == "zung", named=True)
    assert (row["n_posts"], row["recent_posts"], row["last_post_at"]) == (0, 0, None)


def test_one_text_of_a_creator_counts_once_as_its_newest_post_whatever_its_case(tmp_path: Path) -> None:
    found = tables(
        tmp_path,
        [post("an", 1, "Dịch vụ công", 3), post("an", 2, "DỊCH VỤ CÔNG", 9), post("binh", 1, "dịch vụ công", 5)],
    )
    assert found.posts["post_id"].to_list() == ["binh-1", "an-2"]


def test_the_same_caption_under_other_hashtags_is_another_text(tmp_path: Path) -> None:
    posts = [post("an", 1, "hay", hashtags="hcm"), post("an", 2, "hay", hashtags="vneid"), post("binh", 1, "hay")]
    assert len(tables(tmp_path, posts).posts) == 3


def test_what_is_said_tells_posts_without_a_caption_apart(tmp_path: Path) -> None:
    posts = [post("an", i, None, day=i, transcript=said) for i, said in enumerate(("nộp hồ sơ", "lấy kết quả"), 1)]
    found = tables(tmp_path, [*posts, post("binh", 1, "món ngon", 9)])
    assert found.transcripts == ["nộp hồ sơ", "lấy kết quả", None]


def test_posts_with_nothing_to_read_are_left_out_but_count_as_posts(tmp_path: Path) -> None:
    found = tables(
        tmp_path, [*PLAIN, post("an", 2, None, 2), post("an", 3, "   ", 3), post("an", 4, None, hashtags="hcm")]
    )
    assert sorted(found.posts["post_id"]) == ["an-1", "an-4", "binh-1"]
    assert found.creators["n_posts"].to_list() == [4, 1]


def test_reports_of_audiences_stand_by_creator_platform_and_time_with_what_is_missing(tmp_path: Path) -> None:
    reports = [report("binh"), report("an", as_of="2026-10-02"), report("an"), report("an", platform="facebook")]
    found = tables(tmp_path, PLAIN, audiences=reports).audiences
    assert found.select("creator_id", "platform").rows() == [
        ("an", "facebook"),
        ("an", "tiktok"),
        ("an", "tiktok"),
        ("binh", "tiktok"),
    ]
    assert found["as_of"].is_sorted() is False
    assert found["sample_size"].null_count() == 4


def test_counts_are_kept_of_every_post_of_who_may_be_listed_also_of_repeated_and_wordless_ones(tmp_path: Path) -> None:
    posts = [
        post("an", 1, "hay", 1, views=10, likes=3),
        post("an", 2, "hay", 2, views=20),
        post("an", 3, None, 3, views=30, comments=0),
        post("binh", 1, "món ngon", 4),
        post("cuc", 1, "bài của Cúc", 5, views=50),
    ]
    found = tables(tmp_path, posts, [{"creator_id": "cuc", "name": "Cúc", "opted_out": True}])
    assert found.counts.select("post_id", "views", "likes", "comments").rows() == [
        ("an-1", 10, 3, None),
        ("an-2", 20, None, None),
        ("an-3", 30, None, 0),
        ("binh-1", None, None, None),
    ]
    assert len(found.posts) == 2


def test_posts_stand_in_order_of_time_with_their_owners_and_ages(tmp_path: Path) -> None:
    found = tables(tmp_path, [post("binh", 1, "một", 11), post("an", 1, "hai", 1), post("binh", 2, "ba", 6)])
    assert texts_of(found) == [("an", "hai"), ("binh", "ba"), ("binh", "một")]
    assert found.ages.tolist() == [10.0, 5.0, 0.0]
    assert [found.creators["creator_id"][owner] for owner in found.owners.tolist()] == found.posts[
        "creator_id"
    ].to_list()


def test_the_order_of_the_rows_in_the_file_changes_nothing(tmp_path: Path) -> None:
    posts = [post("an", 1, "một", 3), post("an", 2, "hai", 3), post("binh", 1, "ba", 3), post("binh", 2, "bốn", 2)]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = tables(tmp_path / "a", posts), tables(tmp_path / "b", posts[::-1])
    assert first.posts.equals(second.posts)
    assert first.creators.equals(second.creators)
    assert first.owners.tolist() == second.owners.tolist()


def test_recent_posts_are_those_of_the_last_ninety_days(tmp_path: Path) -> None:
    old = post("an", 1, "cũ") | {"published_at": "2026-08-01T08:00:00+07:00"}
    found = tables(tmp_path, [old, post("an", 2, "mới", 10), post("binh", 1, "món ngon")])
    assert found.creators.select("n_posts", "recent_posts").rows() == [(2, 1), (1, 1)]


def test_platforms_and_formats_are_those_of_the_posts(tmp_path: Path) -> None:
    posts = [post("an", 1, "một", format="video"), post("an", 2, "hai", platform="youtube"), post("binh", 1, "ba")]
    row = tables(tmp_path, posts).creators.row(0, named=True)
    assert (row["platforms"], row["formats"]) == (["tiktok", "youtube"], ["video"])


@pytest.mark.parametrize(
    ("posts", "creators", "number"),
    [
        ([post("an", 1, "một"), post("an", 2, "hai"), post("binh", 1, None)], [], "1"),
        ([post("an", 1, "một"), post("binh", 1, "hai")], [{"creator_id": "an", "name": "An", "opted_out": True}], "1"),
        ([post("an", 1, None), post("binh", 1, None)], [], "0"),
    ],
)
def test_fewer_than_two_creators_with_texts_are_too_few(
    tmp_path: Path, posts: Rows, creators: Rows, number: str
) -> None:
    with pytest.raises(TooLittleData) as refused:
        tables(tmp_path, posts, creators)
    assert f" {number} " in refused.value.en
    assert f" {number} " in refused.value.vi


def test_creators_without_any_post_are_too_little(tmp_path: Path) -> None:
    with pytest.raises(TooLittleData):
        tables(tmp_path, [], [{"creator_id": "an", "name": "An"}, {"creator_id": "binh", "name": "Bình"}])
