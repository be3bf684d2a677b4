"""All tables: `python -m benchmarks.run`. Baselines and kolmatch in the same run, figures to a JSON file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks.evaluate import Contender, baseline_contenders, evaluate
from benchmarks.figures import FORMAT, OURS, Run, TaskFigures, versions
from benchmarks.ours import Prepared
from benchmarks.protocol import Task
from benchmarks.reach import measure_reach
from benchmarks.speed import measure_speed
from benchmarks.tables import speed_table, task_table
from benchmarks.tasks import DEFAULT_DATA, TASKS, variants
from benchmarks.tiktok_tasks import SEED
from benchmarks.world_task import NAME as WORLD
from benchmarks.world_task import sample_world
from kolmatch.errors import KolmatchError, UsageError
from kolmatch.settings import Settings

DEFAULT_TASKS: Final = (WORLD, *TASKS)
_WORLD_SEED: Final = 2026  # of the sample world whose reach is measured: the one of `kolmatch demo`


def possible_tasks(names: Sequence[str], data: Path, left_out: list[str]) -> Iterator[Task]:
    """Make the named tasks one after the other; what has no data is named in `left_out` instead.

    Raises:
        UsageError: no task has that name.
    """
    for name in names:
        if name == WORLD:
            yield sample_world(SEED)
        elif name not in TASKS:
            raise UsageError(
                f"Unknown task {name!r}. Choose from {', '.join((WORLD, *TASKS))}.",
                f"Không có bài đo {name!r}. Hãy chọn trong {', '.join((WORLD, *TASKS))}.",
            )
        elif TASKS[name].is_possible(data):
            yield TASKS[name].make(data)
        else:
            left_out.append(f"{name}: {TASKS[name].folder}/ is not in the data folder")


def same_history(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Put neighbours together that ask different things of one history: each system is fitted on it once.

    Whoever may learn from further texts has a history of its own.
    """
    group: list[Task] = []
    for task in tasks:
        if group and not (task.posts.equals(group[0].posts) and task.warm_start == group[0].warm_start):
            yield group
            group = []
        group.append(task)
    if group:
        yield group


def figures_of(tasks: Sequence[Task], settings: Settings, only: frozenset[str], console: Console) -> list[TaskFigures]:
    """Measure all systems on every variant of tasks that share a history, ours trained in a folder that then goes."""
    history = tasks[0]
    with tempfile.TemporaryDirectory(prefix="kolmatch-bench-") as folder:
        contenders = baseline_contenders(history, SEED)
        hashes: dict[str, str] = {}
        if not only or OURS in only:
            prepared = Prepared.of(history, Path(folder), settings, now=datetime.now(UTC))
            hashes = prepared.hashes()
            contenders.append(Contender(OURS, prepared.fit))
            if prepared.rejected:
                console.print(f"{history.name}: {prepared.rejected} rows of the history were rejected by the import")
        return evaluate(
            [variant for task in tasks for variant in variants(task)],
            [contender for contender in contenders if not only or contender.name in only],
            seed=SEED,
            catalogue_sha256=hashes,
            progress=_says(console),
        )


@click.command()
@click.option("--tasks", default=",".join(DEFAULT_TASKS), show_default=True, help="Names with commas; 'none' for none.")
@click.option("--systems", default="", help="Only these systems, names with commas; empty for all.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_DATA, help="Real data.")
@click.option("--encoder", default="static", show_default=True, help="'static', or a Sentence-Transformers model.")
@click.option("--speed/--no-speed", default=True, show_default=True, help="Measure speed and memory too.")
@click.option("--reach/--no-reach", default=True, show_default=True, help="Measure forecasts and captured reach too.")
@click.option("--scale", type=int, default=0, help="Speed on this many posts, the real ones repeated with noise.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("var/bench/figures.json"))
def run(tasks: str, systems: str, data: Path, encoder: str, speed: bool, reach: bool, scale: int, out: Path) -> None:
    """Print the tables of the evaluation and write their figures.

    Example: python -m benchmarks.run --tasks next_post,campaign_a --no-speed
    """
    console = Console(width=None if sys.stdout.isatty() else 150)
    try:
        settings = _settings(encoder)
        result = _measured(tasks, systems, data, settings, console)
        if reach:
            result = result.model_copy(update={"reach": measure_reach(data, settings, (_WORLD_SEED,), console)})
        if speed:
            result = result.model_copy(update={"speed": measure_speed(data, settings, scale, _says(console))})
            console.print(speed_table(result.speed))
        result.write(out)
    except KolmatchError as error:
        click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
        sys.exit(error.exit_code)
    console.print(f"Figures: {out}")


def _says(console: Console) -> Callable[[str], None]:
    return lambda what: console.print(f"[dim]{what}[/]", highlight=False)


def _settings(encoder: str) -> Settings:
    settings = Settings.load(None, os.environ)
    chosen = settings.encoder.model_copy(update={"model": encoder})
    return settings.model_copy(update={"encoder": chosen})


def _measured(tasks: str, systems: str, data: Path, settings: Settings, console: Console) -> Run:
    left_out: list[str] = []
    names = [] if tasks == "none" else tasks.split(",")
    figures = []
    only = frozenset(filter(None, systems.split(",")))
    for tasks_of_history in same_history(possible_tasks(names, data, left_out)):
        for found in figures_of(tasks_of_history, settings, only, console):
            console.print(task_table(found))
            figures.append(found)
    for message in left_out:
        console.print(f"Left out: {message}")
    return Run(
        format=FORMAT,
        created_at=datetime.now(UTC),
        seed=SEED,
        encoder=settings.encoder.model,
        versions=versions(),
        left_out=tuple(left_out),
        tasks=tuple(figures),
    )


if __name__ == "__main__":
    run()
