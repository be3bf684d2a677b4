"""kolmatch on a task, by its real way: import the history from files, train a bundle, load it, rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.evaluate import DEPTH
from benchmarks.protocol import Query, Task
from data.catalogue import Catalogue, import_file
from kolmatch.settings import Settings
from models.brief import Brief
from models.matcher import Matcher
from training.pipeline import train

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


@dataclass(frozen=True)
class Ours:
    """A trained matcher as a contender."""

    matcher: Matcher

    def rankings(self, queries: Sequence[Query]) -> Iterator[list[str]]:
        """Creator ids, best first, for every query."""
        briefs = [query.brief or Brief(title=query.text) for query in queries]
        for ranking in self.matcher.rank(briefs, DEPTH):
            yield [creator_id for creator_id, _ in ranking]


@dataclass(frozen=True)
class Prepared:
    """A home folder whose catalogue holds a task's history and nothing of what is asked."""

    task: Task
    home: Path
    settings: Settings
    rejected: int

    @classmethod
    def of(cls, task: Task, home: Path, settings: Settings, *, now: datetime) -> Prepared:
        """Write the history as files of the import contract, and import them."""
        tables = {"creators": task.creators, "accounts": task.accounts, "posts": task.posts}
        return cls(task, home, settings, import_tables(tables, home, synthetic=task.synthetic, now=now))

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every table that is learned from."""
        return Catalogue.open(self.home).hashes()

    def fit(self) -> Ours:
        """Train on the history."""
        bundle = train(
            self.home,
            self.settings,
            month=last_post(self.task.posts).strftime("%Y-%m"),
            warm_start=self.task.warm_start,
            progress=lambda *_: None,
        )
        return Ours(Matcher.load(bundle))


def import_tables(tables: Mapping[str, pl.DataFrame], home: Path, *, synthetic: bool, now: datetime) -> int:
    """Import frames of the contract through JSONL files, as a user would; return how many rows were rejected.

    `now` is moved to the last post where that is later: an invented world may lie ahead of the clock.
    """
    latest = max(now, last_post(tables["posts"]))
    rejected = 0
    for name, frame in tables.items():
        if not frame.is_empty():
            file = home / "files" / f"{name}.jsonl"
            write_jsonl(frame, file)
            rejected += import_file(home, name, file, now=latest, synthetic=synthetic).rejected
    return rejected


def last_post(posts: pl.DataFrame) -> datetime:
    """When the last post was published or, if later, seen."""
    latest = max(filter(None, (posts["published_at"].max(), posts["observed_at"].max())))
    assert isinstance(latest, datetime)
    return latest


def write_jsonl(frame: pl.DataFrame, file: Path) -> None:
    """Write a frame as JSONL, times as ISO 8601 in UTC."""
    file.parent.mkdir(parents=True, exist_ok=True)
    times = [pl.col(name).dt.strftime(_TIME) for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    frame.with_columns(times).write_ndjson(file)
