"""Views forecast and reach captured: `python -m benchmarks.reach`. Figures only, never rows.

Real: TikTok creators split by time, forecasts on those whose whole history is there, hashtags on all. The sample world
is SYNTHETIC; its truth says how many young viewers a post would reach.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.history_files import import_files, write_tables
from benchmarks.tables import SYNTHETIC_LABEL
from benchmarks.tasks import DEFAULT_DATA
from benchmarks.tiktok_tasks import CAMPAIGN_SPLIT, FOLDER, SEED
from data.catalogue import Catalogue, copy_until
from data.world import END, make_world
from kolmatch.settings import MatcherSettings, Settings
from models.bundle import load_bundle
from models.matcher import Matcher
from training.backtest import backtest
from training.capture import briefs_of_world, by_every_order, capture, later_hashtags, usual_orders
from training.figures import CaptureFigures, ForecastFigures, capture_figures, forecast_figures
from training.pipeline import train

WEIGHTS: Final = (0.0, 0.3, 0.5, 0.7, 1.5, 2.0, 2.5)  # of fit beside reach, tried besides the default
_HASHTAGS: Final = 1000
_TABLES: Final = ("creators", "accounts", "posts")
_LEVELS: Final = (10, 50, 90)


@dataclass(frozen=True, slots=True)
class Measured:
    """A table of either kind under its title."""

    title: str
    figures: ForecastFigures | CaptureFigures

    def as_dict(self) -> dict[str, float]:
        """Its figures by name."""
        if isinstance(self.figures, CaptureFigures):
            return {f"{self.title}, captured@{self.figures.top}: {one.name}": one.mean for one in self.figures.orders}
        found: dict[str, float] = {}
        for method in self.figures.methods:
            name = f"{self.title}: {method.name}"
            found |= {f"{name}, pinball {level}": loss for level, loss in zip(_LEVELS, method.losses, strict=True)}
            found |= {f"{name}, 80 % interval holds": method.coverage}
            found |= {f"{name}, rho": method.rho} if method.rho is not None else {}
        return found


def real(data: Path, settings: Settings) -> Iterator[Measured]:
    """Forecasts and captured views on real creators; nothing where the data are not there."""
    folder = data / FOLDER
    if not folder.is_dir():
        return
    tables = {name: pl.read_ndjson(folder / f"{name}.jsonl.gz", infer_schema_length=None) for name in _TABLES}
    # The rest are a creator's most viewed posts, or some: they say nothing of usual views, not even of who has both.
    posts = tables["posts"].filter(pl.col("sampling") == "full")
    full = {name: rows.join(posts, on="creator_id", how="semi") for name, rows in tables.items()} | {"posts": posts}
    with _split(full, settings) as (whole, past, bundle):
        contents = load_bundle(bundle)[1]
        found = backtest(whole, past, contents, CAMPAIGN_SPLIT, np.random.default_rng(SEED), lambda *_: None)
        assert found is not None
        for name, forecasts in (("next post", found.rolling), ("from the day", found.fixed)):
            figures = forecast_figures(forecasts, np.random.default_rng(SEED))
            assert figures is not None
            yield Measured(f"views, {name}", figures)
    with _split(tables, settings) as (whole, _, bundle):
        asked = later_hashtags(whole, CAMPAIGN_SPLIT, _HASHTAGS, np.random.default_rng(SEED))
        found_shares = capture(asked, _matchers(bundle), usual_orders(whole, CAMPAIGN_SPLIT), lambda *_: None)
        yield Measured("later views under a hashtag", capture_figures(found_shares, np.random.default_rng(SEED)))


def synthetic(seed: int, settings: Settings) -> Measured:
    """Captured young viewers on the briefs of a sample world."""
    world = make_world(np.random.default_rng(seed))
    with tempfile.TemporaryDirectory(prefix="kolmatch-bench-") as folder:
        home = Path(folder)
        import_files(write_tables(world.tables(), home / "files"), home, synthetic=True, now=END)
        bundle = train(home, settings, month=f"{END:%Y-%m}", progress=lambda *_: None)
        asked = briefs_of_world(world.briefs, world.truth)
        shares = capture(asked, _matchers(bundle), usual_orders(Catalogue.open(home), None), lambda *_: None)
    title = f"{SYNTHETIC_LABEL}: young viewers, sample world {seed}"
    return Measured(title, capture_figures(shares, np.random.default_rng(SEED)))


@contextmanager
def _split(tables: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[tuple[Catalogue, Catalogue, Path]]:
    """A catalogue of the tables, the same up to the split, and a bundle trained on that."""
    with tempfile.TemporaryDirectory(prefix="kolmatch-bench-") as folder:
        home, before = Path(folder) / "whole", Path(folder) / "past"
        import_files(write_tables(tables, home / "files"), home, synthetic=False, now=datetime.now(UTC))
        whole = Catalogue.open(home)
        past = copy_until(whole, CAMPAIGN_SPLIT, before)
        yield whole, past, train(before, settings, month=f"{CAMPAIGN_SPLIT:%Y-%m}", progress=lambda *_: None)


def _matchers(bundle: Path) -> dict[str, Matcher]:
    """One bundle asked in every order, and by impact with other weights of fit."""
    manifest, contents = load_bundle(bundle)
    weighted = {
        f"fit weighs {weight:g}: impact": Matcher(manifest, contents, MatcherSettings(fit_weight=weight))
        for weight in WEIGHTS
    }
    return by_every_order(Matcher(manifest, contents, MatcherSettings())) | weighted


def table(measured: Measured) -> Table:
    """As a person reads it."""
    figures = measured.figures
    if isinstance(figures, CaptureFigures):
        title = f"{measured.title} ({figures.asked} questions)"
        shown = Table("order", f"captured@{figures.top}", "impact is ahead by, 95 %", title=title, title_justify="left")
        for one in figures.orders:
            behind = f"{one.behind.mean:+.3f} [{one.behind.low:+.3f}, {one.behind.high:+.3f}]"
            shown.add_row(one.name, f"{one.mean:.3f}", behind)
        return shown
    return _forecast_table(measured.title, figures)


def _forecast_table(title: str, figures: ForecastFigures) -> Table:
    tiers = [tier.name for tier in figures.methods[0].tiers]
    heads = ["method", *(f"pinball {level}, to own posts" for level in _LEVELS), "80 % holds", *tiers, "rho"]
    shown = Table(*heads, title=f"{title} ({figures.posts} posts, {figures.creators} creators)", title_justify="left")
    for method in figures.methods:
        losses = [
            f"{loss:.4f} {ratio.mean:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"
            for loss, ratio in zip(method.losses, method.ratios, strict=True)
        ]
        held = [f"{share:.1%}" for share in (method.coverage, *(tier.coverage for tier in method.tiers))]
        shown.add_row(method.name, *losses, *held, "" if method.rho is None else f"{method.rho:.3f}")
    return shown


def measure_reach(data: Path, settings: Settings, seeds: Sequence[int], console: Console) -> dict[str, float]:
    """Measure and print everything, and return the figures by name."""
    found: dict[str, float] = {}
    for seed in seeds:
        found |= _shown(synthetic(seed, settings), console)
    for measured in real(data, settings):
        found |= _shown(measured, console)
    return found


def _shown(measured: Measured, console: Console) -> dict[str, float]:
    console.print(table(measured))
    return measured.as_dict()


@click.command()
@click.option("--seeds", default="2026-2028", show_default=True, help="First and last seed of the sample worlds.")
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, help="Folder with real data, if any.")
def main(seeds: str, data: Path) -> None:
    """Print all tables.

    Example: python -m benchmarks.reach --seeds 2026-2026
    """
    first, last = (int(number) for number in seeds.split("-"))
    measure_reach(data, Settings(), range(first, last + 1), Console(width=180))


if __name__ == "__main__":
    main()
