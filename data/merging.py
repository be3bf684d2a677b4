"""What a file changes: which of its rows are new, which replace an older row, which say what is known already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from data.contract import OBSERVATIONS, TABLES, TIME, Table

ORDER: Final = "#order"  # the place of an incoming row among all rows of its file
SYNTHETIC: Final = "synthetic"  # kept with every row, so that the label lasts exactly as long as the row
_AT: Final = "#at"
_HASH: Final = "#hash"
_TIME: Final = "#time"
_STORED: Final = -1  # the `ORDER` of a row that is in the catalogue already: before every row of the file
_COUNTS: Final = ("views", "likes", "comments", "shares", "saves")


@dataclass(frozen=True, slots=True)
class Merged:
    """How many incoming rows are what, and the table's rows after the merge, sorted by key.

    `superseded` rows are older than another of the same key, in the file or in the catalogue.
    """

    new: int
    replaced: int
    unchanged: int
    superseded: int
    rows: pl.LazyFrame

    @property
    def changes(self) -> bool:
        """Whether the table is another one afterwards."""
        return self.new + self.replaced > 0


def stored_schema(table: Table) -> pl.Schema:
    """Types of a table at rest: the contract's columns, the label `synthetic`, and when each lasting word was said."""
    return pl.Schema({**table.schema, SYNTHETIC: pl.Boolean(), **dict.fromkeys(_said_at(table).values(), TIME)})


def labelled(table: Table, rows: pl.DataFrame, *, synthetic: bool) -> pl.DataFrame:
    """Rows of the contract as they are kept: with their label and the times of their lasting words."""
    times = [
        pl.when(pl.col(name).is_not_null()).then(pl.col(str(table.newer_by))).alias(at)
        for name, at in _said_at(table).items()
    ]
    return rows.with_columns(pl.lit(synthetic).alias(SYNTHETIC), *times)


def _said_at(table: Table) -> dict[str, str]:
    """Where the time of each lasting word is kept: a row may repeat what an older one said."""
    return {name: f"{name}_at" for name in table.lasting} if table.newer_by else {}


def merge(table: Table, stored: pl.LazyFrame, incoming: pl.LazyFrame) -> Merged:
    """Merge rows (`stored_schema` and `ORDER`) into the stored ones (`stored_schema`).

    Only keys, times and hashes of the rows are held in memory; the rows themselves stay lazy.
    """
    arriving = incoming.select(pl.lit(None, pl.UInt32).alias(_AT), ORDER, *_facts(table)).collect()
    known = stored.with_row_index(_AT).select(_AT, pl.lit(_STORED, pl.Int64).alias(ORDER), *_facts(table)).collect()
    known = known.join(arriving.select(table.key), on=list(table.key), how="semi", nulls_equal=True)
    versions = pl.concat([known, arriving]).sort(_age(table), nulls_last=False)
    fates = versions.group_by(table.key).agg(_verdict(table)).with_columns(fate=_fate(table))
    counts = dict(fates["fate"].value_counts().iter_rows())
    return Merged(
        new=counts.get("new", 0),
        replaced=counts.get("replaced", 0),
        unchanged=counts.get("unchanged", 0),
        superseded=counts.get("superseded", 0) + arriving.height - fates.height,
        rows=_after(table, stored, incoming, fates),
    )


def _facts(table: Table) -> list[pl.Expr]:
    """What decides a row's fate: its key, how new it is, its label, and hashes of all it says."""
    plain = [name for name in table.names if name not in table.lasting]
    facts = [pl.col(name) for name in table.key]
    facts += [pl.col(table.newer_by).alias(_TIME)] if table.newer_by else []
    facts += [
        pl.when(pl.col(name).is_not_null()).then(pl.struct(name).hash()).alias(_said(name)) for name in table.lasting
    ]
    facts += [_when(table, name).alias(_time(name)) for name in table.lasting]
    return [*facts, pl.col(SYNTHETIC), pl.struct(plain).hash().alias(_HASH)]


def _said(name: str) -> str:
    return f"#said_{name}"


def _time(name: str) -> str:
    return f"#time_{name}"


def _when(table: Table, name: str) -> pl.Expr:
    """When a row's lasting word was said; a table without times goes by the order of import alone."""
    at = _said_at(table).get(name)
    return pl.lit(None, TIME) if at is None else pl.col(at)


def _age(table: Table) -> list[str]:
    """By its own time, an undated row being oldest; then the stored row, then the rows of the file in their order."""
    return [_TIME, ORDER] if table.newer_by else [ORDER]


def _verdict(table: Table) -> list[pl.Expr]:
    """Of all versions of one thing, oldest first: the stored one, the newest, and who spoke last of what lasts."""
    is_stored = pl.col(ORDER) == _STORED
    sides = [
        part
        for name in (_HASH, SYNTHETIC, *map(_said, table.lasting), *map(_time, table.lasting))
        for part in (pl.col(name).filter(is_stored).first().alias(f"{name}_stored"), pl.col(name).last())
    ]
    speakers = [
        pl.col(what).filter(pl.col(_said(name)).is_not_null())
        .sort_by(*(pl.col(by).filter(pl.col(_said(name)).is_not_null()) for by in (_time(name), ORDER)))
        .last().alias(f"{_said(name)}_{what}")
        for name in table.lasting
        for what in (ORDER, _said(name), _time(name))
    ]  # fmt: skip
    return [pl.col(_AT).drop_nulls().first(), pl.col(ORDER).last(), *sides, *speakers]


def _fate(table: Table) -> pl.Expr:
    spoken = [
        pl.col(f"{_said(name)}_{what}").eq_missing(pl.col(f"{what}_stored"))
        for name in table.lasting
        for what in (_said(name), _time(name))
    ]
    as_labelled = pl.col(f"{SYNTHETIC}_stored") >= pl.col(SYNTHETIC)
    same = pl.all_horizontal(pl.col(_HASH) == pl.col(f"{_HASH}_stored"), as_labelled, *spoken)
    late = same & (pl.col(ORDER) == _STORED)
    return (
        pl.when(pl.col(_AT).is_null()).then(pl.lit("new"))
        .when(late).then(pl.lit("superseded"))
        .when(same).then(pl.lit("unchanged"))
        .otherwise(pl.lit("replaced"))
    )  # fmt: skip


def _after(table: Table, stored: pl.LazyFrame, incoming: pl.LazyFrame, fates: pl.DataFrame) -> pl.LazyFrame:
    names = list(stored_schema(table))
    changed = fates.filter(pl.col("fate").is_in(["new", "replaced"]))
    taken = changed.filter(pl.col(ORDER) != _STORED)
    kept = stored.with_row_index(_AT).filter(~pl.col(_AT).is_in(taken[_AT].drop_nulls().implode())).select(names)
    added = incoming.filter(pl.col(ORDER).is_in(taken[ORDER].implode())).select(names)
    rows = pl.concat([kept, added])
    for name in table.lasting:
        rows = _with_last_word(table, rows, stored, incoming, changed, name)
    return rows.sort(table.key, nulls_last=False)


def _with_last_word(
    table: Table, rows: pl.LazyFrame, stored: pl.LazyFrame, incoming: pl.LazyFrame, changed: pl.DataFrame, name: str
) -> pl.LazyFrame:
    """Rows whose newest version did not say the last word on a lasting column get it, and when it was said."""
    speaker = pl.col(f"{_said(name)}_{ORDER}")
    silent = changed.filter(speaker.is_not_null() & (speaker != pl.col(ORDER)))
    if silent.is_empty():
        return rows
    at = silent.filter(speaker == _STORED)[_AT].implode()
    order = silent.filter(speaker != _STORED)[f"{_said(name)}_{ORDER}"].implode()
    told = [name, *([_said_at(table)[name]] if name in _said_at(table) else [])]
    last = [pl.col(column).alias(f"#last_{column}") for column in told]
    before = stored.with_row_index(_AT).filter(pl.col(_AT).is_in(at)).select(*table.key, *last)
    within = incoming.filter(pl.col(ORDER).is_in(order)).select(*table.key, *last)
    words = pl.concat([before, within]).with_columns(pl.lit(value=True).alias("#told"))
    joined = rows.join(words, on=list(table.key), how="left", nulls_equal=True)
    heard = [pl.when("#told").then(f"#last_{column}").otherwise(column).alias(column) for column in told]
    return joined.with_columns(heard).select(list(stored_schema(table)))


def observations_of(posts: pl.LazyFrame) -> pl.LazyFrame:
    """The dated counts of incoming posts, as incoming rows of `observations`."""
    counted = pl.any_horizontal(pl.col(name).is_not_null() for name in _COUNTS)
    dated = posts.filter(pl.col("observed_at").is_not_null() & counted)
    return dated.select(*stored_schema(OBSERVATIONS), ORDER)


def orphans(table: Table, incoming: pl.LazyFrame, referred: dict[str, pl.LazyFrame]) -> int:
    """How many incoming rows name a creator or brief that is not there; `referred` holds the tables named."""
    lonely = pl.lit(value=False)
    rows = incoming.select(ORDER, *table.refers_to)
    for column, other in table.refers_to.items():
        ids = referred[other].select(pl.col(TABLES[other].key[0]).alias(column), pl.lit(value=True).alias(f"#{column}"))
        rows = rows.join(ids, on=column, how="left")
        lonely = lonely | (pl.col(column).is_not_null() & pl.col(f"#{column}").is_null())
    return int(rows.select(lonely.sum()).collect().item()) if table.refers_to else 0


def alike(known: pl.LazyFrame, named: pl.LazyFrame) -> tuple[tuple[str, ...], ...]:
    """Ids of creators that differ only by capital letters, one of them at least among the named: one person, maybe.

    Both have `creator_id`. Ids are never put together by guess: an opt-out of one would not be one of the other.
    """
    ids = pl.concat([known.select("creator_id", new=False), named.select("creator_id", new=True)]).drop_nulls()
    told = ids.group_by("creator_id").agg(pl.col("new").any())
    groups = told.group_by(pl.col("creator_id").str.to_lowercase().alias("same")).agg(
        pl.col("creator_id").sort(), pl.col("new").any()
    )
    found = groups.filter(pl.col("new"), pl.col("creator_id").list.len() > 1).sort("same").collect()
    return tuple(tuple(one) for one in found["creator_id"])
