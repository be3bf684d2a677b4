"""Commands that run or examine the service."""

from __future__ import annotations

import contextlib
import ipaddress
import logging.config
import os
import signal
import socket
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.errors import UsageError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import uvicorn
    from starlette.types import ASGIApp

    from kolmatch.settings import ServingSettings, Settings
    from serving.answers import LiveModel
    from serving.service import Service
    from serving.store.database import Store

# A query is too small to be split: the threads of FAISS and BLAS would only wait for each other.
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_GRACE_S: Final = 10  # a shortlist takes milliseconds; what is not answered in ten seconds never will be


@click.command()
@home_option
@config_option
@click.option("--host", default=None, help="Address of this machine; without keys only its own (127.0.0.1, ::1).")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Default: serving.port of the settings.")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Default: serving.workers of the settings.")
def serve(home: Path, config: Path | None, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the HTTP API with the live model.

    Example: kolmatch serve --home var --port 8800 --workers 2
    """
    for variable in _ONE_THREAD:
        os.environ.setdefault(variable, "1")
    from models.bundle_files import champion_pointer
    from serving.access.keys import is_demo

    settings = load_settings(config)
    workers = workers or settings.serving.workers
    settings = settings.model_copy(update={"serving": settings.serving.model_copy(update={"workers": workers})})
    with contextlib.closing(open_store(home, settings)) as store:
        champion_pointer(home)
        demo = is_demo(store, settings.access)
        listener = listen(host or settings.serving.host, port or settings.serving.port, demo=demo)
        with contextlib.closing(listener):
            announce(listener, demo=demo)
            if workers == 1:
                _serve_alone(home, settings, store, listener)
            else:
                _serve_together(home, settings, listener)


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


def _serve_alone(home: Path, settings: Settings, store: Store, listener: socket.socket) -> None:
    from serving.tracing import exporting
    from serving.watching import Watch

    service = service_around(home, settings, store)
    with exporting(settings.serving.otlp_endpoint), Watch(service.live, settings.serving.watch_s).running():
        run_until_stopped(make_server(service), service.live, listener)


def _serve_together(home: Path, settings: Settings, listener: socket.socket) -> None:
    """Several workers on one socket. A model that none of them could load is refused before the first is started."""
    from models.bundle_files import champion_pointer, verify
    from serving.logs import log_config
    from serving.workers import Workers

    logging.config.dictConfig(log_config(settings.serving.log_format))
    verify(champion_pointer(home).folder)
    with tempfile.TemporaryDirectory(prefix="kolmatch-workers-") as folder:
        one = partial(work, home, settings, listener, Path(folder))
        Workers(one, settings.serving.workers, grace_s=2 * _GRACE_S).run()


def work(home: Path, settings: Settings, listener: socket.socket, folder: Path, number: int, pipe: Connection) -> None:
    """One of several workers: load the model, then take requests, until SIGTERM or until the supervisor is gone."""
    from serving.app import create_app
    from serving.siblings import Siblings
    from serving.store.database import Store, store_url
    from serving.tracing import exporting
    from serving.watching import Watch
    from serving.workers import Supervisor

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor too, which ends its workers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    supervisor = Supervisor(pipe)
    store = Store.at(store_url(home, settings.store), busy_timeout_s=settings.store.busy_timeout_s)
    with contextlib.closing(store), exporting(settings.serving.otlp_endpoint):
        service = replace(service_around(home, settings, store), siblings=Siblings(folder, number))
        service.live.changed = supervisor.tell_changed
        watch = Watch(service.live, settings.serving.watch_s)
        supervisor.heed(watch.wake)
        app = create_app(service)
        service.live.load()
        supervisor.tell_ready()
        with watch.running(), app.state.metrics.told():
            server_of(app, settings.serving).run(sockets=[listener])


def make_server(service: Service) -> uvicorn.Server:
    """The server around the application of a service; it opens nothing yet."""
    from serving.app import create_app

    return server_of(create_app(service), service.settings.serving)


def server_of(app: ASGIApp, settings: ServingSettings) -> uvicorn.Server:
    """The server around an application; it opens nothing yet."""
    import uvicorn

    from serving.logs import log_config
    from serving.patience import patient

    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=patient(settings.request_timeout_s),
            log_config=log_config(settings.log_format),
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
