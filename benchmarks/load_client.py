"""The loader: plain HTTP/1.1 over kept connections, as little of it as can be, so that what is measured is the server.

A process of its own: `python -m benchmarks.load_client PLAN` reads what to do from a file and prints figures as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Figures = dict[str, Any]

_OWN_TIME: Final = b"match;dur="


@dataclass(frozen=True, slots=True)
class Answer:
    """Seconds until an answer's last byte was there, the matcher's own if the server told them, the body."""

    seconds: float
    matcher_s: float
    body: bytes


class Connection:
    """One kept connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Connection:
        """To a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def ask(self, path: str, body: bytes) -> Answer:
        """Post a body and wait for the whole answer, which must be a 200.

        Raises:
            RuntimeError: it is not.
        """
        head = f"POST {path} HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        started = time.perf_counter()
        self._writer.write(head.encode() + b"\r\n\r\n" + body)
        got = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in got[:13]:
            raise RuntimeError(f"not answered with 200 but {got[:200]!r}")
        answer = await self._reader.readexactly(int(_after(got, b"content-length: ")))
        seconds = time.perf_counter() - started
        return Answer(seconds, float(_after(got, _OWN_TIME) or 0) / 1000, answer)

    def close(self) -> None:
        """Close it."""
        self._writer.close()


def _after(head: bytes, name: bytes) -> bytes:
    """What stands behind a name until the end of its line; empty when the name is not there."""
    return head.partition(name)[2].partition(b"\r\n")[0]


async def in_turn(ports: Sequence[int], bodies: Sequence[bytes]) -> Figures:
    """Every server asked the same, one request at a time, the servers taking turns: whatever else the machine does
    hits them alike. Per port: seconds, and of them the matcher's.
    """
    connections = [await Connection.open(port) for port in ports]
    found: list[list[tuple[float, float]]] = [[] for _ in ports]
    for number, body in enumerate(bodies):
        for own, connection in zip(found, connections, strict=True):
            answer = await connection.ask(f"/v1/shortlists?number={number}", body)
            own.append((answer.seconds, answer.matcher_s))
    for connection in connections:
        connection.close()
    return {str(port): own for port, own in zip(ports, found, strict=True)}


async def closed(port: int, bodies: Sequence[bytes], connections: int, seconds: float) -> Figures:
    """Requests a second when so many connections each ask again as soon as they are answered."""
    end = time.perf_counter() + seconds
    latencies: list[float] = []

    async def keep_asking(first: int) -> None:
        connection = await Connection.open(port)
        number = first
        while time.perf_counter() < end:
            path = f"/v1/shortlists?number={number % len(bodies)}"
            latencies.append((await connection.ask(path, bodies[number % len(bodies)])).seconds)
            number += connections
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*map(keep_asking, range(connections)))
    return {"a second": len(latencies) / (time.perf_counter() - started), "seconds": latencies}


async def opened(port: int, bodies: Sequence[bytes], a_second: float, seconds: float) -> Figures:
    """Requests at a fixed pace, whether the server keeps up or not; the time of each counts from its moment."""
    free: list[Connection] = []
    latencies: list[float] = []

    async def ask_at(moment: float, number: int) -> None:
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        connection = free.pop() if free else await Connection.open(port)
        await connection.ask(f"/v1/shortlists?number={number % len(bodies)}", bodies[number % len(bodies)])
        latencies.append(time.perf_counter() - moment)
        free.append(connection)

    begin = time.perf_counter() + 0.1
    await asyncio.gather(*(ask_at(begin + n / a_second, n) for n in range(int(a_second * seconds))))
    for connection in free:
        connection.close()
    return {"seconds": latencies}


async def recorded(port: int, bodies: Sequence[bytes]) -> list[str]:
    """What a server answers to each body."""
    connection = await Connection.open(port)
    answers = [(await connection.ask("/v1/shortlists", body)).body.decode() for body in bodies]
    connection.close()
    return answers


WORK: Final[dict[str, Callable[..., Coroutine[Any, Any, Any]]]] = {
    "in_turn": in_turn,
    "closed": closed,
    "opened": opened,
    "recorded": recorded,
}


def main() -> None:
    """Do what the plan says: the name of a function above and its arguments."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    bodies = [body.encode() for body in plan.pop("bodies")]
    print(json.dumps(asyncio.run(WORK[plan.pop("work")](bodies=bodies, **plan))))


if __name__ == "__main__":
    main()
