"""Audiences and bought attention against what is known: `python -m benchmarks.presences`. Figures only, never rows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.history_files import import_files
from benchmarks.presence_world import covered, fit, reported_by, tables_of, truth_of, world_of
from benchmarks.tasks import DEFAULT_DATA
from data.catalogue import Catalogue
from features.provinces import CITY
from models.audience import SOURCES
from training.attention import bought_attention
from training.tables import read_tables

_SHARES: Final = (0.0, 0.03, 0.1, 0.3, 0.6, 1.0)  # of accounts that report
_POSTS: Final = 16_000  # fifty a creator: what shows bought views
_REAL: Final = ("tiktok_creators", "tiktok_trending")


def coverage(seeds: Sequence[int]) -> pl.DataFrame:
    """How often 80 % intervals hold the truth, and mean absolute errors, by where the ages come from."""
    found = []
    for seed in seeds:
        world = world_of(seed)
        with tempfile.TemporaryDirectory() as home:
            tables = tables_of(world, Path(home))
        posterior = fit(tables)
        truth = truth_of(posterior, tables, world)
        young, target = posterior.shares(provinces=()), posterior.shares(provinces=(CITY,))
        columns = {
            "source": [SOURCES[code] for code in posterior.source.tolist()],
            "16-30 held": covered(young, truth["young_share"]),
            "target held": covered(target, truth["target_share"]),
            "16-30 error": np.abs(young.mean - truth["young_share"].to_numpy()),
            "target error": np.abs(target.mean - truth["target_share"].to_numpy()),
        }
        found.append(pl.DataFrame(columns))
    every = pl.concat(found)
    means = [pl.len().alias("presences"), pl.exclude("source").mean()]
    return pl.concat(
        [every.group_by("source").agg(means).sort("source"), every.select(pl.lit("all").alias("source"), *means)]
    )


def learning(seeds: Sequence[int]) -> pl.DataFrame:
    """Error of the target share, and how often its interval holds, by how many accounts report."""
    found = []
    for seed in seeds:
        world = world_of(seed, reporting=1.0)
        with tempfile.TemporaryDirectory() as home:
            tables = tables_of(world, Path(home))
        for share in _SHARES:
            posterior = fit(reported_by(tables, share, np.random.default_rng(seed)))
            shares, truth = posterior.shares(), truth_of(posterior, tables, world)["target_share"]
            error = float(np.abs(shares.mean - truth.to_numpy()).mean())
            found.append({"reporting": share, "error": error, "held": float(covered(shares, truth).mean())})
    return pl.DataFrame(found).group_by("reporting").agg(pl.all().mean()).sort("reporting")


def fakes(seeds: Sequence[int]) -> dict[str, float]:
    """Precision and recall of creators with a sign of bought attention, over all worlds."""
    found = dict.fromkeys(("bought", "flagged", "right"), 0)
    for seed in seeds:
        world = world_of(seed, posts=_POSTS)
        with tempfile.TemporaryDirectory() as home:
            tables = tables_of(world, Path(home))
        flagged = set(tables.creators["creator_id"].gather(bought_attention(tables)["creator"].unique()))
        bought = set(world.truth.facts["bought_attention"])
        for name, creators in {"bought": bought, "flagged": flagged, "right": bought & flagged}.items():
            found[name] += len(creators)
    rates = {"precision": found["right"] / max(found["flagged"], 1), "recall": found["right"] / found["bought"]}
    return found | rates


def real_signs(data: Path) -> dict[str, float]:
    """Of real TikTok creators, how many have a sign of bought attention, by sign."""
    with tempfile.TemporaryDirectory() as home:
        for folder in _REAL:
            files = {name: data / folder / f"{name}.jsonl.gz" for name in ("creators", "accounts", "posts")}
            import_files(files, Path(home), synthetic=False, now=datetime.now(UTC))
        tables = read_tables(Catalogue.open(Path(home)))
    found = bought_attention(tables)
    posts = tables.counts.group_by("creator_id").len()["len"]
    by_sign = found.group_by("signal").agg(pl.col("creator").n_unique())
    figures = {"creators": float(len(posts)), "with 8 posts": float((posts >= 8).sum())}
    return figures | {"flagged": float(found["creator"].n_unique())} | dict(by_sign.iter_rows())


def _shown(frame: pl.DataFrame, title: str) -> Table:
    table = Table(*frame.columns, title=title)
    for row in frame.iter_rows():
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    return table


@click.command()
@click.option("--seeds", default="50-59", show_default=True, help="First and last seed of the sample worlds.")
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, help="Folder with real data, if any.")
def main(seeds: str, data: Path) -> None:
    """Print all tables.

    Example: python -m benchmarks.presences --seeds 50-52
    """
    first, last = (int(number) for number in seeds.split("-"))
    chosen, console = range(first, last + 1), Console()
    console.print(_shown(coverage(chosen), "SYNTHETIC: 80 % intervals of audience shares"))
    console.print(_shown(learning(chosen), "SYNTHETIC: target share by accounts that report"))
    console.print("SYNTHETIC: bought attention", fakes(chosen))
    if all((data / folder).is_dir() for folder in _REAL):
        console.print("Real TikTok creators with a sign of bought attention", real_signs(data))


if __name__ == "__main__":
    main()
