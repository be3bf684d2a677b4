"""Numbers as people write them; what could mean two things is refused, never guessed.

Accepted: `12500`, `1.234.567`, `1,234,567`, `12.5`, `12,5`, `45%` of a share. Refused: `12.500` of a count, which is
twelve thousand five hundred in Vietnam and twelve and a half elsewhere.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_DIGITS: Final = r"^[+-]?\d+$"
_GROUPS: Final = r"^[+-]?\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})$"
_FLOAT: Final = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_ONE_GROUP: Final = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
_COMMA_GROUP: Final = r"^[+-]?[1-9]\d{0,2},\d{3}$"
_COMMA: Final = r"^[+-]?\d+,\d+$"
_PERCENT: Final = r"^\d+(?:[.,]\d+)?\s*%$"
_NOT_A_NUMBER: Final = "NaN"  # how pandas and JSON writers of Python spell a missing number
_WHOLE: Final = 2.0**53  # doubles are exact whole numbers up to here


def _cells(raw: pl.Series) -> pl.DataFrame:
    """The cells as `raw`, and without the separators of groups as `plain`; NaN is missing."""
    text = pl.col("raw")
    frame = raw.to_frame().with_columns(pl.when(text != _NOT_A_NUMBER).then(text).alias("raw"))
    plain = pl.when(text.str.contains(_GROUPS)).then(text.str.replace_all(r"[.,]", "")).otherwise(text)
    return frame.with_columns(plain=plain)


def count_of(raw: pl.Series) -> pl.DataFrame:
    """Whole numbers: `value` (Int64) and `code` (why not)."""
    plain = pl.col("plain")
    number = pl.when(plain.str.contains(_FLOAT)).then(plain).cast(pl.Float64, strict=False)
    whole = plain.cast(pl.Int64, strict=False)
    rounded = pl.when((number == number.round()) & (number.abs() <= _WHOLE)).then(number).cast(pl.Int64, strict=False)
    frame = _cells(raw).with_columns(number=number, whole=pl.coalesce(whole, rounded))
    good = pl.col("raw").is_null()
    return frame.select(
        value=pl.when(~plain.str.contains(_ONE_GROUP)).then("whole"),
        code=pl.when(good).then(None)
        .when(plain.str.contains(_ONE_GROUP)).then(pl.lit("ambiguous"))
        .when(pl.col("whole").is_not_null()).then(None)
        .when(pl.col("number").is_finite() & ~plain.str.contains(_DIGITS)).then(pl.lit("whole"))
        .otherwise(pl.lit("number")),
    )  # fmt: skip


def number_of(raw: pl.Series) -> pl.DataFrame:
    """Numbers with a fraction: `value` (Float64, finite) and `code` (why not)."""
    return _decimal(_cells(raw))


def share_of(raw: pl.Series) -> pl.DataFrame:
    """Shares: `value` (Float64) and `code`; `45%` is 0.45."""
    frame = _cells(raw)
    percent = pl.col("plain").str.contains(_PERCENT)
    bare = pl.col("plain").str.strip_chars_end(" %\u00a0").str.replace(",", ".", literal=True)
    divided = (bare.cast(pl.Float64, strict=False) / 100).cast(pl.String)
    return _decimal(frame.with_columns(plain=pl.when(percent).then(divided).otherwise("plain")))


def _decimal(frame: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("plain")
    ambiguous = plain.str.contains(_COMMA_GROUP)
    point = pl.when(plain.str.contains(_COMMA)).then(plain.str.replace(",", ".", literal=True)).otherwise(plain)
    number = pl.when(point.str.contains(_FLOAT) & ~ambiguous).then(point).cast(pl.Float64, strict=False)
    frame = frame.with_columns(value=number)
    finite = pl.col("value").is_finite()
    return frame.select(
        value=pl.when(finite).then("value"),
        code=pl.when(plain.is_null() | finite.fill_null(value=False)).then(None)
        .when(ambiguous).then(pl.lit("ambiguous"))
        .otherwise(pl.lit("number")),
    )  # fmt: skip
