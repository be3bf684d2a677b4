"""Options that every command has, and what they open."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kolmatch.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def home_option(command: Command) -> Command:
    """Add `--home`: the folder under which everything that a run makes lives."""
    return click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("var"),
        envvar="KOLMATCH_HOME",
        show_default=True,
        help="Folder of catalogue, bundles and MLflow.",
    )(command)


def config_option(command: Command) -> Command:
    """Add `--config`: the settings file."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        default=None,
        help="Settings file; kolmatch.toml in the repository documents every key.",
    )(command)


def load_settings(config: Path | None) -> Settings:
    """Settings from the file and the environment of this process."""
    from kolmatch.settings import Settings

    return Settings.load(config, os.environ)


def share_cores() -> None:
    """Let waiting threads sleep; call before torch is imported.

    Threads that spin while they wait made training eight times slower beside another busy process on two cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
