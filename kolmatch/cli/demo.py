"""The whole way on the labelled sample world: files, catalogue, model, shortlist, service."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from kolmatch.cli.options import config_option, load_settings, share_cores
from kolmatch.cli.progress import Report, progress_bars

_TOPIC: Final = "dịch vụ công trực tuyến"  # the brief of the sample world that is asked
_SHOWN: Final = 10
_SEED: Final = 2026  # of the sample world, so that every demo tells the same story
END: Final = datetime(2026, 11, 1, tzinfo=UTC)


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Folder of the demo's catalogue, bundles and MLflow.",
)
@config_option
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Default: serving.port of the settings.")
@click.option("--no-serve", is_flag=True, help="Stop after the shortlist.")
def demo(home: Path, config: Path | None, port: int | None, no_serve: bool) -> None:
    """Make the SYNTHETIC sample world, train, print a shortlist and serve the API.

    Example: kolmatch demo --home var/demo
    """
    import polars as pl

    from data.catalogue import Catalogue
    from kolmatch.cli.service import listen, make_server, open_store, run_until_stopped, service_around
    from kolmatch.cli.shortlist_table import print_shortlist
    from models.brief import brief_from_row
    from models.bundle_files import champion_pointer
    from models.matcher import Matcher

    settings = load_settings(config)
    share_cores()
    with progress_bars() as report:
        fill(home, report)
        _train(home, config, report)
    matcher = Matcher.load(champion_pointer(home).folder, settings.matcher)
    briefs = Catalogue.open(home).table("briefs").filter(pl.col("title").str.to_lowercase().str.contains(_TOPIC))
    print_shortlist(matcher.shortlist(brief_from_row(briefs.row(0, named=True)), _SHOWN), explain=False)
    if no_serve:
        return
    with contextlib.closing(open_store(home, settings)) as store:
        service = service_around(home, settings, store)
        demo = service.access.is_demo()
        with contextlib.closing(listen(settings.serving.host, port or settings.serving.port, demo=demo)) as listener:
            _announce("http://{}:{}".format(*listener.getsockname()[:2]))
            run_until_stopped(make_server(service), service.live, listener)


def _announce(address: str) -> None:
    click.echo(f"Dịch vụ thử, dữ liệu mẫu, chỉ máy này gọi được: {address} (mô tả: /openapi.json). Ctrl+C để dừng.")
    click.echo(f"Demo service, synthetic data, this machine only: {address} (see /openapi.json). Ctrl+C stops it.")


def fill(home: Path, report: Report) -> None:
    """Write the sample world as files and import them, as staff would."""
    import numpy as np

    from data.catalogue import import_file
    from data.contract import TABLES
    from data.world import make_world, write_world

    report("sample world", 0, 1)
    folder = home / "sample-world"
    if not folder.exists():  # the same seed makes the same files
        write_world(make_world(np.random.default_rng(_SEED), end=END), folder)
    report("sample world", 1, 1)
    files = [(table, file) for table in TABLES for file in sorted(folder.glob(f"{table}.*"))]
    for done, (table, file) in enumerate(files, start=1):
        import_file(home, table, file, now=datetime.now(UTC), synthetic=True)
        report("import", done, len(files))


def _train(home: Path, config: Path | None, report: Report) -> None:
    """Train and make the new version the live one: a demo shows what it has just made."""
    from training.publishing import train_and_publish
    from training.registry import CHAMPION, Registry

    settings = load_settings(config)
    version = train_and_publish(home, settings, month=f"{END:%Y-%m}", progress=report)
    if CHAMPION not in version.aliases:
        Registry.open(home, settings.registry).set_alias(CHAMPION, version.version)
