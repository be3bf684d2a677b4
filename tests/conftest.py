"""What many tests share: one bundle, trained once through the real way, and its matcher."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from models.matcher import Matcher
from tests import small_world
from training.pipeline import train
from training.publishing import train_and_publish

# The same examples on every run, and no time limit per example: machines are noisy, and speed is not tested here.
settings.register_profile("kolmatch", deadline=None, derandomize=True)
settings.load_profile("kolmatch")


def no_progress(stage: str, done: int, total: int) -> None:
    """Nobody watches a test."""


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the small world imported, trained and registered; treat as read-only."""
    home = tmp_path_factory.mktemp("home")
    small_world.fill(home, small_world.tables())
    train_and_publish(home, small_world.SMALL, month="2026-11", progress=no_progress)
    return home


@pytest.fixture(scope="session")
def small_bundle(small_home: Path) -> Path:
    """The folder of its one bundle; treat as read-only."""
    from models.bundle_files import champion_pointer

    return champion_pointer(small_home).folder


@pytest.fixture(scope="session")
def matcher(small_bundle: Path) -> Matcher:
    """What answers from it."""
    return Matcher.load(small_bundle)


@pytest.fixture(scope="session")
def shuffled_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same world, its rows imported in another order, trained again."""
    home = tmp_path_factory.mktemp("shuffled")
    small_world.fill(home, small_world.tables(), shuffled=7)
    return train(home, small_world.SMALL, month="2026-11", progress=no_progress)
