"""`kolmatch import` and `kolmatch template`: what staff see, and the exit code that a script sees."""

from __future__ import annotations

from pathlib import Path

import click
import openpyxl
import polars as pl
import pytest
from click.testing import CliRunner, Result

from data.catalogue import Catalogue
from data.contract import TABLES
from kolmatch.cli import cli
from kolmatch.cli.catalogue import TABLE_NAMES
from kolmatch.cli.checkup import Verdict, check_catalogue
from kolmatch.errors import CatalogueEmpty, RowsRejected

GOOD = "creator_id,name\nc1,Một\nc2,Hai\n"
BAD = "creator_id,name,rate_vnd_per_post,ghi chú\nc3,Ba,12.500,x\nc4,,1,\nc5,Năm,1,\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], terminal_width=200)


def file_with(folder: Path, text: str, name: str = "creators.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_command_knows_every_table() -> None:
    assert list(TABLES) == list(TABLE_NAMES)


def test_a_good_file_exits_with_0(tmp_path: Path) -> None:
    result = run("import", "creators", file_with(tmp_path, GOOD), "--home", tmp_path)
    assert result.exit_code == 0
    assert "Hợp lệ · Accepted" in result.output
    assert Catalogue.open(tmp_path).rows() == {"creators": 2}


def test_a_bad_row_is_explained_listed_and_exits_with_1(tmp_path: Path) -> None:
    result = run("import", "creators", file_with(tmp_path, BAD), "--home", tmp_path)
    assert isinstance(result.exception, RowsRejected)
    assert result.exception.exit_code == 1
    assert "12.500" in result.output
    assert "bắt buộc" in result.output
    assert "ghi chú" in result.output
    (listed,) = (tmp_path / "rejects").glob("creators-*.csv")
    assert str(listed) in result.exception.vi
    assert pl.read_csv(listed).select("file", "row", "column").rows() == [
        ("creators.csv", 2, "rate_vnd_per_post"),
        ("creators.csv", 3, "name"),
    ]
    assert Catalogue.open(tmp_path).rows() == {"creators": 1}


def test_only_the_first_twenty_rejects_are_shown_and_all_are_listed(tmp_path: Path) -> None:
    rows = "".join(f"c{number},\n" for number in range(30))
    result = run("import", "creators", file_with(tmp_path, f"creator_id,name\n{rows}"), "--home", tmp_path)
    assert "(20/30)" in result.output
    (listed,) = (tmp_path / "rejects").glob("*.csv")
    assert pl.read_csv(listed).height == 30


def test_strict_takes_nothing(tmp_path: Path) -> None:
    result = run("import", "creators", file_with(tmp_path, BAD), "--home", tmp_path, "--strict")
    assert isinstance(result.exception, RowsRejected)
    with pytest.raises(CatalogueEmpty):
        Catalogue.open(tmp_path)


def test_a_dry_run_only_reports(tmp_path: Path) -> None:
    home = tmp_path / "home"
    result = run("import", "creators", file_with(tmp_path, BAD), "--home", home, "--dry-run")
    assert isinstance(result.exception, RowsRejected)
    assert "Dry run" in result.output
    assert not home.exists()


def test_one_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = file_with(tmp_path, "creator_id\nc1\n", "broken.csv")
    result = run("import", "creators", broken, file_with(tmp_path, GOOD), "--home", tmp_path)
    assert result.exit_code == 1
    assert "thiếu cột bắt buộc name" in result.output
    assert "lacks the required column name" in result.output
    assert Catalogue.open(tmp_path).rows() == {"creators": 2}


def test_synthetic_rows_are_labelled(tmp_path: Path) -> None:
    run("import", "creators", file_with(tmp_path, GOOD), "--home", tmp_path, "--synthetic")
    assert Catalogue.open(tmp_path).is_synthetic()


@pytest.mark.parametrize("arguments", [("import", "users", "a.csv"), ("import", "posts"), ("template", "users")])
def test_a_wrong_call_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["import", "template"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: kolmatch {command} posts" in result.output


def test_a_template_is_written_and_no_file_is_overwritten_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("template", "briefs").exit_code == 0
    assert openpyxl.load_workbook(tmp_path / "briefs.xlsx").sheetnames == ["briefs", "Giải thích"]
    assert run("template", "briefs").exit_code == 2
    assert run("template", "briefs", "--out", "khac.xlsx").exit_code == 0
    assert run("template", "briefs", "--out", "khac.csv").exit_code == 2


def test_the_commands_are_commands() -> None:
    context = click.Context(cli)
    for name in ("import", "template"):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_ids_that_differ_only_by_capital_letters_are_told_at_import_and_by_doctor(tmp_path: Path) -> None:
    people = file_with(tmp_path, "creator_id,name,opted_out\nKOL1,Một,có\nkol2,Hai,\n")
    assert "chữ hoa" not in run("import", "creators", people, "--home", tmp_path / "home").output
    posted = "post_id,creator_id,platform,published_at\np1,kol1,tiktok,2026-11-05\np2,kol2,tiktok,2026-11-05\n"
    result = run("import", "posts", file_with(tmp_path, posted, "posts.csv"), "--home", tmp_path / "home")
    assert result.exit_code == 0
    assert "có thể là một người: KOL1 = kol1." in " ".join(result.output.split())
    found = check_catalogue(tmp_path / "home")
    assert found.verdict is Verdict.NOTE
    assert "maybe one person each: KOL1 = kol1." in found.en
