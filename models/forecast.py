"""How many views a creator's next post will have: 10, 50 and 90 % points by platform and format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from safetensors.numpy import save_file

from features.arrays import map_arrays
from models.lift import TopicLift

Doubles = npt.NDArray[np.float64]

LEVELS: Final = (0.1, 0.5, 0.9)
LEAST_POSTS: Final = 5  # posts with known views; fewer are "too little data", whatever peers suggest

ROWS: Final = {
    "creator": pl.Int64(),
    "platform": pl.String(),
    "format": pl.String(),
    "p10": pl.Float64(),
    "p50": pl.Float64(),
    "p90": pl.Float64(),
    "level_error": pl.Float64(),
    "posts": pl.Int64(),
    "format_posts": pl.Int64(),
    "last_days": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class ViewsForecast:
    """Forecasts of one model.

    Attributes:
        rows: one row per creator (row), platform and format used there, sorted so: `p10`, `p50`, `p90` are natural logs
            of views + 1 of a post of no special topic, 90 days after it is published; `level_error` is the standard
            error of the creator's usual level (bootstrap over posts); `posts` how many posts of the presence have known
            views, `format_posts` how many of that format; `last_days` days from the presence's last post to the
            catalogue's.
        months: monthly effects by platform and format, see `training.view_effects.Effects.table`.
        growth: gains of views between the days of `features.views.GROWTH_DAYS`, by platform.
        lift: what a topic adds.
    """

    rows: pl.DataFrame
    months: pl.DataFrame
    growth: dict[str, tuple[float, ...]]
    lift: TopicLift

    def quantiles(self) -> Doubles:
        """(n_rows, 3) log views at `LEVELS`."""
        found: Doubles = self.rows.select("p10", "p50", "p90").to_numpy()
        return found

    def save(self, folder: Path) -> None:
        """Write the files of the forecast into a bundle's folder."""
        self.rows.write_parquet(folder / "forecasts.parquet")
        self.months.write_parquet(folder / "months.parquet")
        save_file({k: np.ascontiguousarray(v) for k, v in self.lift.arrays().items()}, folder / "lift.safetensors")
        (folder / "growth.json").write_text(json.dumps(self.growth, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ViewsForecast:
        """Read what `save` wrote; the bundle's hashes were verified before."""
        growth = json.loads((folder / "growth.json").read_text(encoding="utf-8"))
        return cls(
            pl.read_parquet(folder / "forecasts.parquet"),
            pl.read_parquet(folder / "months.parquet"),
            {platform: tuple(gains) for platform, gains in growth.items()},
            TopicLift.from_arrays(map_arrays(folder / "lift.safetensors")),
        )
