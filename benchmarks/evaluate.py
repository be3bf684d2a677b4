"""All systems on one task: fit once on the history, answer every variant of the queries, measure, compare with BM25."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines import History, System, baselines, rankings
from benchmarks.figures import OURS, Difference, Figure, SystemFigures, TaskFigures, queries_hash, rounded
from benchmarks.protocol import Query, Task
from training.measures import measure, paired_bootstrap

DEPTH: Final = 1000  # what stands below this rank counts as not found: it changes MRR by less than 0.001
REFERENCE_PREFIX: Final = "BM25"

Progress = Callable[[str], None]


class Fitted(Protocol):
    """A system that has learned a history and can be asked."""

    def rankings(self, queries: Sequence[Query]) -> Iterable[Sequence[str]]:
        """Ids, best first, for every query in order."""
        ...


@dataclass(frozen=True)
class Contender:
    """A system by name, and how it is fitted."""

    name: str
    fit: Callable[[], Fitted]


@dataclass(frozen=True)
class Answers:
    """Values per query, shape `(n_queries,)`, of one system on one variant of a task."""

    system: str
    values: dict[str, NDArray[np.float64]]
    fit_s: float
    rank_s: float


@dataclass(frozen=True)
class Baseline:
    """A baseline as a fitted system."""

    system: System
    history: History

    def rankings(self, queries: Sequence[Query]) -> Iterator[list[str]]:
        """The first thousand ids for every query."""
        return rankings(self.system, self.history, [query.text for query in queries], DEPTH)


def baseline_contenders(task: Task, seed: int) -> list[Contender]:
    """Every baseline that makes sense on this task."""
    history = History.of(task)
    made = baselines(history, np.random.default_rng(seed))
    return [Contender(name, _fit_baseline(make, history)) for name, make in made.items()]


def evaluate(
    variants: Sequence[Task],
    contenders: Sequence[Contender],
    *,
    seed: int,
    catalogue_sha256: dict[str, str],
    progress: Progress,
) -> list[TaskFigures]:
    """Measure every contender on every variant of a task; all variants share one history."""
    answers: list[list[Answers]] = [[] for _ in variants]
    for contender in contenders:
        progress(f"{variants[0].name}: {contender.name}")
        started = time.perf_counter()
        fitted = contender.fit()
        fit_s = time.perf_counter() - started
        for variant, found in zip(variants, answers, strict=True):
            found.append(_answered(variant, contender.name, fitted, fit_s))
    return [_figures(task, found, seed, catalogue_sha256) for task, found in zip(variants, answers, strict=True)]


def values_of(task: Task, ranked: Iterable[Sequence[str]]) -> dict[str, NDArray[np.float64]]:
    """Each measure's value per query; excluded ids are taken out of a ranking first."""
    measures = {name: measure(name) for name in task.measures}
    values: dict[str, list[float]] = {name: [] for name in measures}
    for query, ranking in zip(task.queries, ranked, strict=True):
        kept = [item for item in ranking if item not in query.excluded]
        for name, of in measures.items():
            values[name].append(of(kept, query.grades))
    return {name: np.array(found, dtype=np.float64) for name, found in values.items()}


def _fit_baseline(make: Callable[[], System], history: History) -> Callable[[], Fitted]:
    return lambda: Baseline(make(), history)


def _answered(task: Task, name: str, fitted: Fitted, fit_s: float) -> Answers:
    started = time.perf_counter()
    values = values_of(task, fitted.rankings(task.queries))
    return Answers(name, values, fit_s, time.perf_counter() - started)


def _figures(task: Task, answers: Sequence[Answers], seed: int, catalogue_sha256: dict[str, str]) -> TaskFigures:
    reference = _reference(answers, task.measures[0])
    return TaskFigures(
        task=task.name,
        note=task.note,
        synthetic=task.synthetic,
        queries=len(task.queries),
        candidates=len(task.candidates),
        posts=task.posts.height,
        queries_sha256=queries_hash(task),
        catalogue_sha256=catalogue_sha256,
        systems=tuple(_system(found, reference, seed) for found in answers),
    )


def _reference(answers: Sequence[Answers], first_measure: str) -> Answers | None:
    """The strongest BM25 of this very run: comparing with a weaker one would flatter us."""
    lexical = [found for found in answers if found.system.startswith(REFERENCE_PREFIX)]
    return max(lexical, key=lambda found: float(found.values[first_measure].mean()), default=None)


def _system(found: Answers, reference: Answers | None, seed: int) -> SystemFigures:
    figures = tuple(
        Figure(
            measure=name,
            mean=float(values.mean()),
            difference=_difference(name, found, reference, seed),
            per_query=rounded(values) if found.system == OURS else (),
        )
        for name, values in found.values.items()
    )
    return SystemFigures(
        system=found.system, figures=figures, fit_s=round(found.fit_s, 3), rank_s=round(found.rank_s, 3)
    )


def _difference(name: str, found: Answers, reference: Answers | None, seed: int) -> Difference | None:
    if reference is None or found is reference:
        return None
    interval = paired_bootstrap(found.values[name], reference.values[name], np.random.default_rng(seed))
    return Difference(against=reference.system, mean=interval.mean, low=interval.low, high=interval.high)
