"""Times and dates as people and programs write them, brought to UTC; without a zone they are of Ho Chi Minh City."""

from __future__ import annotations

from typing import Final

import polars as pl

LOCAL_ZONE: Final = "Asia/Ho_Chi_Minh"
# 2026-11-05, 5/11/2026; then 19:30, 19:30:00, 19:30:00.123456; then Z, UTC, +07:00, +0700, +07.
_FORM: Final = (
    r"^(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})/(?P<m2>\d{1,2})/(?P<y2>\d{4}))"
    r"(?:[T ](?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"\s*(?P<zone>[Zz]|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_FARTHEST_MINUTES: Final = 14 * 60  # +14:00, the Line Islands; nothing is farther in either direction
_PARTS: Final = ("y", "m", "d", "d2", "m2", "y2", "h", "min", "s", "f", "zone")


def time_of(raw: pl.Series) -> pl.DataFrame:
    """Times: `value` (microseconds, UTC) and `code` (why not)."""
    parts = _parts(raw)
    naive = _date_text() + pl.lit(" ") + _clock_text()
    local = naive.str.to_datetime("%Y-%m-%d %H:%M:%S%.6f", time_unit="us", strict=False)
    parts = parts.with_columns(local=local, shift=_shift())
    at_home = pl.col("local").dt.replace_time_zone(LOCAL_ZONE, ambiguous="earliest", non_existent="null")
    given = pl.col("local").dt.replace_time_zone("UTC") - pl.col("shift")
    value = pl.when(pl.col("zone").is_null()).then(at_home.dt.convert_time_zone("UTC")).otherwise(given)
    return _with_code(parts.with_columns(value=value), "time")


def date_of(raw: pl.Series) -> pl.DataFrame:
    """Dates: `value` (Date) and `code`; a time of day, as Excel adds one, is left out."""
    parts = _parts(raw)
    return _with_code(parts.with_columns(value=_date_text().str.to_date("%Y-%m-%d", strict=False)), "date")


def _parts(raw: pl.Series) -> pl.DataFrame:
    frame = raw.to_frame().with_columns(parts=pl.col("raw").str.extract_groups(_FORM))
    return frame.unnest("parts")


def _date_text() -> pl.Expr:
    def two(name: str) -> pl.Expr:
        return pl.coalesce(name, f"{name}2").str.zfill(2)

    return pl.concat_str(two("y"), two("m"), two("d"), separator="-")


def _clock_text() -> pl.Expr:
    def part(name: str) -> pl.Expr:
        return pl.col(name).fill_null("00").str.zfill(2)

    fraction = pl.col("f").fill_null("0").str.pad_end(6, "0").str.slice(0, 6)
    return pl.concat_str(pl.concat_str(part("h"), part("min"), part("s"), separator=":"), fraction, separator=".")


def _shift() -> pl.Expr:
    """How far the zone is ahead of UTC; missing where no place is that far."""
    digits = pl.col("zone").str.replace_all(r"[^0-9]", "").str.pad_end(4, "0")
    minutes = digits.str.slice(0, 2).cast(pl.Int64) * 60 + digits.str.slice(2, 2).cast(pl.Int64)
    sign = pl.when(pl.col("zone").str.starts_with("-")).then(-1).otherwise(1)
    return pl.when(minutes <= _FARTHEST_MINUTES).then(pl.duration(minutes=minutes * sign))


def _with_code(frame: pl.DataFrame, code: str) -> pl.DataFrame:
    wrong = pl.col("value").is_null() & pl.col("raw").is_not_null()
    return frame.select("value", code=pl.when(wrong).then(pl.lit(code)))
