"""Who watches each creator on each platform: for any ages and provinces a share with its interval and its source.

Three sources, the first there is: what was reported; a model of those who reported; dated figures of the platform.
Reported shares are a Dirichlet posterior whose prior is the model, so that a small or old report leans on it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.contract import AGE_BUCKETS
from features.audience import YOUNGEST, YOUTH, cut_variance, parts
from features.provinces import CITY, COUNTRY, province_code, share_outside_city
from kolmatch.errors import BriefRefused

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

TABLE_FILE: Final = "audience.parquet"
TOLD_FILE: Final = "audience_reports.parquet"
NOTES_FILE: Final = "audience.json"

# Where a share comes from; the position is its code.
SOURCES: Final = ("platform", "creator", "agency", "several", "model", "prior")
# What a reader is told: (Vietnamese, English).
AUDIENCE_SOURCES: Final = {
    "platform": ("nền tảng báo cáo", "reported by the platform"),
    "creator": ("nhà sáng tạo báo cáo", "reported by the creator"),
    "agency": ("đơn vị quản lý báo cáo", "reported by the agency"),
    "several": ("nhiều nguồn báo cáo", "several reports"),
    "model": ("ước lượng từ người có báo cáo", "estimated from those who reported"),
    "prior": ("số liệu chung của nền tảng", "figures of the whole platform"),
}
REPORTED: Final = SOURCES.index("several")  # codes up to this one are reports
MODEL: Final = SOURCES.index("model")
PRIOR: Final = SOURCES.index("prior")

# Log of how much likelier a young viewer is in the city than any viewer, mean and standard deviation: people move to
# the city when they are young. An assumption; nobody reports ages by province (docs/decisions/0011-audience.md).
YOUNG_IN_CITY: Final = (0.05, 0.1)
_OLD: Final = 45  # who asks up to here and from the youngest asks for nearly everybody
_YOUNG_UP_TO: Final = 34  # the last age of a bucket of the young: a range that goes on is of everybody
# Log spread of a province's share about its part of the people outside the city: audiences are local, reports silent.
PROVINCE_SD: Final = 0.7
CONFLICTING: Final = 4.0  # reports differ by twice what chance and their usual errors explain
_TENTH: Final = NormalDist().inv_cdf(0.9)
_EDGE: Final = 1e-6  # no share is nothing or all
_WIDEST: Final = 1.5  # log odds: 13 to 87 % about a half says "not known" well enough
_KEPT: Final = 4  # targets whose shares are kept: most briefs ask for one, and each costs 32 bytes a presence
_COLUMNS: Final[dict[str, pl.DataType]] = {
    "creators": pl.Int64(),
    "platforms": pl.String(),
    "ages_size": pl.Float64(),
    "hcmc": pl.Float64(),
    "hcmc_size": pl.Float64(),
    "vietnam": pl.Float64(),
    "vietnam_size": pl.Float64(),
    "source": pl.Int8(),
    "place_source": pl.Int8(),
    "as_of": pl.Datetime("us"),
    "sample_size": pl.Float64(),
    "reports": pl.Int64(),
    "conflict": pl.Float64(),
}
_MAY_LACK: Final = ("sample_size", "conflict")
TOLD_SCHEMA: Final = pl.Schema(
    {
        "presence": pl.Int64(),
        "source": pl.String(),
        "as_of": pl.Datetime("us"),
        "sample_size": pl.Float64(),
        "young": pl.Float64(),
        "hcmc": pl.Float64(),
        "vietnam": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True)
class AudienceShares:
    """Shares of viewers in a target, each (n,) in (0, 1): the 10, 50 and 90 % points, and the mean."""

    p10: Doubles
    p50: Doubles
    p90: Doubles
    mean: Doubles


@dataclass(frozen=True, slots=True)
class Portion:
    """A share that is not known exactly: its mean (n,) and the square of its relative standard deviation (n,)."""

    mean: Doubles
    spread: Doubles

    def of(self, whole: Portion) -> Portion:
        """This portion of another, the two independent of each other."""
        return Portion(self.mean * whole.mean, self.spread + whole.spread)

    def shares(self) -> AudienceShares:
        """Its points, as of normally distributed log odds.

        Their standard deviation is that of the share by the delta method, their mean such that the share has its own
        (D. MacKay, "The evidence framework applied to classification networks", 1992, equation 10 solved for it).
        """
        mean = np.clip(self.mean, _EDGE, 1.0 - _EDGE)
        sd = np.minimum(np.sqrt(self.spread) / (1.0 - mean), _WIDEST)
        middle = np.log(mean / (1.0 - mean)) * np.sqrt(1.0 + np.pi * sd**2 / 8)
        return AudienceShares(_expit(middle - _TENTH * sd), _expit(middle), _expit(middle + _TENTH * sd), mean)


def _expit(log_odds: Doubles) -> Doubles:
    chance: Doubles = 1.0 / (1.0 + np.exp(-log_odds))
    return chance


@dataclass(frozen=True, slots=True, eq=False)
class AudiencePosterior:
    """Audiences of all presences (creator on platform), sorted by creator row and platform.

    Attributes:
        creators: (n,) creator rows.
        platforms: (n,) names of platforms.
        ages: (n, 5) mean shares of the age buckets, as `data.contract.AGE_BUCKETS`.
        ages_size: (n,) what they are worth, in people asked (the sum of the Dirichlet's parameters).
        hcmc, vietnam: (n,) mean shares of viewers in the city and in the country; `*_size` what they are worth.
        source, place_source: (n,) codes as `SOURCES`: where ages, and where city and country come from.
        as_of: (n,) datetime64[us], UTC: the newest report, or the day of the prior's figure; else NaT.
        sample_size: (n,) people asked in all reports that say so; NaN where none does.
        reports: (n,) how many reports there are.
        conflict: (n,) by what factor they differ beyond chance and their usual errors; NaN for one or none.
        told: the reports, one row each, sorted by `presence` (a row of the arrays) and time: who said it, when, of how
            many people, the share aged 16 to 30, in the city and in the country; null where a report does not say.
        notes: how it was fitted, as JSON.
    """

    creators: Rows
    platforms: npt.NDArray[np.str_]
    ages: Doubles
    ages_size: Doubles
    hcmc: Doubles
    hcmc_size: Doubles
    vietnam: Doubles
    vietnam_size: Doubles
    source: Codes
    place_source: Codes
    as_of: npt.NDArray[np.datetime64]
    sample_size: Doubles
    reports: Rows
    conflict: Doubles
    told: pl.DataFrame
    notes: dict[str, Any]
    _kept: dict[tuple[tuple[int, int], tuple[str, ...]], AudienceShares] = field(
        init=False, default_factory=dict, repr=False
    )

    def __len__(self) -> int:
        return len(self.creators)

    def shares(self, ages: tuple[int, int] = YOUTH, provinces: Sequence[str] = (CITY,)) -> AudienceShares:
        """Share of each presence's viewers who are aged `ages` (both included) and live in one of the provinces.

        Args:
            ages: youngest and oldest.
            provinces: names or codes, also `vietnam`, as `features.provinces.province_code` reads them; none: anywhere.

        Raises:
            BriefRefused: there is no such province, or the ages are swapped.
        """
        if ages[0] > ages[1]:
            raise BriefRefused(
                f"The ages {ages[0]} to {ages[1]} are the wrong way round. Give the youngest first.",
                f"Độ tuổi {ages[0]} đến {ages[1]} bị ngược. Hãy ghi tuổi nhỏ nhất trước.",
            )
        codes = tuple(sorted({province_code(name) for name in provinces}))
        key = (ages, codes)
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = self._portion(ages, codes).shares()
        return self._kept[key]

    def to_frame(self) -> pl.DataFrame:
        """One row a presence, columns as the attributes; what is not known is null."""
        shares = pl.DataFrame(self.ages, schema=list(AGE_BUCKETS))
        return shares.with_columns(
            [pl.Series(name, getattr(self, name), nan_to_null=name in _MAY_LACK) for name in _COLUMNS]
        )

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, told: pl.DataFrame, notes: dict[str, Any]) -> AudiencePosterior:
        """The inverse of `to_frame`, with the reports and the notes beside it."""
        columns = {name: frame[name].cast(kind).to_numpy() for name, kind in _COLUMNS.items()}
        return cls(ages=frame.select(AGE_BUCKETS).to_numpy(), told=told, notes=notes, **columns)

    def told_of(self, row: int) -> pl.DataFrame:
        """The reports of one presence, the oldest first."""
        first, last = np.searchsorted(self.told["presence"].to_numpy(), (row, row + 1)).tolist()
        return self.told.slice(first, last - first)

    def save(self, folder: Path) -> None:
        """Write the posterior into an existing folder: two Parquet tables, and in JSON how it was fitted."""
        self.to_frame().write_parquet(folder / TABLE_FILE)
        self.told.write_parquet(folder / TOLD_FILE)
        (folder / NOTES_FILE).write_text(json.dumps(self.notes, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> AudiencePosterior:
        """Read what `save` wrote; the bundle has verified the files."""
        notes = json.loads((folder / NOTES_FILE).read_text(encoding="utf-8"))
        return cls.from_frame(pl.read_parquet(folder / TABLE_FILE), pl.read_parquet(folder / TOLD_FILE), notes)

    def _portion(self, ages: tuple[int, int], codes: tuple[str, ...]) -> Portion:
        aged = self._aged(*ages)
        if not codes:
            return aged
        if COUNTRY in codes:
            return aged.of(_beta(self.vietnam, self.vietnam_size))
        places = [self._city(ages)] if CITY in codes else []
        places += [self._province(code) for code in codes if code != CITY]
        total = np.sum([place.mean for place in places], axis=0)
        variance = np.sum([place.mean**2 * place.spread for place in places], axis=0)
        return aged.of(Portion(np.minimum(total, self.vietnam), variance / total**2))

    def _aged(self, low: int, high: int) -> Portion:
        cut = parts(self.ages, low, high)
        mean = np.maximum(np.einsum("nb,nb->n", cut, self.ages), _EDGE)
        asked = _beta(mean, self.ages_size)
        return Portion(mean, asked.spread + cut_variance(self.ages, cut) / mean**2)

    def _city(self, ages: tuple[int, int]) -> Portion:
        asked = _beta(self.hcmc, self.hcmc_size)
        if ages[0] <= YOUNGEST and ages[1] >= _OLD:
            return asked
        more, sd = YOUNG_IN_CITY
        factor = np.exp(more) if ages[1] <= _YOUNG_UP_TO else 1.0
        return Portion(np.minimum(asked.mean * factor, self.vietnam), asked.spread + sd**2)

    def _province(self, code: str) -> Portion:
        outside = np.maximum(self.vietnam - self.hcmc, _EDGE) * share_outside_city(code)
        return Portion(outside, np.full(len(self), PROVINCE_SD**2))


def _beta(mean: Doubles, size: Doubles) -> Portion:
    some = np.maximum(mean, _EDGE)
    return Portion(some, (1.0 - some) / (some * (size + 1.0)))
