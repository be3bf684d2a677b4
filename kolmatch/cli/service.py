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
    settings = load_settings(config)
    listener = listen(host or settings.serving.host, port or settings.serving.port)
    with contextlib.closing(listener):
        live = champion_of(home, settings)
        server = make_server(live, settings)
        _announce(listener)
        run_until_stopped(server, live, listener)


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


def listen(host: str, port: int) -> socket.socket:
    """Open the port, on this machine's own addresses only.

    Raises:
        UsageError: the address is reachable from elsewhere, or the port cannot be had.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not _is_loopback(address):
        raise UsageError(
            f"--host {host}: this version has no access keys, so it listens only on this machine. "
            "Use 127.0.0.1, and a proxy that signs people in for others.",
            f"--host {host}: phiên bản này chưa có khóa truy cập nên chỉ nghe trên chính máy này. "
            "Hãy dùng 127.0.0.1, và máy chủ trung gian có đăng nhập cho người khác.",
        )
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host} port {port}: {error}. Stop what uses it, or choose --port.",
            f"Không mở được cổng {port} trên {host}: {error}. Hãy dừng chương trình đang dùng, hoặc chọn --port khác.",
        ) from error


def champion_of(home: Path, settings: Settings) -> LiveModel:
    """The live model of a home folder, found but not loaded yet.

    Raises:
        BundleMissing: no model was trained.
        BundleDamaged: the pointer to the live model is not what was written.
    """
    from models.bundle_files import champion_pointer
    from models.matcher import Matcher
    from serving.answers import LiveModel

    folder = champion_pointer(home).folder
    return LiveModel(lambda: Matcher.load(folder, settings.matcher))


def make_server(live: LiveModel, settings: Settings) -> uvicorn.Server:
    """The server around the application; it opens nothing yet."""
    import uvicorn

    from serving.app import create_app
    from serving.logs import LOG_CONFIG

    return uvicorn.Server(
        uvicorn.Config(
            create_app(live, settings),
            log_config=LOG_CONFIG,
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


def _announce(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    click.echo(f"Dịch vụ tại http://{name}:{port} (mô tả: /openapi.json). Chưa có khóa truy cập: chỉ máy này gọi được.")
    click.echo(f"Serving at http://{name}:{port} (description: /openapi.json). No access keys: this machine only.")
