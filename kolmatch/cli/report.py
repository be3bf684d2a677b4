"""The paper about a kept shortlist."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolmatch.cli.options import config_option, home_option, load_settings

if TYPE_CHECKING:
    from serving.reports.reports import FormatName


@click.command()
@click.argument("shortlist_id")
@home_option
@config_option
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["docx", "xlsx", "pdf", "html"]),
    default="docx",
    show_default=True,
    help="Word to edit and sign, Excel to sort, PDF or HTML to read.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
def report(shortlist_id: str, home: Path, config: Path | None, wanted: FormatName, out: Path) -> None:
    """Write the paper (phiếu trình) about the kept shortlist SHORTLIST_ID.

    Example: kolmatch report list_5b0c61e0a97d4f32c8e1 --format docx --out phieu-trinh.docx
    """
    from kolmatch.cli.service import open_store
    from kolmatch.files import replacing
    from serving.reports.reports import report as made
    from serving.shortlists.records import shortlist_named

    settings = load_settings(config)
    with contextlib.closing(open_store(home, settings)) as store, store.reading() as session:
        row = shortlist_named(session, shortlist_id)
        content = made(session, row, wanted, settings.report, datetime.now(UTC)).content
    with replacing(out) as fresh:
        fresh.write_bytes(content)
    click.echo(f"Đã ghi phiếu trình vào {out}. / Wrote the paper to {out}.")
