"""Commands that ask the live model."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.cli.progress import progress_bars
from kolmatch.errors import UsageError

if TYPE_CHECKING:
    from models.matcher import Matcher

SYNTHETIC_LINE = "DỮ LIỆU MẪU, KHÔNG CÓ THẬT / SYNTHETIC DATA"


def say_if_synthetic(matcher: Matcher) -> None:
    """Whatever is told of invented creators says so, in its first line."""
    if matcher.synthetic:
        click.secho(SYNTHETIC_LINE, fg="yellow", bold=True)


def champion(home: Path, config: Path | None) -> Matcher:
    """The live model of a home folder, without whoever opted out since it was trained."""
    from kolmatch.cli.rights import tombstones
    from models.bundle_files import champion_pointer
    from models.matcher import Matcher

    settings = load_settings(config)
    folder = champion_pointer(home).folder
    return Matcher.load(folder, settings.matcher, gone=tombstones(home, settings))


ORDER = click.option(
    "--by",
    type=click.Choice(["impact", "expected", "fit"]),
    default="impact",
    show_default=True,
    help="Order: young viewers reached times fit, by the lower end or by the mean; or fit alone.",
)


def ages(given: str) -> tuple[int, int]:
    """Youngest and oldest of a range like 16-30.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"\s*(\d{1,3})\s*[-–]\s*(\d{1,3})\s*", given)
    if not found:
        raise UsageError(
            f"{given!r} is no range of ages. Write it like 16-30.",
            f"{given!r} không phải khoảng tuổi. Hãy viết như 16-30.",
        )
    return int(found[1]), int(found[2])


def _number(value: float) -> float | None:
    """JSON has no nan: what cannot be said is null."""
    return None if math.isnan(value) else value


@click.command()
@click.argument("text")
@home_option
@config_option
@click.option("--top", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many creators.")
@click.option("--must", multiple=True, help="A facet that creators must cover. Repeatable.")
@click.option("--nice", multiple=True, help="A facet that is welcome. Repeatable.")
@click.option("--must-not", "must_not", multiple=True, help="What creators must not post about. Repeatable.")
@click.option("--platform", "platforms", multiple=True, help="Only creators who post there. Repeatable.")
@click.option(
    "--format", "formats", multiple=True, help="Only creators who make posts of this form (video, live...). Repeatable."
)
@click.option("--age", default="16-30", show_default=True, help="Ages of the target, both included.")
@click.option("--province", "provinces", multiple=True, help="Where the target lives. Repeatable.")
@ORDER
@click.option("--explain", is_flag=True, help="Show score parts, evidence and facets of every creator.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def shortlist(
    text: str,
    home: Path,
    config: Path | None,
    top: int,
    must: tuple[str, ...],
    nice: tuple[str, ...],
    must_not: tuple[str, ...],
    platforms: tuple[str, ...],
    formats: tuple[str, ...],
    age: str,
    provinces: tuple[str, ...],
    by: str,
    explain: bool,
    as_json: bool,
) -> None:
    """Rank creators for a brief given as TEXT.

    Example: kolmatch shortlist "tuyên truyền dịch vụ công trực tuyến" --top 20 --explain
    """
    from kolmatch.cli.shortlist_table import print_shortlist
    from models.brief import Brief
    from models.export import shortlist_json

    youngest, oldest = ages(age)
    brief = Brief(
        title=text,
        must=must,
        nice=nice,
        must_not=must_not,
        platforms=platforms,
        formats=formats,
        provinces=provinces,
        age_min=youngest,
        age_max=oldest,
    )
    found = champion(home, config).shortlist(brief, top, by)
    if as_json:
        click.echo(json.dumps(shortlist_json(found), ensure_ascii=False, indent=2))
    else:
        print_shortlist(found, explain=explain)


@click.command()
@home_option
@config_option
@click.option("--briefs", "file", required=True, type=click.Path(path_type=Path), help="Briefs: CSV, XLSX, JSONL...")
@click.option("--top", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="Creators per brief.")
@ORDER
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSONL, a line per brief.")
def rank(home: Path, config: Path | None, file: Path, top: int, by: str, out: Path) -> None:
    """Rank creators for every brief of a file.

    Columns that are not known are named and kept out; one that seems a mistyped name, must_nott, is refused.

    Example: kolmatch rank --briefs briefs.jsonl --top 100 --by fit --out ranking.jsonl
    """
    from data.rows import read_rows
    from kolmatch.files import replacing
    from models.brief import brief_from_row

    matcher = champion(home, config)
    rows, unknown = read_rows("briefs", file, now=datetime.now(UTC))
    if unknown:
        names = ", ".join(unknown)
        click.echo(f"Cột không biết trong {file}, đã bỏ qua: {names}", err=True)
        click.echo(f"Unknown columns in {file}, kept out: {names}", err=True)
    with progress_bars() as report, replacing(out) as fresh, fresh.open("w", encoding="utf-8") as lines:
        for done, row in enumerate(rows, start=1):
            (ranking,) = matcher.rank([brief_from_row(row)], top, by=by)
            scored = [{"creator_id": creator, "score": _number(score)} for creator, score in ranking]
            told = {
                "brief_id": row["brief_id"],
                "ranking": scored,
                **({"synthetic": True} if matcher.synthetic else {}),
            }
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")
            report("rank", done, len(rows))
    say_if_synthetic(matcher)
    click.echo(f"Đã xếp hạng {len(rows)} bản yêu cầu vào {out}. / Ranked {len(rows)} briefs by {by} into {out}.")


@click.group()
def briefs() -> None:
    """Find earlier briefs.

    Example: kolmatch briefs similar "phân loại rác tại nguồn"
    """


@briefs.command()
@click.argument("text")
@home_option
@config_option
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 100), help="How many briefs.")
def similar(text: str, home: Path, config: Path | None, top: int) -> None:
    """Earlier briefs nearest in meaning to TEXT.

    Example: kolmatch briefs similar "phân loại rác tại nguồn" --top 5
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("mã / id", "tên / title", "gần nghĩa / similarity", title="Yêu cầu tương tự / Similar briefs")
    matcher = champion(home, config)
    say_if_synthetic(matcher)
    for brief in matcher.similar_briefs(text, top):
        table.add_row(escape(brief.brief_id), escape(brief.title), f"{brief.similarity:.2f}")
    Console(emoji=False).print(table)


@click.group()
def creators() -> None:
    """Ask about one creator.

    Example: kolmatch creators briefs CREATOR_ID
    """


@creators.command(name="briefs")
@click.argument("creator_id")
@home_option
@config_option
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 100), help="How many briefs.")
def creator_briefs(creator_id: str, home: Path, config: Path | None, top: int) -> None:
    """The earlier briefs that suit CREATOR_ID best, with the place the creator would have.

    Example: kolmatch creators briefs syn_c001
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    matcher = champion(home, config)
    say_if_synthetic(matcher)
    name = escape(matcher.creator(creator_id).name)
    table = Table("mã / id", "tên / title", "hạng / place", title=f"Yêu cầu hợp với {name} / Briefs that suit {name}")
    for place in matcher.briefs_for(creator_id, top):
        table.add_row(escape(place.brief_id), escape(place.title), f"{place.rank} / {place.of}")
    Console(emoji=False).print(table)
