"""What the service costs beside its matcher, and how much it takes: `python -m benchmarks.load [--home HOME]`.

Beside it stand endpoints on the same server (uvicorn, one worker) that return the same JSON from memory, see
`benchmarks.load_endpoint`. All are asked the same briefs, one by one and in turn, by a loader in a process of its own.
Nothing is cached: no brief is asked twice in a row, and the service keeps no answers.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.figures import OURS
from benchmarks.load_endpoint import KINDS
from benchmarks.speed import REPOSITORY, procedure_briefs
from benchmarks.tasks import DEFAULT_DATA

TOP: Final = 20
ROUNDS: Final = 3  # every brief is asked so often of both, in turn
CONNECTIONS: Final = (1, 16, 64)
PACE: Final = 50.0  # requests a second of the open loop
_RESAMPLES: Final = 2000
_SEED: Final = 20261123
_READY_S: Final = 60.0
_SERVE: Final = (sys.executable, "-c", "from kolmatch.cli import main; main()", "serve")
# A measured run is no flood, and who waits is to be measured rather than sent away.
_UNBOUNDED: Final = {"KOLMATCH_ACCESS__REQUESTS_PER_MINUTE": "1000000000", "KOLMATCH_SERVING__MAX_WAITING": "1000"}

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cost:
    """(n,) seconds of each request: at the service, of those in the matcher, at each endpoint that has the answer."""

    service: Times
    matcher: Times
    endpoints: Mapping[str, Times]

    @property
    def added(self) -> Times:
        """What the service adds to its matcher."""
        return self.service - self.matcher

    def ratio(self, endpoint: str) -> tuple[float, float, float]:
        """Median of what is added over the endpoint's median, and its 95 % interval (bootstrap over requests)."""
        beside = self.endpoints[endpoint]
        drawn = np.random.default_rng(_SEED).integers(0, len(beside), (_RESAMPLES, len(beside)))
        ratios = np.median(self.added[drawn], axis=1) / np.median(beside[drawn], axis=1)
        low, high = np.quantile(ratios, (0.025, 0.975)).tolist()
        return float(np.median(self.added) / np.median(beside)), low, high


def briefs(data: Path, home: Path) -> list[bytes]:
    """The bodies that are posted: official procedures where they are there, else the home's own captions."""
    posts = pl.read_parquet(next((home / "bundles").glob("*/posts.parquet")), columns=["text"])
    asked = procedure_briefs(data, posts)
    return [_body(title, text) for title, text in asked]


def _body(title: str, text: str) -> bytes:
    told = {"title": title[:500], "text": text[:20_000], "top": TOP}
    return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False).encode()


@contextmanager
def started(command: Sequence[str], port: int) -> Iterator[None]:
    """A server in a process of its own, once it is ready."""
    environment = {**os.environ, **_UNBOUNDED}
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait(process, port)
            yield
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _READY_S
    request = b"GET /readyz HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n"
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_READY_S) as connection:
                connection.sendall(request)
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not become ready")


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Load:
    """The loader, run as a process of its own for each piece of work."""

    def __init__(self, folder: Path, bodies: Sequence[bytes]) -> None:
        self._folder = folder
        self._bodies = [body.decode() for body in bodies]

    def run(self, work: str, rounds: int = 1, **arguments: Any) -> Any:  # noqa: ANN401
        """What one of `benchmarks.load_client.WORK` finds, the briefs asked in `rounds` rounds."""
        plan = self._folder / "plan.json"
        plan.write_text(json.dumps({"work": work, "bodies": self._bodies * rounds, **arguments}), encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.load_client", str(plan)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=REPOSITORY).stdout)


@click.command()
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), default=Path("var"), show_default=True)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=DEFAULT_DATA, show_default=True)
@click.option("--briefs", "most", type=click.IntRange(1), default=300, show_default=True, help="How many are asked.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Of the service.")
@click.option("--seconds", type=float, default=10.0, show_default=True, help="Of each run under load.")
def main(home: Path, data: Path, most: int, workers: int, seconds: float) -> None:
    """Measure the service of a home folder under load.

    Example: python -m benchmarks.load --home var
    """
    console = Console(width=None if sys.stdout.isatty() else 150)
    with tempfile.TemporaryDirectory(prefix="kolmatch-load-") as name, ExitStack() as servers:
        load = Load(Path(name), briefs(data, home.resolve())[:most])
        ports = {OURS: free_port()}
        options = {"--home": home.resolve(), "--port": ports[OURS], "--workers": workers}
        serve = [*_SERVE, *(str(part) for option in options.items() for part in option)]
        servers.enter_context(started(serve, ports[OURS]))
        answers = Path(name) / "answers.json"
        answers.write_text(json.dumps(load.run("recorded", port=ports[OURS])), encoding="utf-8")
        for kind in KINDS:
            ports[kind] = free_port()
            command = [sys.executable, "-m", "benchmarks.load_endpoint", kind, str(answers), str(ports[kind])]
            servers.enter_context(started(command, ports[kind]))
        load.run("in_turn", ports=list(ports.values()))  # the first round touches memory for the first time
        console.print(cost_table(_cost(load.run("in_turn", ROUNDS, ports=list(ports.values())), ports)))
        console.print(load_table(load, ports, seconds))


def _cost(found: dict[str, list[list[float]]], ports: Mapping[str, int]) -> Cost:
    times = {name: np.array(found[str(port)]) for name, port in ports.items()}
    ours = times.pop(OURS)
    return Cost(ours[:, 0], ours[:, 1], {name: own[:, 0] for name, own in times.items()})


def cost_table(cost: Cost) -> Table:
    """What one request costs, in milliseconds."""
    title = f"One request at a time, {len(cost.service)} of each, ms"
    table = Table("", "median", "mean", "p99", "added / this, medians", title=title)
    rows = {"service": cost.service, "its matcher": cost.matcher, "added": cost.added}
    for name, times in rows.items():
        table.add_row(name, *_figures(times), "")
    for name, times in cost.endpoints.items():
        table.add_row(f"endpoint, {name}", *_figures(times), "{:.2f} [{:.2f}, {:.2f}]".format(*cost.ratio(name)))
    return table


def _figures(times: Times) -> list[str]:
    found = (float(np.median(times)), float(times.mean()), float(np.quantile(times, 0.99)))
    return [f"{1000 * figure:.2f}" for figure in found]


def load_table(load: Load, ports: Mapping[str, int], seconds: float) -> Table:
    """Requests a second by connections, and the latency at a fixed pace, ms."""
    table = Table("", *ports, title="Under load")
    for connections in CONNECTIONS:
        runs = [load.run("closed", port=port, connections=connections, seconds=seconds) for port in ports.values()]
        table.add_row(f"{connections} connections, requests/s", *(f"{run['a second']:.0f}" for run in runs))
        table.add_row("  median / p99, ms", *(_points(run["seconds"]) for run in runs))
    runs = [load.run("opened", port=port, a_second=PACE, seconds=seconds) for port in ports.values()]
    table.add_row(f"{PACE:.0f} requests/s, median / p99, ms", *(_points(run["seconds"]) for run in runs))
    return table


def _points(seconds: Sequence[float]) -> str:
    return " / ".join(f"{1000 * point:.1f}" for point in np.quantile(seconds, (0.5, 0.99)).tolist())


if __name__ == "__main__":
    main()
