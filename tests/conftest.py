"""What many tests share: one bundle, trained once through the real way, and its matcher."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from models.bundle_files import MANIFEST, champion_pointer, read_manifest, write_bundle
from models.matcher import Matcher
from serving.store import schema
from serving.store.database import Store
from tests import browser, browser_world, postgres, small_world
from training.mlflow_client import connect
from training.pipeline import train
from training.publishing import train_and_publish

# The same examples on every run, and no time limit per example: machines are noisy, and speed is not tested here.
settings.register_profile("kolmatch", deadline=None, derandomize=True)
settings.load_profile("kolmatch")

# What takes longest begins first, so that neither of two processes ends long before the other.
LONGEST = (
    "test_retrain.py",
    "test_evaluation_report.py",
    "test_backtest.py",
    "test_browser_pages.py",
    "test_registry.py",
    "test_pages_parts.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in that order, the others after them as they come."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


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
def mlflow_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's empty database, made once: sixty migrations take seconds; copy it."""
    database = tmp_path_factory.mktemp("tables") / "mlflow.db"
    connect(f"sqlite:///{database}", database)
    return database


@pytest.fixture(scope="session")
def small_bundle(small_home: Path) -> Path:
    """The folder of its one bundle; treat as read-only."""
    return champion_pointer(small_home).folder


@pytest.fixture(scope="session")
def second_bundle(small_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle with one more line end in a file: another id, the same answers."""
    folder = tmp_path_factory.mktemp("second") / "bundle"

    def fill(into: Path) -> None:
        shutil.copytree(small_bundle, into, dirs_exist_ok=True)
        (into / MANIFEST).unlink()
        with (into / "weights.json").open("a") as file:
            file.write("\n")

    given = read_manifest(small_bundle)
    kept = ("created_month", "synthetic", "trained_on", "settings", "metrics", "lock_hash", "code_sha256", "seed")
    write_bundle(folder, fill, **{name: getattr(given, name) for name in kept})
    return folder


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


DATABASES = ("sqlite", "postgresql") if postgres.programs() else ("sqlite",)


# Without the browser its tests are not there at all, and the report's head says so.
collect_ignore_glob = [] if browser.program() else ["test_browser_*.py"]


def pytest_report_header() -> list[str]:
    """Which databases the store is tested on, and whether the pages are seen by a browser."""
    stores = f"store: tested on {' and '.join(DATABASES)}" if len(DATABASES) > 1 else postgres.MISSING
    return [stores, f"pages: tested in {browser.program()}" if browser.program() else browser.MISSING]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file, each of which visits with a context of its own. Not for all files: as long
    as it runs no other test could run an event loop.
    """
    with browser.running() as running:
        yield running


@pytest.fixture(scope="session")
def sample_matcher(tmp_path_factory: pytest.TempPathFactory) -> Matcher:
    """What answers from the sample world, with views and audiences."""
    return browser_world.trained(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """A PostgreSQL server that runs as long as the tests do."""
    with postgres.server() as address:
        yield address


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"
    return postgres.new_database(request.getfixturevalue("postgres_address"), postgres.fresh_name())


@pytest.fixture
def empty_store(database_url: str) -> Iterator[Store]:
    """A store without tables."""
    store = Store.at(database_url, busy_timeout_s=5.0)
    yield store
    store.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    """A store with today's tables, empty."""
    schema.upgrade(empty_store)
    return empty_store
