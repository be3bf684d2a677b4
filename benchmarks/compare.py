"""Two runs side by side: `python -m benchmarks.compare A.json B.json`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from benchmarks.figures import OURS, Run
from benchmarks.tables import changed_tasks, comparison_table, paired_figures, speed_comparison
from kolmatch.errors import KolmatchError
from training.measures import Interval, paired_bootstrap


def our_changes(before: Run, after: Run) -> dict[tuple[str, str], Interval]:
    """For each task and measure, how much ours changed, with its paired bootstrap interval over the same queries."""
    return {
        (task, measure): paired_bootstrap(
            np.array(second.per_query), np.array(first.per_query), np.random.default_rng(after.seed)
        )
        for (task, system, measure), (first, second) in paired_figures(before, after).items()
        if system == OURS and first.per_query and len(first.per_query) == len(second.per_query)
    }


@click.command()
@click.argument("first", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("second", type=click.Path(path_type=Path, dir_okay=False))
def compare(first: Path, second: Path) -> None:
    """Print what two runs have in common, and how ours changed.

    Example: python -m benchmarks.compare var/bench/old.json var/bench/figures.json
    """
    try:
        before, after = Run.read(first), Run.read(second)
    except KolmatchError as error:
        click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
        sys.exit(error.exit_code)
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(comparison_table(before, after))
    for (task, measure), change in our_changes(before, after).items():
        console.print(f"{OURS} {task} {measure}: {change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}]")
    for task in changed_tasks(before, after):
        console.print(f"{task}: the two runs asked different queries; not compared.")
    if before.speed and after.speed:
        console.print(speed_comparison(before, after))


if __name__ == "__main__":
    compare()
