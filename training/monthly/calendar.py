"""Months as the city counts them, and the moment that parts what a candidate may know from what it is asked about."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import polars as pl

from data.times import LOCAL_ZONE

ZONE: Final = timezone(timedelta(hours=7))  # LOCAL_ZONE, all year since 1975; written so that no zone files are needed


def month_of(moment: datetime) -> str:
    """The month in which a moment lies in Ho Chi Minh City.

    >>> month_of(datetime.fromisoformat("2026-10-31T20:00Z"))
    '2026-11'
    """
    return f"{moment.astimezone(ZONE):%Y-%m}"


def month_in(column: str) -> pl.Expr:
    """The same for a column of times."""
    return pl.col(column).dt.convert_time_zone(LOCAL_ZONE).dt.strftime("%Y-%m")


def month_end(month: str) -> datetime:
    """The first moment after a month in Ho Chi Minh City.

    >>> month_end("2026-11").isoformat()
    '2026-12-01T00:00:00+07:00'
    """
    year, number = map(int, month.split("-"))
    return datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZONE)


def month_before(month: str, back: int = 1) -> str:
    """The month so many months earlier.

    >>> month_before("2026-01", 2)
    '2025-11'
    """
    year, number = map(int, month.split("-"))
    months = year * 12 + number - 1 - back
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def parting(known_until: datetime, last: datetime, held_out_share: float) -> datetime:
    """The midnight in the city from which on the newest posts are held out: the given share of the time since
    `known_until`, what the champion knew last; a part of a day is a day.

    Never before `known_until`: what the champion has seen, nobody is asked about.
    """
    held_out = (last - known_until) * held_out_share
    day = (last - held_out).astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(day, known_until + timedelta(microseconds=1))
