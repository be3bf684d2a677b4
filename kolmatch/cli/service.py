"""Commands that run or examine the service."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.errors import UsageError

if TYPE_CHECKING:
    import uvicorn

    from kolmatch.settings import Settings
    from serving.answers import LiveModel
    from serving.service import Service
    from serving.store.database import Store

# A query is too small to be split: the threads of FAISS and BLAS would only wait for each other.
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GRACE_S: Final = 10  # a shortlist takes milliseconds; what is not answered in ten seconds never will be


@click.command()
@home_option
@config_option
@click.option("--host", default=None, help="Address of this machine; without keys only its own (127.0.0.1, ::1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Default: serving.port of the settings.")
def serve(home: Path, config: Path | None, host: str | None, port: int | None) -> None:
    """Serve the HTTP API with the live model.

    Example: kolmatch serve --home var --port 8800
    """
    for variable in _ONE_THREAD:
        os.environ.setdefault(variable, "1")
    from serving.watching import Watch

    settings = load_settings(config)
    with contextlib.closing(open_store(home, settings)) as store:
        service = service_around(home, settings, store)
        demo = service.access.is_demo()
        listener = listen(host or settings.serving.host, port or settings.serving.port, demo=demo)
        with contextlib.closing(listener):
            announce(listener, demo=demo)
            with Watch(service.live, settings.serving.watch_s).running():
                run_until_stopped(make_server(service), service.live, listener)


@click.command()
@home_option
@config_option
def doctor(home: Path, config: Path | None) -> None:
    """Check installation, home folder, data, model and port; exit code 1 when something is wrong.

    Example: kolmatch doctor --home var
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from kolmatch.cli.checkup import Verdict, examine

    table = Table(title="kolmatch doctor")
    for column in ("Mục · Item", "Kết quả · Result", "Chi tiết · Detail"):
        table.add_column(column, overflow="fold")
    findings = list(examine(home, load_settings(config)))
    colours = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BAD: "red"}
    for finding in findings:
        verdict = f"[{colours[finding.verdict]}]{' · '.join(finding.verdict.value)}[/]"
        detail = finding.vi if finding.vi == finding.en else f"{finding.vi}\n{finding.en}"
        table.add_row(finding.subject, verdict, escape(detail))
    Console().print(table)
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise click.exceptions.Exit(1)


def listen(host: str, port: int, *, demo: bool) -> socket.socket:
    """Open the port; without keys, on this machine's own addresses only.

    Raises:
        UsageError: anyone could reach a service without keys, or the port cannot be had.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if demo and not _is_loopback(address):
        raise UsageError(
            f"--host {host}: there are no access keys, so only this machine is served. "
            "Make one with `kolmatch keys create`, or set access.oidc_issuer, then start again.",
            f"--host {host}: chưa có khóa truy cập nên chỉ phục vụ chính máy này. "
            "Hãy tạo khóa bằng `kolmatch keys create`, hoặc đặt access.oidc_issuer, rồi khởi động lại.",
        )
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host} port {port}: {error}. Stop what uses it, or choose --port.",
            f"Không mở được cổng {port} trên {host}: {error}. Hãy dừng chương trình đang dùng, hoặc chọn --port khác.",
        ) from error


def open_store(home: Path, settings: Settings) -> Store:
    """The store of a home folder. A SQLite file is made or upgraded here; a database server's by `kolmatch db upgrade`.

    Raises:
        StoreNewer: a later kolmatch wrote it.
        StoreError: it cannot be used, or must be upgraded first.
    """
    from serving.store import schema
    from serving.store.database import Store, store_url

    home.mkdir(parents=True, exist_ok=True)
    store = Store.at(store_url(home, settings.store), busy_timeout_s=settings.store.busy_timeout_s)
    if store.engine.dialect.name == "sqlite":
        schema.upgrade(store)
    else:
        schema.check(store)
    return store


def service_around(home: Path, settings: Settings, store: Store) -> Service:
    """The service of a home folder, its live model found but not loaded yet.

    Raises:
        BundleMissing: no model was trained.
        BundleDamaged: the pointer to the live model is not what was written.
    """
    from serving.answers import LiveModel
    from serving.app import service_of
    from serving.home_models import HomeModels

    source = HomeModels(home, settings.matcher)
    source.newest()
    return service_of(LiveModel(source), store, settings)


def make_server(service: Service) -> uvicorn.Server:
    """The server around the application; it opens nothing yet."""
    import uvicorn

    from serving.app import create_app
    from serving.logs import log_config

    return uvicorn.Server(
        uvicorn.Config(
            create_app(service),
            log_config=log_config(service.settings.serving.log_format),
            access_log=False,  # it would log paths; the application logs route templates
            server_header=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=_GRACE_S,
        )
    )


def run_until_stopped(server: uvicorn.Server, live: LiveModel, listener: socket.socket) -> None:
    """Answer probes at once and requests when the model is loaded, until a signal; raises what loading raised."""

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="load") as loader:
        loading = loader.submit(live.load)
        loading.add_done_callback(lambda done: _stop(server) if done.exception() else None)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how a person ends it
            server.run(sockets=[listener])
        loading.result()


def _stop(server: uvicorn.Server) -> None:
    server.should_exit = True


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def announce(listener: socket.socket, *, demo: bool) -> None:
    """Say where the service is, and whether it needs keys."""
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    vi = "Chưa có khóa truy cập: chỉ máy này gọi được, không lưu gì." if demo else "Cần khóa truy cập."
    en = "No access keys: this machine only, nothing is kept." if demo else "Access keys are needed."
    click.echo(f"Dịch vụ tại http://{name}:{port} (mô tả: /openapi.json). {vi}")
    click.echo(f"Serving at http://{name}:{port} (description: /openapi.json). {en}")
