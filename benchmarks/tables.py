"""Figures as tables that a person reads."""

from __future__ import annotations

from rich.table import Table

from benchmarks.figures import OURS, Difference, Figure, Run, TaskFigures

SYNTHETIC_LABEL = "SYNTHETIC"


def task_title(task: TaskFigures) -> str:
    """Name, note and, where the data is invented, that it is."""
    label = f"{SYNTHETIC_LABEL}: " if task.synthetic else ""
    return f"{label}{task.task} ({task.note})"


def task_table(task: TaskFigures) -> Table:
    """Systems down, measures across, each with the 95 % interval of its difference to the strongest BM25."""
    table = Table(title=task_title(task), title_justify="left", title_style="bold", expand=False)
    table.add_column("system", no_wrap=True)
    for figure in task.systems[0].figures:
        table.add_column(figure.measure, justify="right", no_wrap=True)
        table.add_column("difference to BM25, 95 %", justify="right", no_wrap=True)
    table.add_column("fit s", justify="right")
    table.add_column("rank s", justify="right")
    for system in task.systems:
        cells = [cell for figure in system.figures for cell in (f"{figure.mean:.3f}", _difference(figure.difference))]
        style = "bold green" if system.system.startswith(OURS) else None
        table.add_row(system.system, *cells, f"{system.fit_s:.1f}", f"{system.rank_s:.1f}", style=style)
    return table


def speed_table(speed: dict[str, float]) -> Table:
    """Every speed figure; its unit is the end of its name."""
    table = Table(title="speed", title_justify="left", title_style="bold")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in speed.items():
        table.add_row(name, f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}")
    return table


def comparison_table(before: Run, after: Run) -> Table:
    """Every figure that both runs have, side by side."""
    table = Table(title="two runs side by side", title_justify="left", title_style="bold")
    for column in ("task", "system", "measure", "first", "second", "change"):
        table.add_column(column, justify="left" if column in ("task", "system", "measure") else "right")
    for key, (first, second) in paired_figures(before, after).items():
        table.add_row(*key, f"{first.mean:.4f}", f"{second.mean:.4f}", f"{second.mean - first.mean:+.4f}")
    return table


def speed_comparison(before: Run, after: Run) -> Table:
    """Speed figures that both runs have, and the second as a multiple of the first."""
    table = Table(title="speed, side by side", title_justify="left", title_style="bold")
    table.add_column("figure")
    for column in ("first", "second", "ratio"):
        table.add_column(column, justify="right")
    for name in (name for name in before.speed if name in after.speed):
        first, second = before.speed[name], after.speed[name]
        table.add_row(name, f"{first:,.2f}", f"{second:,.2f}", f"{second / first:.2f}" if first else "")
    return table


def paired_figures(before: Run, after: Run) -> dict[tuple[str, str, str], tuple[Figure, Figure]]:
    """Figures by task, system and measure that both runs have, for tasks that asked the same queries."""
    firsts, seconds = _by_key(before), _by_key(after)
    same = _hashes(before).items() & _hashes(after).items()
    alike = {task for task, _ in same}
    return {key: (first, seconds[key]) for key, first in firsts.items() if key in seconds and key[0] in alike}


def changed_tasks(before: Run, after: Run) -> list[str]:
    """Tasks of both runs whose queries differ, so that their figures must not be compared."""
    first, second = _hashes(before), _hashes(after)
    return sorted(task for task in first.keys() & second.keys() if first[task] != second[task])


def _hashes(run: Run) -> dict[str, str]:
    return {task.task: task.queries_sha256 for task in run.tasks}


def _by_key(run: Run) -> dict[tuple[str, str, str], Figure]:
    return {
        (task.task, system.system, figure.measure): figure
        for task in run.tasks
        for system in task.systems
        for figure in system.figures
    }


def _difference(difference: Difference | None) -> str:
    if difference is None:
        return "the reference"
    return f"{difference.mean:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
