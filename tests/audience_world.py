"""The SYNTHETIC sample world as tables, and how a posterior does against its truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from data.catalogue import Catalogue, import_file
from data.contract import TABLES
from data.world import END, World, make_world, write_world
from models.audience import AudiencePosterior, AudienceShares
from training.audience import fit_audience
from training.tables import Tables, read_tables


def tables_of(world: World, home: Path) -> Tables:
    """The world imported and read as training does."""
    folder = write_world(world, home / "sample-world")
    for table in TABLES:
        for file in folder.glob(f"{table}.*"):
            import_file(home, table, file, now=END, synthetic=True)
    return read_tables(Catalogue.open(home))


def world_of(seed: int, reporting: float = 0.6) -> World:
    return make_world(np.random.default_rng(seed), creators=320, posts=960, months=6, reporting=reporting)


def fit(tables: Tables) -> AudiencePosterior:
    return fit_audience(tables, None, np.random.default_rng(7))


def truth_of(posterior: AudiencePosterior, tables: Tables, world: World) -> pl.DataFrame:
    """The true presences in the posterior's order."""
    ids = tables.creators["creator_id"].gather(posterior.creators)
    presences = pl.DataFrame({"creator_id": ids, "platform": posterior.platforms.tolist()})
    return presences.join(world.truth.presences, on=["creator_id", "platform"], how="left", maintain_order="left")


def covered(shares: AudienceShares, truth: pl.Series) -> np.ndarray:
    """Whether the 80 % interval holds the truth."""
    values = truth.to_numpy()
    return (shares.p10 <= values) & (values <= shares.p90)


def reported_by(tables: Tables, share: float, rng: np.random.Generator) -> Tables:
    """The same with the reports of a share of the accounts alone."""
    keys = tables.accounts.select("creator_id", "platform")
    kept = keys.filter(pl.Series(rng.random(len(keys)) < share))
    return replace(tables, audiences=tables.audiences.join(kept, on=["creator_id", "platform"], how="semi"))
