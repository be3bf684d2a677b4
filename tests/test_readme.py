"""What the README says is so: its commands and options exist, its links lead somewhere, both languages agree."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from kolmatch.cli import cli

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.en.md"]
OPERATIONS = ROOT / "docs" / "operations.md"
DOCUMENTS = [*READMES, *sorted((ROOT / "docs").rglob("*.md"))]


def commands(file: Path) -> list[list[str]]:
    """Words of every kolmatch command in the code blocks of a document."""
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", file.read_text("utf-8"), re.S) for line in block.splitlines()
    ]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("kolmatch ")]


@pytest.mark.parametrize("file", [*READMES, OPERATIONS], ids=lambda file: file.name)
def test_every_command_and_option_exists(file: Path) -> None:
    found = commands(file)
    assert len(found) > 10
    for _, *words in found:
        command: click.Command = cli
        while isinstance(command, click.Group) and not (words[:1] == [] and command.invoke_without_command):
            name, *words = words
            known = command.get_command(click.Context(command), name)
            assert known is not None, name
            command = known
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, command.name


def test_both_languages_show_the_same_commands() -> None:
    assert commands(READMES[0]) == commands(READMES[1])


@pytest.mark.parametrize("file", READMES, ids=lambda file: file.name)
def test_it_is_read_in_a_few_minutes_and_names_make_targets_that_exist(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) < 150
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    named = {word for match in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", text, re.M) for word in match if word}
    assert {"demo", "test"} <= named <= set(targets)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text("utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []
