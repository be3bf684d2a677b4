"""Commands about young people reached: forecasts of all creators, and why one stands where they stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kolmatch.cli.ask import ORDER, ages, champion, say_if_synthetic
from kolmatch.cli.options import config_option, home_option, load_settings

if TYPE_CHECKING:
    from models.brief import Brief


@click.command()
@home_option
@config_option
@click.option("--youth", default="16-30", show_default=True, help="Ages of the target, both included.")
@click.option("--province", "provinces", multiple=True, help="Where the target lives. Default: the settings' province.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL, a line a forecast.")
def forecast(home: Path, config: Path | None, youth: str, provinces: tuple[str, ...], out: Path) -> None:
    """Write views, audience share and reach of every creator, platform and format: 10, 50 and 90 % points.

    Example: kolmatch forecast --out forecast.jsonl --youth 16-30 --province hcmc
    """
    from kolmatch.files import replacing
    from models.reach import Target

    target = Target(ages(youth), provinces or (load_settings(config).matcher.target_province,))
    matcher = champion(home, config)
    found = matcher.forecast(target)
    columns = ["creator_id", "platform", "format", "views", "share", "reach", "source", "posts", "state"]
    with replacing(out) as fresh, fresh.open("w", encoding="utf-8") as lines:
        for row in found.select(columns).iter_rows(named=True):
            told = row | {"synthetic": True} if matcher.synthetic else row
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")
    say_if_synthetic(matcher)
    click.echo(f"Đã ghi {found.height} dự báo vào {out}. / Wrote {found.height} forecasts into {out}.")


@click.command()
@click.argument("creator_id")
@home_option
@config_option
@click.option("--brief", "asked", required=True, help="Id of an imported brief, or the text of one.")
@ORDER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def why(creator_id: str, home: Path, config: Path | None, asked: str, by: str, as_json: bool) -> None:
    """Say where CREATOR_ID stands for a brief, why, and what would swap them with the one above.

    Example: kolmatch why kol_0001 --brief "tuyên truyền dịch vụ công trực tuyến"
    """
    from rich.console import Console

    from kolmatch.cli.why_table import why_lines
    from models.export import why_json

    matcher = champion(home, config)
    found = matcher.why(_brief(home, asked), creator_id, by)
    if as_json:
        told = why_json(found) | {"synthetic": matcher.synthetic}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    say_if_synthetic(matcher)
    console = Console(emoji=False)
    for line in why_lines(found, matcher.creator(creator_id).name):
        console.print(line)


def _brief(home: Path, asked: str) -> Brief:
    """The imported brief of that id, else a brief with that text."""
    import polars as pl

    from data.catalogue import Catalogue
    from models.brief import Brief, brief_from_row

    known = Catalogue.open(home).table("briefs").filter(pl.col("brief_id") == asked)
    rows: list[dict[str, Any]] = known.to_dicts()
    return brief_from_row(rows[0]) if rows else Brief(title=asked)
