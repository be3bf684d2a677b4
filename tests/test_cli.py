"""The command line as a person meets it: exit codes, both languages, JSON that parses, no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kolmatch import __version__
from kolmatch.cli import COMMANDS, main
from kolmatch.cli.shortlist_table import print_shortlist
from models.brief import Brief, brief_from_row
from models.matcher import Matcher
from tests.small_catalogue import import_rows, posts
from tests.small_world import LISTED, TITLE, briefs


@dataclass(frozen=True)
class Said:
    """What one call of `kolmatch` printed, and its exit code."""

    code: int
    out: str
    err: str


Kolmatch = Callable[..., Said]


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, small_home: Path) -> None:
    """Every call finds the small world, on a terminal wide enough for whole lines."""
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("KOLMATCH_HOME", str(small_home))


@pytest.fixture
def kolmatch(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kolmatch:
    return caller(capsys, monkeypatch)


def caller(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kolmatch:
    """What runs `kolmatch` in this process and says what it printed."""

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["kolmatch", *map(str, arguments)])
        code: str | int | None = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Said(int(code or 0), printed.out, printed.err)

    return call


def assert_refused_in_both_languages(said: Said, code: int, named: str) -> None:
    assert said.code == code
    assert "Lỗi: " in said.err
    assert "Error: " in said.err
    assert said.err.count(named) >= 2


def test_help_lists_every_command_and_version_is_that_of_the_code(kolmatch: Kolmatch) -> None:
    shown = kolmatch("--help")
    assert shown.code == 0
    assert all(name in shown.out for name in COMMANDS)
    assert __version__ in kolmatch("--version").out


def test_a_shortlist_is_a_table_with_names_evidence_and_the_model(kolmatch: Kolmatch, matcher: Matcher) -> None:
    said = kolmatch("shortlist", TITLE, "--top", "3")
    assert said.code == 0
    for shown in ("SYNTHETIC", "Kênh dvc (tổng hợp)", "dịch vụ công", matcher.bundle_id, "quyết định"):
        assert shown in said.out
    assert "Kênh xe" not in said.out


def test_explain_shows_parts_and_facets(kolmatch: Kolmatch) -> None:
    said = kolmatch("shortlist", TITLE, "--must", "nộp hồ sơ trực tuyến", "--must-not", "cá cược", "--explain")
    assert said.code == 0
    for shown in (
        "words +",
        "must_not -",
        "bắt buộc / must: nộp hồ sơ trực tuyến",
        "phải tránh / must not: cá cược",
        "✓",
        "×",
    ):
        assert shown in said.out


def test_json_is_the_whole_answer(kolmatch: Kolmatch) -> None:
    said = kolmatch("shortlist", TITLE, "--top", "2", "--nice", "định danh điện tử", "--json")
    answer = json.loads(said.out)
    assert [entry["rank"] for entry in answer["entries"]] == [1, 2]
    assert answer["brief"]["nice"] == ["định danh điện tử"]
    assert answer["synthetic"] is True
    first = answer["entries"][0]
    assert sum(part["value"] for part in first["parts"]) == pytest.approx(first["score"], abs=1e-4)


def test_platform_and_unknown_words_are_heeded_and_said(kolmatch: Kolmatch) -> None:
    answer = json.loads(kolmatch("shortlist", "zzqx dịch vụ công", "--platform", "youtube", "--json").out)
    assert {entry["creator_id"] for entry in answer["entries"]} == {"lua", "phim"}
    assert answer["unknown_words"] == ["zzqx"]
    assert "zzqx" in kolmatch("shortlist", "zzqx dịch vụ công").out


@pytest.mark.parametrize("text", ["", "🎉", "!!!"])
def test_a_brief_without_text_is_refused(kolmatch: Kolmatch, text: str) -> None:
    assert_refused_in_both_languages(kolmatch("shortlist", text), 1, repr(text))


def test_text_with_markup_is_shown_as_it_is(kolmatch: Kolmatch) -> None:
    said = kolmatch("shortlist", "dịch vụ công [/b] [red]", "--must", "[x]", "--explain")
    assert said.code == 0
    assert "[/b] [red]" in said.out


def test_without_a_model_the_next_step_is_told(kolmatch: Kolmatch, tmp_path: Path) -> None:
    for arguments in (("shortlist", TITLE), ("briefs", "similar", TITLE), ("creators", "briefs", "dvc")):
        assert_refused_in_both_languages(kolmatch(*arguments, "--home", tmp_path), 1, "kolmatch train")


def test_training_on_too_little_says_that_the_defaults_are_used(kolmatch: Kolmatch, tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(n_creators=5, posts_each=4))
    said = kolmatch("train", "--home", tmp_path, "--month", "2026-11")
    assert said.code == 0
    assert "Chưa đủ dữ liệu để học trọng số" in said.out
    assert "Too little data to fit weights" in said.out


def test_training_on_nothing_says_what_to_import(kolmatch: Kolmatch, tmp_path: Path) -> None:
    assert_refused_in_both_languages(kolmatch("train", "--home", tmp_path), 1, "kolmatch import")


@pytest.mark.parametrize(
    "arguments",
    [
        ("shortlist",),
        ("shortlist", "x", "--top", "0"),
        ("shortlist", "x", "--tpo", "3"),
        ("shortlst", "x"),
        ("train", "--month", "2026-13"),
        ("rank", "--briefs", "b.jsonl"),
        ("rank", "--briefs", "b.jsonl", "--out", "o.jsonl", "--by", "luck"),
    ],
)
def test_a_wrong_call_is_exit_code_two(kolmatch: Kolmatch, arguments: tuple[str, ...]) -> None:
    said = kolmatch(*arguments)
    assert said.code == 2
    assert "Error" in said.err


def test_a_wrong_setting_is_exit_code_two_and_named(
    kolmatch: Kolmatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text("[matcher]\nposts = 3\n", encoding="utf-8")
    assert_refused_in_both_languages(kolmatch("shortlist", "x", "--config", tmp_path / "own.toml"), 2, "matcher.posts")
    monkeypatch.setenv("KOLMATCH_PORT", "1")
    assert_refused_in_both_languages(kolmatch("models"), 2, "KOLMATCH_PORT")


def test_rank_writes_a_line_per_brief_as_the_matcher_ranks(
    kolmatch: Kolmatch, matcher: Matcher, tmp_path: Path
) -> None:
    file, out = tmp_path / "briefs.jsonl", tmp_path / "ranking.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in briefs()), encoding="utf-8")
    said = kolmatch("rank", "--briefs", file, "--top", "4", "--by", "fit", "--out", out)
    assert said.code == 0
    assert "3" in said.out
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["brief_id"] for line in lines] == [row["brief_id"] for row in briefs()]
    expected = matcher.rank([brief_from_row(row) for row in briefs()], 4, by="fit")
    assert [[(p["creator_id"], p["score"]) for p in line["ranking"]] for line in lines] == expected
    assert {frozenset(place) for line in lines for place in line["ranking"]} == {frozenset({"creator_id", "score"})}


def test_a_refused_brief_leaves_the_older_ranking_whole(kolmatch: Kolmatch, tmp_path: Path) -> None:
    file, out = tmp_path / "briefs.jsonl", tmp_path / "ranking.jsonl"
    out.write_text("older\n", encoding="utf-8")
    rows = [*briefs(), {"brief_id": "b9", "title": "🎉"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert_refused_in_both_languages(kolmatch("rank", "--briefs", file, "--out", out), 1, "b9")
    assert out.read_text(encoding="utf-8") == "older\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["briefs.jsonl", "ranking.jsonl"]


def test_rank_without_its_file_is_refused(kolmatch: Kolmatch, tmp_path: Path) -> None:
    said = kolmatch("rank", "--briefs", tmp_path / "gone.csv", "--out", tmp_path / "o.jsonl")
    assert_refused_in_both_languages(said, 1, "gone.csv")
    assert not (tmp_path / "o.jsonl").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("briefs", "similar", "trồng rau"),
        ("creators", "briefs", "xe"),
        ("why", "xe", "--brief", "thay nhớt"),
        ("rank", "--briefs", "briefs.jsonl", "--out", "ranking.jsonl"),
        ("forecast", "--out", "forecast.jsonl"),
    ],
)
def test_whatever_is_told_of_invented_creators_says_so(
    kolmatch: Kolmatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("briefs.jsonl").write_text(json.dumps({"brief_id": "b", "title": "thay nhớt"}) + "\n", encoding="utf-8")
    said = kolmatch(*arguments)
    assert said.code == 0
    assert said.out.startswith("DỮ LIỆU MẪU, KHÔNG CÓ THẬT / SYNTHETIC DATA")
    for written in (*Path().glob("ranking.jsonl"), *Path().glob("forecast.jsonl")):
        assert all(json.loads(line)["synthetic"] is True for line in written.read_text(encoding="utf-8").splitlines())


def test_similar_briefs_and_a_creators_briefs_are_tables(kolmatch: Kolmatch) -> None:
    near = kolmatch("briefs", "similar", "trồng rau sân thượng", "--top", "1")
    assert near.code == 0
    assert "b2" in near.out
    assert "b3" not in near.out
    suited = kolmatch("creators", "briefs", "xe", "--top", "1")
    assert suited.code == 0
    assert "b3" in suited.out
    assert f"1 / {len(LISTED)}" in suited.out


@pytest.mark.parametrize("creator", ["nobody", "roi"])
def test_an_unknown_creator_and_one_who_left_are_refused_alike(kolmatch: Kolmatch, creator: str) -> None:
    assert_refused_in_both_languages(kolmatch("creators", "briefs", creator), 1, creator)


def test_models_are_shown_with_alias_month_and_label(kolmatch: Kolmatch, matcher: Matcher) -> None:
    said = kolmatch("models")
    assert said.code == 0
    for shown in ("champion", "2026-11", matcher.bundle_id, "SYNTHETIC"):
        assert shown in said.out


@pytest.mark.parametrize(("title", "said"), [("lặn ngắm vịnh biển", True), ("nộp hồ sơ trực tuyến", False)])
def test_a_list_opens_with_its_verdict_when_nobody_speaks_of_the_topic(
    matcher: Matcher, capsys: pytest.CaptureFixture[str], title: str, said: bool
) -> None:
    print_shortlist(matcher.shortlist(Brief(title), 3), explain=False)
    before_table = capsys.readouterr().out.partition("┏")[0]
    assert ("No one on this list really speaks of this topic" in before_table) is said


def test_a_column_of_briefs_that_is_not_known_is_named_and_a_mistyped_one_refused(
    kolmatch: Kolmatch, tmp_path: Path
) -> None:
    file, out = tmp_path / "briefs.jsonl", tmp_path / "ranking.jsonl"
    line = {"brief_id": "b1", "title": "dịch vụ công", "ghi chú": "gấp"}
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    said = kolmatch("rank", "--briefs", file, "--out", out)
    assert said.code == 0
    assert "Cột không biết" in said.err
    assert "kept out: ghi chú" in said.err
    file.write_text(json.dumps(line | {"must_nott": ["rượu"]}) + "\n", encoding="utf-8")
    said = kolmatch("rank", "--briefs", file, "--out", out)
    assert said.code == 1
    assert "must_nott mà kolmatch không biết. Có phải là must_not?" in said.err
