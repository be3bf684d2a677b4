"""Which rows keep the contract: text in, typed values and reasons out, a whole column at a time.

A row with any problem is left out whole; every problem of it is told, so that a file is mended in one go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from data.contract import AGE_BUCKETS, AGE_SUM_TOLERANCE, LINE_LIMIT, ROW, TEXT_LIMIT, Column, Kind, Table
from data.numbers import count_of, number_of, share_of
from data.reasons import PROBLEMS
from data.times import date_of, time_of

YES: Final = ("true", "1", "1.0", "có", "co", "x", "yes", "y", "đúng")
NO: Final = ("false", "0", "0.0", "không", "khong", "no", "n", "sai")
CLOCK_SLACK: Final = timedelta(days=1)  # clocks and zones of exporters are off by hours, not by days
_CONTROL_IN_TEXT: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_CONTROL_IN_LINE: Final = r"[\x00-\x1f\x7f]"
# What nobody sees in an id: format characters, odd blanks, fillers, variation selectors; and two blanks for one.
_UNSEEN_IN_ID: Final = (
    r"[\p{Cf}\p{Z}\x{034f}\x{115f}\x{1160}\x{180b}-\x{180d}\x{3164}\x{fe00}-\x{fe0f}\x{ffa0}--\x20]|  "
)
# What turns the direction of writing, so that a name reads as another; joiners of emoji stay.
_DIRECTIONS: Final = r"[\x{061c}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
_VALUE: Final = "value"
_CODE: Final = "code"


@dataclass(frozen=True, slots=True)
class Checked:
    """Typed rows that keep the contract (`ROW` and every column of it), and the problems of the others."""

    good: pl.DataFrame
    problems: pl.DataFrame


def check(table: Table, frame: pl.DataFrame, *, now: datetime) -> Checked:
    """Type the cells of a frame of text (`ROW` and columns of the contract; an absent column is missing throughout)."""
    raw = _cleaned(table, frame)
    cells = [_checked(column, raw[column.name], now) for column in table.columns]
    typed = pl.DataFrame(
        [frame[ROW], *(cell[_VALUE].alias(c.name) for c, cell in zip(table.columns, cells, strict=True))]
    )
    problems = [_problems(frame, column, cell[_CODE]) for column, cell in zip(table.columns, cells, strict=True)]
    problems += [rule(typed) for rule in _RULES.get(table.name, ())]
    found = pl.concat([pl.DataFrame(schema=PROBLEMS), *problems])
    return Checked(typed.filter(~pl.col(ROW).is_in(found["row"].implode())), found)


def _cleaned(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The cells without surrounding space, composed letters (NFC), empty ones missing; every column of the table."""
    return frame.with_columns(_clean(frame, name) for name in table.names).select(table.names)


def _clean(frame: pl.DataFrame, name: str) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, pl.String).alias(name)
    if isinstance(frame.schema[name], pl.List):
        return pl.col(name)
    text = frame[name].str
    is_ascii = (text.len_bytes() == text.len_chars()).all()
    composed = pl.col(name) if is_ascii else pl.col(name).str.normalize("NFC")  # the costly part, and ASCII is composed
    clean = composed.str.strip_chars()
    return pl.when(clean != "").then(clean).alias(name)


def _checked(column: Column, raw: pl.Series, now: datetime) -> pl.DataFrame:
    """`value` (typed) and `code` (why not, or missing) for every cell."""
    checked = _BY_KIND[column.kind](column, raw.alias("raw")) if raw.null_count() < len(raw) else _nothing(column, raw)
    value, code = pl.col(_VALUE), pl.col(_CODE)
    if column.required:
        checked = checked.with_columns(
            pl.when(value.is_null() & code.is_null()).then(pl.lit("missing")).otherwise(code).alias(_CODE)
        )
    for wrong, name in _bounds(column, now):
        checked = checked.with_columns(pl.when(wrong & code.is_null()).then(pl.lit(name)).otherwise(code).alias(_CODE))
    return checked


def _nothing(column: Column, raw: pl.Series) -> pl.DataFrame:
    empty = pl.DataFrame(schema={_VALUE: column.kind.dtype, _CODE: pl.String()})
    return empty.clear(len(raw))


def _bounds(column: Column, now: datetime) -> list[tuple[pl.Expr, str]]:
    value = pl.col(_VALUE)
    bounds = []
    if column.low is not None:
        bounds.append((value < column.low, "low"))
    if column.high is not None:
        bounds.append((value > column.high, "high"))
    if column.past:
        bounds += [(value > now + CLOCK_SLACK, "future"), (value.dt.year() < _FIRST_YEAR, "early")]
    return bounds


_FIRST_YEAR: Final = 2000  # no platform is older; what is, is an empty date in disguise (1970-01-01, 1899-12-30)


def _judged(raw: pl.Series, value: pl.Expr, *reasons: tuple[pl.Expr, str]) -> pl.DataFrame:
    """The value, and the first reason that holds; expressions see the cells as `raw`."""
    code = pl.coalesce(*(pl.when(wrong).then(pl.lit(name)) for wrong, name in reasons))
    judged = raw.to_frame().select(value.alias(_VALUE), code.alias(_CODE))
    return judged.with_columns(pl.when(pl.col(_CODE).is_null()).then(pl.col(_VALUE)).alias(_VALUE))


def _id(_: Column, raw: pl.Series) -> pl.DataFrame:
    text = pl.col("raw")
    reasons = ((_CONTROL_IN_LINE, "control"), (_UNSEEN_IN_ID, "unseen"))
    wrong = [(text.str.contains(pattern), code) for pattern, code in reasons]
    return _judged(raw, text, *wrong, (text.str.len_chars() > LINE_LIMIT, "long"))


def _one_way(text: pl.Expr) -> pl.Expr:
    """Text without characters that turn its direction; missing where nothing is left."""
    left = text.str.replace_all(_DIRECTIONS, "").str.strip_chars()
    return pl.when(left != "").then(left)


def _line(_: Column, raw: pl.Series) -> pl.DataFrame:
    text = _one_way(pl.col("raw"))
    too_long = text.str.len_chars() > LINE_LIMIT
    return _judged(raw, text, (text.str.contains(_CONTROL_IN_LINE), "control"), (too_long, "long"))


def _text(_: Column, raw: pl.Series) -> pl.DataFrame:
    text = _one_way(pl.col("raw")).str.replace_all("\r\n", "\n", literal=True)
    too_long = text.str.len_chars() > TEXT_LIMIT
    return _judged(raw, text, (text.str.contains(_CONTROL_IN_TEXT), "control"), (too_long, "long"))


def _choice(column: Column, raw: pl.Series) -> pl.DataFrame:
    value = pl.col("raw").str.to_lowercase()
    return _judged(raw, value, (~value.is_in(column.choices), "choice"))


def _boolean(_: Column, raw: pl.Series) -> pl.DataFrame:
    word = pl.col("raw").str.to_lowercase()
    value = pl.when(word.is_in(YES)).then(pl.lit(value=True)).when(word.is_in(NO)).then(pl.lit(value=False))
    return _judged(raw, value, (~word.is_in(YES + NO), "boolean"))


def _typed(read: Callable[[pl.Series], pl.DataFrame]) -> Callable[[Column, pl.Series], pl.DataFrame]:
    return lambda _, raw: read(raw)


def _list(column: Column, raw: pl.Series) -> pl.DataFrame:
    items, broken = _items(column, raw)
    item = pl.element()
    clean = (
        item.str.normalize("NFC")
        .str.replace_all(_DIRECTIONS, "")
        .str.strip_chars()
        .str.strip_chars_start("#＃")
        .str.strip_chars()
    )
    clean = clean.str.to_lowercase() if column.choices else clean
    kept = items.list.eval(clean).list.eval(item.filter(item != "")).list.unique(maintain_order=True)
    reasons = {
        "list": broken,
        "control": _any(kept, item.str.contains(_CONTROL_IN_LINE)),
        "long": _any(kept, item.str.len_chars() > LINE_LIMIT),
        "choice": _any(kept, ~item.is_in(column.choices)) if column.choices else None,
    }
    frame = pl.DataFrame({"raw": kept} | {name: wrong for name, wrong in reasons.items() if wrong is not None})
    return frame.select(
        pl.col("raw").alias(_VALUE),
        pl.coalesce(*(pl.when(pl.col(name)).then(pl.lit(name)) for name in frame.columns[1:])).alias(_CODE),
    )


def _any(lists: pl.Series, wrong: pl.Expr) -> pl.Series:
    return lists.list.eval(wrong.any()).list.first()


def _items(column: Column, raw: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The items of every cell, and which cells are a broken JSON list."""
    if isinstance(raw.dtype, pl.List):
        return raw, pl.repeat(value=False, n=len(raw), dtype=pl.Boolean, eager=True)
    is_json = raw.str.starts_with("[").fill_null(value=False)
    apart = raw.to_frame().select(pl.col("raw").str.replace_all(column.separators, "\n").str.split("\n"))["raw"]
    listed, broken = _json_lists(raw.zip_with(is_json, pl.repeat(None, len(raw), dtype=pl.String, eager=True)))
    return listed.zip_with(is_json, apart), broken


def _json_lists(cells: pl.Series) -> tuple[pl.Series, pl.Series]:
    """JSON lists of text decoded; where one is broken, all are tried one by one to find it."""
    kind = pl.List(pl.String)
    try:
        lists = cells.str.json_decode(kind)
    except pl.exceptions.PolarsError:
        lists = pl.Series([_json_list(cell) for cell in cells], dtype=kind)
    return lists, lists.is_null() & cells.is_not_null()


def _json_list(cell: str | None) -> list[str] | None:
    try:
        found = pl.Series([cell], dtype=pl.String).str.json_decode(pl.List(pl.String)).to_list()[0]
    except pl.exceptions.PolarsError:
        return None
    return list(found) if found is not None else None


_BY_KIND: Final[dict[Kind, Callable[[Column, pl.Series], pl.DataFrame]]] = {
    Kind.ID: _id,
    Kind.LINE: _line,
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.BOOLEAN: _boolean,
    Kind.COUNT: _typed(count_of),
    Kind.NUMBER: _typed(number_of),
    Kind.SHARE: _typed(share_of),
    Kind.TIME: _typed(time_of),
    Kind.DATE: _typed(date_of),
    Kind.LIST: _list,
}


def _problems(frame: pl.DataFrame, column: Column, code: pl.Series) -> pl.DataFrame:
    """The problems of one column, with the cells as they stand in the file."""
    if column.name not in frame.columns:
        value = pl.lit(None, dtype=pl.String)
    elif isinstance(frame.schema[column.name], pl.List):
        value = pl.col(column.name).list.join("; ", ignore_nulls=True)
    else:
        value = pl.col(column.name)
    wrong = frame.with_columns(code.alias("#code")).filter(pl.col("#code").is_not_null())
    return wrong.select(row=ROW, column=pl.lit(column.name), value=value, code="#code")


def _rule(column: str, shown: pl.Expr, wrong: pl.Expr, code: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """A rule over several columns of a typed row; `shown` is the value a report repeats."""
    return lambda typed: typed.filter(wrong).select(
        row=ROW, column=pl.lit(column), value=shown.cast(pl.String), code=pl.lit(code)
    )


_AGES: Final = [pl.col(name) for name in AGE_BUCKETS]
_AGE_SUM: Final = pl.sum_horizontal(_AGES)
_SLACK: Final = AGE_SUM_TOLERANCE + 1e-9  # 0.98 and 1.02 themselves are good
_COMPLETE: Final = pl.all_horizontal(age.is_not_null() for age in _AGES)

_RULES: Final = {
    "posts": (
        _rule("observed_at", pl.col("observed_at"), pl.col("observed_at") < pl.col("published_at"), "before_published"),
    ),
    "audiences": (
        _rule(
            "age_13_17..age_45_plus",
            _AGE_SUM,
            (_AGE_SUM > 1 + _SLACK) | (_COMPLETE & (_AGE_SUM < 1 - _SLACK)),
            "age_sum",
        ),
    ),
    "briefs": (
        _rule("age_max", pl.col("age_max"), pl.col("age_max") < pl.col("age_min"), "ages_swapped"),
        _rule("ends_on", pl.col("ends_on"), pl.col("ends_on") < pl.col("starts_on"), "days_swapped"),
    ),
}
