"""The creators' side of the import contract: who they are, their accounts, and what is reported of their audiences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl

from data.contract import ACCOUNTS, AGE_BUCKETS, AUDIENCES, CREATORS
from data.world.crowds import Crowd
from data.world.lexicon import Lexicon
from data.world.people import Creator, Presence

T = TypeVar("T")
REPORTED_SHARE: Final = 0.6  # of accounts have an audience report
SECOND_REPORT_SHARE: Final = 0.15  # of those have an older one too
OTHER_SOURCE_SHARE: Final = 0.15  # of those have one from another source too
SOURCES: Final = (("platform", 0.6), ("creator", 0.25), ("agency", 0.15))
# How far a report's audience leans from the true one, standard deviations of log odds of youth and of the city each:
# audiences drift with the root of the years since, and who copies or collects figures is off by so much more.
DRIFT_A_YEAR: Final = 0.15
SOURCE_ERROR: Final = {"platform": 0.0, "creator": 0.12, "agency": 0.2}
FLATTERED_SHARE: Final = 0.05  # of reports not from the platform make the audience look younger
FLATTERY: Final = 0.7
LATEST_REPORT_DAYS: Final = 240
BOUGHT_FOLLOWERS: Final = 6.0
UNKNOWN_HOME: Final = 0.1
UNKNOWN_RATE: Final = 0.4
UNKNOWN_FOLLOWERS: Final = 0.04
UNKNOWN_SAMPLE: Final = 0.15
UNKNOWN_SHARE: Final = 0.1  # of `female` and of `hcmc`, each by itself


def creators_table(rng: np.random.Generator, lexicon: Lexicon, creators: tuple[Creator, ...]) -> pl.DataFrame:
    """Creators as staff would know them: some homes and prices are not known."""
    rows = [
        {
            "creator_id": creator.creator_id,
            "name": creator.name,
            "kind": creator.kind,
            "category": lexicon.topics[int(creator.first.argmax())].name.lower(),
            "agency": creator.agency,
            "home_province": _known(rng, creator.home, UNKNOWN_HOME),
            "languages": list(creator.languages),
            "is_minor": creator.is_minor,
            "opted_out": creator.opted_out,
            "rate_vnd_per_post": _known(rng, _rate(rng, creator), UNKNOWN_RATE),
        }
        for creator in creators
    ]
    return pl.DataFrame(rows, schema=CREATORS.schema)


def accounts_table(rng: np.random.Generator, creators: tuple[Creator, ...], end: datetime) -> pl.DataFrame:
    """Accounts at the end of the period; who buys attention has followers who never watch."""
    rows = [_account(rng, creator, presence, end) for creator in creators for presence in creator.presences]
    return pl.DataFrame(rows, schema=ACCOUNTS.schema)


def audiences_table(
    rng: np.random.Generator, creators: tuple[Creator, ...], end: datetime, reporting: float = REPORTED_SHARE
) -> pl.DataFrame:
    """Audience reports: shares counted in a sample of the audience as it was then and as that source sees it."""
    rows = [
        row
        for creator in creators
        for presence in creator.presences
        if rng.random() < reporting
        for row in _reports(rng, creator, presence, end)
    ]
    return pl.DataFrame(rows, schema=AUDIENCES.schema)


def _known(rng: np.random.Generator, value: T, unknown: float) -> T | None:
    return None if rng.random() < unknown else value


def _rate(rng: np.random.Generator, creator: Creator) -> int:
    """Price of a post in VND: about 40 a usual view, to the nearest hundred thousand."""
    views = np.exp(max(presence.log_views for presence in creator.presences))
    return int(max(1, round(views * 40 * rng.lognormal(0.0, 0.5) / 100_000))) * 100_000


def _account(rng: np.random.Generator, creator: Creator, presence: Presence, end: datetime) -> dict[str, Any]:
    followers = np.exp(presence.log_views + 1.6 + rng.normal(0.0, 0.6)) * (BOUGHT_FOLLOWERS if creator.bought else 1.0)
    official = creator.kind != "person"
    return {
        "creator_id": creator.creator_id,
        "platform": presence.platform,
        "handle": f"@{creator.creator_id}",
        "url": f"https://example.org/{presence.platform}/{creator.creator_id}",
        "followers": _known(rng, int(followers), UNKNOWN_FOLLOWERS),
        "verified": _known(rng, bool(official or rng.random() < 0.2), 0.1),
        "as_of": end,
    }


def _reports(rng: np.random.Generator, creator: Creator, presence: Presence, end: datetime) -> Iterator[dict[str, Any]]:
    names = [name for name, _ in SOURCES]
    source = str(rng.choice(names, p=[chance for _, chance in SOURCES]))
    age = int(rng.integers(0, LATEST_REPORT_DAYS))
    yield _report(rng, creator, presence, source, end, age)
    if rng.random() < SECOND_REPORT_SHARE:
        yield _report(rng, creator, presence, source, end, age + 90)
    if rng.random() < OTHER_SOURCE_SHARE:
        other = str(rng.choice([name for name in names if name != source]))
        yield _report(rng, creator, presence, other, end, int(rng.integers(0, LATEST_REPORT_DAYS)))


def _seen(rng: np.random.Generator, crowd: Crowd, source: str, age: int) -> Crowd:
    """The audience as it was `age` days ago, in the eyes of the source."""
    spread = np.hypot(DRIFT_A_YEAR * np.sqrt(age / 365), SOURCE_ERROR[source])
    flattered = source != "platform" and rng.random() < FLATTERED_SHARE
    youth, city = rng.normal(0.0, spread, 2).tolist()
    return crowd.leaning(youth + (FLATTERY if flattered else 0.0), city)


def _report(
    rng: np.random.Generator, creator: Creator, presence: Presence, source: str, end: datetime, age: int
) -> dict[str, Any]:
    crowd = _seen(rng, presence.crowd, source, age)
    size = int(np.clip(rng.lognormal(7.5, 1.2), 200, 60_000))
    ages = rng.multinomial(size, crowd.ages) / size
    counted = {name: rng.binomial(size, getattr(crowd, name)) / size for name in ("female", "vietnam", "hcmc")}
    return {
        "creator_id": creator.creator_id,
        "platform": presence.platform,
        "as_of": end - timedelta(days=age),
        "source": source,
        "sample_size": _known(rng, size, UNKNOWN_SAMPLE),
        **{bucket: round(float(share), 4) for bucket, share in zip(AGE_BUCKETS, ages, strict=True)},
        "female": _known(rng, round(counted["female"], 4), UNKNOWN_SHARE),
        "vietnam": round(counted["vietnam"], 4),
        "hcmc": _known(rng, round(counted["hcmc"], 4), UNKNOWN_SHARE),
    }
