"""kolmatch on a task, by its real way: import the history from files, train a bundle, load it, rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.evaluate import DEPTH
from benchmarks.history_files import import_files, last_post, write_tables
from benchmarks.protocol import Query, Task
from data.catalogue import Catalogue
from kolmatch.settings import Settings
from models.brief import Brief
from models.matcher import Matcher
from training.pipeline import train


@dataclass(frozen=True)
class Ours:
    """A trained matcher as a contender."""

    matcher: Matcher

    def rankings(self, queries: Sequence[Query]) -> Iterator[list[str]]:
        """Creator ids, best first, for every query."""
        briefs = [query.brief or Brief(title=query.text) for query in queries]
        for ranking in self.matcher.rank(briefs, DEPTH, by="fit"):
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
        """Write the history as files of the import contract, and import them.

        `now` is moved to the last post where that is later: an invented world may lie ahead of the clock.
        """
        tables = {"creators": task.creators, "accounts": task.accounts, "posts": task.posts}
        latest = max(now, last_post(task.posts))
        files = write_tables(tables, home / "files")
        return cls(task, home, settings, import_files(files, home, synthetic=task.synthetic, now=latest))

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
