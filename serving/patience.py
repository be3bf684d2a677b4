"""A client that takes for ever to send its request is cut off: it holds a connection, and there are only so many.

uvicorn waits without end for the rest of a request. Here the clock starts with the connection, and again with the first
byte of each later request; what has not come whole by then is answered 408 and closed.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with `seconds` for a request to come whole, its body too."""

    seconds: ClassVar[float]
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        self._start()

    def on_message_begin(self) -> None:
        """The first byte of a request is there."""
        if self._clock is None:
            self._start()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The last byte of a request is there."""
        self._stop()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._clock = self.loop.call_later(self.seconds, self._cut_off)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _cut_off(self) -> None:
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(_TOO_SLOW)
        self.transport.close()


def patient(seconds: float) -> type[Patient]:
    """The protocol with so many seconds for each request."""
    return type("Patient", (Patient,), {"seconds": seconds})
