"""The import contract: seven tables, every column explained, every example good."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from data.checks import check
from data.contract import OBSERVATIONS, ROW, STORED, TABLES, Kind, Table, table_named
from kolmatch.errors import UsageError

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_seven_tables_are_there() -> None:
    assert list(TABLES) == ["creators", "accounts", "posts", "audiences", "briefs", "outcomes", "decisions"]


def test_observations_are_kept_but_not_imported() -> None:
    assert set(STORED) - set(TABLES) == {OBSERVATIONS.name}
    assert OBSERVATIONS.key == ("post_id", "observed_at")


@pytest.mark.parametrize("table", STORED.values(), ids=lambda table: table.name)
def test_keys_and_times_are_columns(table: Table) -> None:
    assert set(table.key) <= set(table.names)
    assert table.newer_by is None or table.schema[table.newer_by] == pl.Datetime("us", "UTC")
    assert len(set(table.names)) == len(table.names)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_is_explained_in_both_languages(table: Table) -> None:
    assert all(column.vi and column.en and column.example for column in table.columns)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_examples_keep_the_contract(table: Table) -> None:
    frame = pl.DataFrame({ROW: [2]} | {column.name: [column.example] for column in table.columns})
    checked = check(table, frame, now=NOW)
    assert checked.problems.is_empty()
    assert checked.good.drop(ROW).schema == table.schema
    assert checked.good.null_count().row(0) == (0,) * (len(table.names) + 1)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_bounds_and_choices_fit_the_kind(table: Table) -> None:
    for column in table.columns:
        assert not column.choices or column.kind in (Kind.CHOICE, Kind.LIST)
        assert column.low is None or column.kind in (Kind.COUNT, Kind.NUMBER, Kind.SHARE)
        assert not (column.required and column.lasting)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(UsageError, match=r"'postz'.*creators, accounts, posts"):
        table_named("postz")
