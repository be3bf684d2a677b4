"""What a cell may hold, and what is said of one that may not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.checks import Checked, check
from data.contract import ROW, TABLES, TEXT_LIMIT
from data.reasons import REASONS, REJECTS, explained, write_rejects

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
GOOD: dict[str, dict[str, str]] = {
    "creators": {"creator_id": "c1", "name": "Một"},
    "posts": {"post_id": "p1", "creator_id": "c1", "platform": "tiktok", "published_at": "2026-11-05T12:00:00Z"},
    "audiences": {"creator_id": "c1", "platform": "tiktok", "as_of": "2026-11-01", "source": "platform"},
    "briefs": {"brief_id": "b1", "title": "Dịch vụ công"},
}


def checked(table: str, **cells: str | None) -> Checked:
    row = {**GOOD[table], **cells}
    frame = pl.DataFrame({ROW: [2]} | {name: pl.Series([cell], dtype=pl.String) for name, cell in row.items()})
    return check(TABLES[table], frame, now=NOW)


def value(table: str, column: str, cell: str) -> object:
    result = checked(table, **{column: cell})
    assert result.problems.is_empty(), result.problems
    return result.good[column].to_list()[0]


def values(column: str, cells: list[str]) -> list[object]:
    """One column of many posts at once."""
    rows = {name: [cell] * len(cells) for name, cell in GOOD["posts"].items()}
    result = check(TABLES["posts"], pl.DataFrame({ROW: range(len(cells)), **rows, column: cells}), now=NOW)
    assert result.problems.is_empty(), result.problems
    return result.good[column].to_list()


def codes(table: str, **cells: str | None) -> list[tuple[str, str]]:
    return checked(table, **cells).problems.select("column", "code").rows()


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("0", 0),
        ("12500", 12500),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1e6", 1000000),
        ("250000.0", 250000),
        (" 7 ", 7),
        ("NaN", None),
        ("", None),
    ],
)
def test_counts(cell: str, number: int | None) -> None:
    assert value("posts", "views", cell) == number


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("12.500", "ambiguous"),
        ("12,500", "ambiguous"),
        ("1,2 triệu", "number"),
        ("1.2K", "number"),
        ("12.5", "whole"),
        ("-1", "low"),
        ("inf", "number"),
        ("1e400", "number"),
        ("99999999999999999999", "number"),
        ("1.23.456", "number"),
        ("đông", "number"),
    ],
)
def test_what_is_no_count_is_refused_never_guessed(cell: str, code: str) -> None:
    assert codes("posts", views=cell) == [("views", code)]


@pytest.mark.parametrize(
    ("cell", "share"), [("0.18", 0.18), ("0,18", 0.18), ("18%", 0.18), ("18,5 %", 0.185), ("1", 1.0), ("0", 0.0)]
)
def test_shares(cell: str, share: float) -> None:
    assert value("audiences", "female", cell) == pytest.approx(share)


@pytest.mark.parametrize(("cell", "code"), [("1.01", "high"), ("-0.1", "low"), ("18", "high"), ("120%", "high")])
def test_a_share_outside_zero_to_one_is_refused(cell: str, code: str) -> None:
    assert codes("audiences", hcmc=cell) == [("hcmc", code)]


def test_a_comma_before_three_digits_is_ambiguous_in_a_number() -> None:
    assert codes("posts", duration_s="1,234") == [("duration_s", "ambiguous")]
    assert value("posts", "duration_s", "12,5") == 12.5
    assert value("posts", "duration_s", "12.345") == 12.345


@pytest.mark.parametrize("cell", ["kolA\u200b", "kol\u202eA", "kol\u00a0A", "kol  A", "kol\u3164A", "kol\ufe0fA"])
def test_an_id_with_something_that_nobody_sees_is_refused(cell: str) -> None:
    assert codes("posts", creator_id=cell) == [("creator_id", "unseen")]
    assert value("posts", "creator_id", "kol A") == "kol A"


def test_what_turns_the_direction_of_writing_is_dropped_and_joined_emoji_stay() -> None:
    assert value("creators", "name", "An \u202eNhiên\u202c ❤\ufe0f 👩\u200d🏫") == "An Nhiên ❤\ufe0f 👩\u200d🏫"
    assert value("posts", "text", "\u2066xin chào\u2069") == "xin chào"
    assert value("posts", "hashtags", "#hcm\u200f") == ["hcm"]
    assert codes("creators", name="\u202e") == [("name", "missing")]


@pytest.mark.parametrize("zone", ["+99:00", "-14:30", "+1401"])
def test_a_zone_that_is_nowhere_is_refused(zone: str) -> None:
    assert codes("posts", published_at=f"2026-11-05T19:30:00{zone}") == [("published_at", "time")]
    assert value("posts", "published_at", "2026-11-05T19:30:00+14:00") == datetime(2026, 11, 5, 5, 30, tzinfo=UTC)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=2**62), min_size=1))
def test_digits_are_read_exactly(numbers: list[int]) -> None:
    assert values("views", [str(number) for number in numbers]) == numbers


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1))
def test_numbers_written_by_programs_are_read_exactly(numbers: list[float]) -> None:
    assert values("duration_s", [repr(number) for number in numbers]) == numbers


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-05T12:00:00Z", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("2026-11-05T19:00:00+07:00", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("2026-11-05T19:00:00+0700", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("2026-11-05T06:30:00.25-05:30", datetime(2026, 11, 5, 12, 0, 0, 250000, tzinfo=UTC)),
        ("2026-11-05 19:00", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("2026-11-05 19:00:00", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("05/11/2026 19:00", datetime(2026, 11, 5, 12, tzinfo=UTC)),
        ("5/11/2026", datetime(2026, 11, 4, 17, tzinfo=UTC)),
        ("2026-11-05", datetime(2026, 11, 4, 17, tzinfo=UTC)),
    ],
)
def test_times_are_kept_in_utc_and_without_a_zone_are_of_ho_chi_minh_city(cell: str, moment: datetime) -> None:
    assert value("posts", "published_at", cell) == moment


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("hôm qua", "time"),
        ("2026-13-01", "time"),
        ("2026-02-30", "time"),
        ("31/04/2026", "time"),
        ("1762300800", "time"),
        ("2026-11-05T25:00", "time"),
        ("2027-01-01", "future"),
        ("1970-01-01", "early"),
        ("", "missing"),
    ],
)
def test_what_is_no_time_of_a_post_is_refused(cell: str, code: str) -> None:
    assert codes("posts", published_at=cell) == [("published_at", code)]


ZONES = st.integers(min_value=-12 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
LATEST = datetime(2026, 1, 1)  # noqa: DTZ001 the zone is drawn


@settings(max_examples=20, deadline=None)
@given(st.lists(st.datetimes(datetime(2001, 1, 1), LATEST, timezones=ZONES), min_size=1))  # noqa: DTZ001
def test_iso_times_of_any_zone_are_read_exactly(moments: list[datetime]) -> None:
    assert values("published_at", [moment.isoformat() for moment in moments]) == moments


def test_dates() -> None:
    assert value("briefs", "starts_on", "2026-12-01 00:00:00") == date(2026, 12, 1)
    assert value("briefs", "ends_on", "31/12/2026") == date(2026, 12, 31)
    assert codes("briefs", ends_on="31/02/2026") == [("ends_on", "date")]


@pytest.mark.parametrize("cell", ["có", "Có", "x", "TRUE", "1", "1.0", "yes"])
def test_yes(cell: str) -> None:
    assert value("creators", "opted_out", cell) is True


@pytest.mark.parametrize("cell", ["không", "KHÔNG", "false", "0", "no"])
def test_no(cell: str) -> None:
    assert value("creators", "opted_out", cell) is False


def test_maybe_is_refused() -> None:
    assert codes("creators", opted_out="có thể") == [("opted_out", "boolean")]


@pytest.mark.parametrize(
    ("column", "cell", "items"),
    [
        ("hashtags", "#dichvucong #hcm, xuhuong", ["dichvucong", "hcm", "xuhuong"]),
        ("hashtags", '["#dịch vụ", "hcm", "hcm", ""]', ["dịch vụ", "hcm"]),
        ("hashtags", "[]", []),
        ("hashtags", "#", []),
        ("hashtags", "", None),
    ],
)
def test_lists(column: str, cell: str, items: list[str] | None) -> None:
    assert value("posts", column, cell) == items


def test_facets_of_a_brief_may_hold_spaces_and_commas() -> None:
    assert value("briefs", "must", "nộp hồ sơ, tra cứu; VNeID\nmức 4") == ["nộp hồ sơ, tra cứu", "VNeID", "mức 4"]


def test_a_list_of_choices_knows_them() -> None:
    assert value("briefs", "platforms", "TikTok; facebook") == ["tiktok", "facebook"]
    assert codes("briefs", platforms="tiktok; yahoo") == [("platforms", "choice")]


def test_a_broken_json_list_is_told_and_the_others_are_kept() -> None:
    cells = ['["a"]', '["a', '["b", 1, null]', '[{"x": 1}]', None]
    frame = pl.DataFrame(
        {ROW: range(5), "hashtags": cells} | {name: [cell] * 5 for name, cell in GOOD["posts"].items()}
    )
    result = check(TABLES["posts"], frame, now=NOW)
    assert result.good["hashtags"].to_list() == [["a"], ["b", "1"], None]
    assert result.problems.select("row", "code").rows() == [(1, "list"), (3, "list")]


def test_letters_are_composed_and_surrounding_space_goes() -> None:
    assert value("creators", "name", " Nguyê\u0303n\u00a0") == "Nguyễn"
    assert value("creators", "creator_id", "\tc1 ") == "c1"


@pytest.mark.parametrize("cell", ["a\x00b", "a\x1bb", "a\x7f"])
def test_control_characters_are_refused(cell: str) -> None:
    assert codes("posts", text=cell) == [("text", "control")]
    assert codes("creators", name=cell) == [("name", "control")]


def test_texts_may_have_lines_and_names_may_not() -> None:
    assert value("posts", "text", "một\r\nhai\tba") == "một\nhai\tba"
    assert codes("creators", name="một\nhai") == [("name", "control")]


def test_over_long_texts_are_refused() -> None:
    assert value("posts", "transcript", "đ" * TEXT_LIMIT) == "đ" * TEXT_LIMIT
    assert codes("posts", transcript="đ" * (TEXT_LIMIT + 1)) == [("transcript", "long")]
    assert codes("creators", creator_id="c" * 501) == [("creator_id", "long")]


def test_choices_are_known_whatever_their_case() -> None:
    assert value("posts", "platform", "TikTok") == "tiktok"
    assert codes("posts", platform="titok") == [("platform", "choice")]


def test_a_post_is_observed_after_it_is_published() -> None:
    assert codes("posts", observed_at="2026-11-05T11:59:59Z") == [("observed_at", "before_published")]
    assert value("posts", "observed_at", "2026-11-05T12:00:00Z") == datetime(2026, 11, 5, 12, tzinfo=UTC)


AGES = ("age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_plus")


@pytest.mark.parametrize(
    ("shares", "good"),
    [
        (("0.2", "0.2", "0.2", "0.2", "0.2"), True),
        (("0.2", "0.2", "0.2", "0.2", "0.22"), True),
        (("0.2", "0.2", "0.2", "0.2", "0.18"), True),
        (("0.2", "0.2", "0.2", "0.2", "0.23"), False),
        (("0.2", "0.2", "0.2", "0.2", "0.17"), False),
        (("0.2", None, "0.2", "0.2", "0.2"), True),
        (("0.6", None, "0.6", None, None), False),
        ((None, None, None, None, None), True),
    ],
)
def test_shares_by_age_add_up_unless_some_are_missing(shares: tuple[str | None, ...], good: bool) -> None:
    found = codes("audiences", **dict(zip(AGES, shares, strict=True)))
    assert [code for _, code in found] == ([] if good else ["age_sum"])


def test_a_brief_that_contradicts_itself_is_refused() -> None:
    assert codes("briefs", age_min="30", age_max="16") == [("age_max", "ages_swapped")]
    assert codes("briefs", starts_on="2026-12-31", ends_on="2026-12-01") == [("ends_on", "days_swapped")]


def test_all_problems_of_a_row_are_told_and_the_row_is_left_out_once() -> None:
    result = checked("posts", views="-1", platform="?", post_id=None)
    assert sorted(result.problems["column"]) == ["platform", "post_id", "views"]
    assert result.good.is_empty()


def test_an_absent_column_is_missing_never_zero() -> None:
    assert checked("posts").good["views"].to_list() == [None]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(TABLES["posts"].names), st.text(max_size=30)))
def test_any_text_is_either_good_or_explained(cells: dict[str, str]) -> None:
    result = checked("posts", **cells)
    assert result.good.height == (1 if result.problems.is_empty() else 0)
    assert set(result.problems["code"]) <= set(REASONS)


def test_rejects_are_explained_in_both_languages_in_the_order_of_the_file() -> None:
    posts = TABLES["posts"]
    cells = {name: [cell, cell] for name, cell in GOOD["posts"].items()} | {"views": ["-5", "x"], ROW: [9, 3]}
    rejects = explained(check(posts, pl.DataFrame(cells), now=NOW).problems, posts.columns, "posts.csv")
    assert rejects.schema == REJECTS
    assert rejects.rows() == [
        ("posts.csv", 3, "views", "x", "not a number; write digits only", "không phải số; hãy chỉ ghi chữ số"),
        ("posts.csv", 9, "views", "-5", "less than 0", "nhỏ hơn 0"),
    ]


def test_a_report_cannot_run_as_a_formula(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("rejects") / "rejects.csv"
    row = ("f.csv", 2, "views", "=HYPERLINK(1)", "not a number", "không phải số")
    write_rejects([pl.DataFrame([row], schema=REJECTS, orient="row")], file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert pl.read_csv(file)["value"].to_list() == ["'=HYPERLINK(1)"]
