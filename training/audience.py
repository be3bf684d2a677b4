"""The audience posterior: reports where there are some, a model of those who reported, else a dated prior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from data.contract import SOURCES
from features.audience import Pooled, Spread, pool, young
from features.audience_priors import CITY_SIZE, FACTS, VIETNAM_SHARE, VIETNAM_SIZE, city_share, platform_ages
from models.audience import MODEL, PRIOR, REPORTED, AudiencePosterior
from training.audience_model import (
    Described,
    Told,
    Vectors,
    describe,
    expect,
    from_log_odds,
    from_log_ratios,
    log_odds,
    log_ratios,
    worth,
)
from training.audience_reports import Reports, fit_spread, read_reports
from training.tables import Tables

Doubles = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

LEAST_REPORTED: Final = 30  # presences with a report before a model of a dozen effects and its errors say anything
_DIGITS: Final = 9  # kept of a figure: the last bits of a matrix product must not name a bundle
_LEAST_ON_PLATFORM: Final = 5  # reports on a platform before the model speaks of it: else its prior does


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What reports tell of an audience, in (m, k) shares.

    `to_line` makes numbers for a straight line of shares and sizes, `from_line` undoes it, `compared` is the one share
    in which two audiences are compared, `prior` what is known of presences (platform, home_province) without reports.
    """

    name: str
    to_line: Callable[[Doubles, Doubles], Doubles]
    from_line: Callable[[Doubles], Doubles]
    compared: Callable[[Doubles], Doubles]
    prior: Callable[[pl.DataFrame], tuple[Doubles, Doubles]]


@dataclass(frozen=True, slots=True)
class _Found:
    """Means (n, k) of all presences, their worth in people (n,), who rests on the prior alone (n,); and the reports."""

    means: Doubles
    sizes: Doubles
    guessed: npt.NDArray[np.bool_]
    pooled: Pooled
    spread: Spread


def fit_audience(tables: Tables, vectors: Vectors | None, rng: np.random.Generator) -> AudiencePosterior:
    """Fit the posterior of every presence: a creator who may be listed, on a platform they have an account or post on.

    Args:
        tables: the catalogue; its last post is the time that reports are dated against.
        vectors: (n_creators, dimension) what creators write, or None.
        rng: draws the folds of the model's cross-validation.
    """
    at = tables.counts["published_at"].max()
    assert isinstance(at, datetime)
    frame = presences_of(tables)
    reports = read_reports(tables.audiences, frame, at)
    described = describe(frame, vectors)
    ages, city, country = (_find(quantity, frame, described, reports, rng) for quantity in _QUANTITIES)
    return _assembled(frame, reports, at, ages, city, country)


def presences_of(tables: Tables) -> pl.DataFrame:
    """One row per presence, sorted by creator row and platform, with what is known of the creator."""
    seen = [table.select("creator_id", "platform") for table in (tables.accounts, tables.counts, tables.audiences)]
    creators = tables.creators.with_row_index("creator").with_columns(pl.col("creator").cast(pl.Int64))
    followers = tables.accounts.select("creator_id", "platform", "followers")
    return (
        pl.concat(seen)
        .unique()
        .join(creators.select("creator", "creator_id", "kind", "category", "home_province"), on="creator_id")
        .join(followers, on=["creator_id", "platform"], how="left")
        .sort("creator", "platform")
    )


def _find(
    quantity: _Quantity, frame: pl.DataFrame, described: Described, reports: Reports, rng: np.random.Generator
) -> _Found:
    pooled, spread = _pooled(quantity, reports, len(frame))
    means, sizes = quantity.prior(frame)
    guessed = np.ones(len(frame), dtype=bool)
    if (pooled.sizes > 0).sum() >= LEAST_REPORTED:
        modelled, worths = _modelled(quantity, described, pooled, rng)
        guessed = ~_heard(frame["platform"], pooled)
        means, sizes = np.where(guessed[:, None], means, modelled), np.where(guessed, sizes, worths)
    return _Found(*_updated(means, sizes, pooled), guessed, pooled, spread)


def _pooled(quantity: _Quantity, reports: Reports, n: int) -> tuple[Pooled, Spread]:
    """The reports of every presence put together, and how far they lie apart."""
    told, known = reports.told(quantity.name)
    rows = np.flatnonzero(known > 0)
    shares, compared = told[rows], quantity.compared(told[rows])
    spread = fit_spread(reports, rows, compared)
    sizes = known[rows] * spread.effective_sizes(reports.sizes[rows], reports.sources[rows], reports.days[rows])
    return pool(shares, sizes, compared, reports.presences[rows], n), spread


def _modelled(
    quantity: _Quantity, described: Described, pooled: Pooled, rng: np.random.Generator
) -> tuple[Doubles, Doubles]:
    """What the model expects of every presence, (n, k), and what that is worth in people, (n,)."""
    rows = np.flatnonzero(pooled.sizes > 0)
    shares, sizes = pooled.shares[rows], pooled.sizes[rows]
    expected = expect(described, Told(rows, quantity.to_line(shares, sizes), sizes), rng)
    means = quantity.from_line(expected.values)
    compared = quantity.compared(means[rows]), quantity.compared(shares)
    alone, more = worth(*compared, sizes, expected.elsewhere[rows])
    return means, np.where(expected.elsewhere, more, alone)


def _heard(platforms: pl.Series, pooled: Pooled) -> npt.NDArray[np.bool_]:
    """Presences on platforms with enough reports."""
    reported = platforms.filter(pl.Series(pooled.sizes > 0)).value_counts(name="reports")
    heard = reported.filter(pl.col("reports") >= _LEAST_ON_PLATFORM)["platform"]
    return platforms.is_in(heard.implode()).to_numpy()


def _updated(means: Doubles, sizes: Doubles, pooled: Pooled) -> tuple[Doubles, Doubles]:
    """Dirichlet update: what was expected and what was reported, each counting as many people as it is worth."""
    reported = np.where(pooled.sizes[:, None] > 0, pooled.shares, 0.0) * pooled.sizes[:, None]
    total = sizes + pooled.sizes
    return (means * sizes[:, None] + reported) / total[:, None], total


def _age_prior(frame: pl.DataFrame) -> tuple[Doubles, Doubles]:
    usual = {platform: platform_ages(platform) for platform in frame["platform"].unique()}
    shares, sizes = zip(*(usual[platform] for platform in frame["platform"]), strict=True)
    return np.stack(shares), np.array(sizes, dtype=np.float64)


def _city_prior(frame: pl.DataFrame) -> tuple[Doubles, Doubles]:
    usual = {home: city_share(home) for home in frame["home_province"].unique()}
    return np.array([[usual[home]] for home in frame["home_province"]]), np.full(len(frame), CITY_SIZE)


def _country_prior(frame: pl.DataFrame) -> tuple[Doubles, Doubles]:
    return np.full((len(frame), 1), VIETNAM_SHARE), np.full(len(frame), VIETNAM_SIZE)


def _only(shares: Doubles) -> Doubles:
    return shares[:, 0]


_QUANTITIES: Final = (
    _Quantity("ages", log_ratios, from_log_ratios, young, _age_prior),
    _Quantity("hcmc", log_odds, from_log_odds, _only, _city_prior),
    _Quantity("vietnam", log_odds, from_log_odds, _only, _country_prior),
)


def _assembled(
    frame: pl.DataFrame, reports: Reports, at: datetime, ages: _Found, city: _Found, country: _Found
) -> AudiencePosterior:
    n = len(frame)
    return AudiencePosterior(
        creators=frame["creator"].to_numpy(),
        platforms=frame["platform"].to_numpy().astype(np.str_),
        ages=ages.means.round(_DIGITS),
        ages_size=ages.sizes.round(_DIGITS),
        hcmc=city.means[:, 0].round(_DIGITS),
        hcmc_size=city.sizes.round(_DIGITS),
        vietnam=country.means[:, 0].round(_DIGITS),
        vietnam_size=country.sizes.round(_DIGITS),
        source=_source(reports, "ages", ages),
        place_source=_source(reports, "hcmc", city),
        as_of=_newest(reports, frame["platform"].to_list(), ages),
        sample_size=_asked(reports, n),
        reports=np.bincount(reports.presences, minlength=n),
        conflict=np.fmax(ages.pooled.conflict, city.pooled.conflict),
        told=reports.as_told(),
        notes=_notes(reports, at, ages, city, country),
    )


def _source(reports: Reports, name: str, found: _Found) -> npt.NDArray[np.int8]:
    """Where each presence's figure comes from, as codes of `models.audience.SOURCES`."""
    _, known = reports.told(name)
    codes = np.where(found.guessed, PRIOR, MODEL).astype(np.int8)
    for source in range(len(SOURCES)):
        mine = np.unique(reports.presences[(known > 0) & (reports.sources == source)])
        codes[mine] = np.where(codes[mine] > REPORTED, source, REPORTED)
    return codes


def _newest(reports: Reports, platforms: list[str], found: _Found) -> npt.NDArray[np.datetime64]:
    """Day of the newest report, of the prior's figure, or none."""
    newest = np.full(len(platforms), np.datetime64("NaT", "us"))
    for platform, fact in FACTS.items():
        newest[found.guessed & (np.array(platforms) == platform)] = np.datetime64(fact.as_of, "us")
    last = np.flatnonzero(np.diff(reports.presences, append=-1))  # reports are sorted by presence and time
    newest[reports.presences[last]] = reports.as_of[last]
    return newest


def _asked(reports: Reports, n: int) -> Doubles:
    """People asked in the reports of each presence that say how many; NaN where none does."""
    said = ~np.isnan(reports.stated)
    asked = np.bincount(reports.presences[said], reports.stated[said], minlength=n)
    return np.where(asked > 0, asked, np.nan)


def _notes(reports: Reports, at: datetime, ages: _Found, city: _Found, country: _Found) -> dict[str, Any]:
    """How it was fitted, as JSON: the time, how many presences reported, and how far reports lie from the truth."""
    spreads = {"ages": ages.spread, "hcmc": city.spread, "vietnam": country.spread}
    return {
        "at": at.isoformat(),
        "reported": len(np.unique(reports.presences)),
        "spread": {
            name: dict(zip(SOURCES, spread.sources.round(_DIGITS).tolist(), strict=True))
            | {"yearly": round(spread.yearly, _DIGITS)}
            for name, spread in spreads.items()
        },
    }
