"""A history as files of the import contract, imported as a user would; nothing heavy is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from data.catalogue import import_file

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"


def write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> dict[str, Path]:
    """Write each table that has rows as JSONL, times as ISO 8601 in UTC; return table name -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.jsonl" for name, frame in tables.items() if not frame.is_empty()}
    for name, file in files.items():
        times = pl.selectors.datetime().dt.strftime(_TIME)
        tables[name].with_columns(times).write_ndjson(file)
    return files


def import_files(files: Mapping[str, Path], home: Path, *, synthetic: bool, now: datetime) -> int:
    """Import files by table name; return how many rows were rejected."""
    return sum(import_file(home, name, file, now=now, synthetic=synthetic).rejected for name, file in files.items())


def last_post(posts: pl.DataFrame) -> datetime:
    """When the last post was published or, if later, seen."""
    latest = posts.select(pl.max_horizontal(pl.col("published_at", "observed_at").max())).item()
    assert isinstance(latest, datetime)
    return latest
