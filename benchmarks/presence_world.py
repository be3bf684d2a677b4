"""The SYNTHETIC sample world as training reads it, and how an audience posterior does against its truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.history_files import import_files, write_tables
from data.catalogue import Catalogue
from data.world import END, World, make_world
from models.audience import AudiencePosterior, AudienceShares
from training.audience import fit_audience
from training.tables import Tables, read_tables


def world_of(seed: int, *, reporting: float = 0.6, posts: int = 960) -> World:
    """A world of 320 creators; a share of its accounts has an audience report."""
    return make_world(np.random.default_rng(seed), creators=320, posts=posts, months=6, reporting=reporting)


def tables_of(world: World, home: Path) -> Tables:
    """The world written, imported and read as training does."""
    import_files(write_tables(world.tables(), home / "files"), home, synthetic=True, now=END)
    return read_tables(Catalogue.open(home))


def reported_by(tables: Tables, share: float, rng: np.random.Generator) -> Tables:
    """The same with the reports of a share of the accounts alone; a larger share has those of a smaller one too."""
    keys = tables.accounts.select("creator_id", "platform")
    kept = keys.filter(pl.Series(rng.random(len(keys)) < share))
    return replace(tables, audiences=tables.audiences.join(kept, on=["creator_id", "platform"], how="semi"))


def fit(tables: Tables) -> AudiencePosterior:
    """The posterior without creators' texts."""
    return fit_audience(tables, None, np.random.default_rng(7))


def truth_of(posterior: AudiencePosterior, tables: Tables, world: World) -> pl.DataFrame:
    """The true presences in the posterior's order."""
    ids = tables.creators["creator_id"].gather(posterior.creators)
    presences = pl.DataFrame({"creator_id": ids, "platform": posterior.platforms.tolist()})
    return presences.join(world.truth.presences, on=["creator_id", "platform"], how="left", maintain_order="left")


def covered(shares: AudienceShares, truth: pl.Series) -> npt.NDArray[np.bool_]:
    """Whether the 80 % interval of each presence holds the truth."""
    values = truth.to_numpy()
    return (shares.p10 <= values) & (values <= shares.p90)
