"""Several processes that answer on one socket: started, watched, started again when one dies, ended together.

Each worker opens the bundle by itself; its arrays are pages of files (`features.arrays`), so they are in memory once.
Between a worker and its supervisor there is a pipe. A worker that has changed its model says so, and the others look
for it at once. When the supervisor is gone the pipe is closed, and the worker ends as if it had been asked to.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final, TypeAlias

from kolmatch.errors import WorkersFailed

_READY: Final = b"ready"
_CHANGED: Final = b"changed"
_PAUSE_S: Final = 1.0  # from one start of a worker to the next at least: what dies at once must not eat the machine
_LOOK_S: Final = 0.2  # between two looks while a start or an end is due
_log = logging.getLogger("kolmatch.serving")

Work: TypeAlias = Callable[[int, Connection], None]  # number from 1, the pipe to the supervisor


@dataclass(slots=True)
class _Place:
    """One worker's place: who holds it now, if anyone, and since when."""

    number: int
    process: SpawnProcess | None = None
    pipe: Connection | None = None
    started: float = float("-inf")


class Workers:
    """Runs `work` in several fresh processes (never forked: the libraries of a model have threads of their own)."""

    def __init__(self, work: Work, count: int, grace_s: float) -> None:
        self._work = work
        self._places = [_Place(number) for number in range(1, count + 1)]
        self._grace_s = grace_s
        self._killed_at: float | None = None  # when who has not ended by then is killed; None: nobody is to end
        self._ever_ready = False
        self._failed = False

    def run(self) -> None:
        """Run until SIGTERM or SIGINT, and return when every worker has ended.

        Raises:
            WorkersFailed: one ended before any was ever ready, so starting it again would not help.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        while self._killed_at is None or self._alive():
            self._fill()
            self._look()
        if self._failed:
            raise WorkersFailed(
                "A worker could not start; the lines above say why. Mend that, or try `kolmatch doctor`.",
                "Một tiến trình không khởi động được; các dòng trên nêu lý do. Hãy sửa, hoặc chạy `kolmatch doctor`.",
            )

    def _alive(self) -> list[_Place]:
        return [place for place in self._places if place.process is not None]

    def _fill(self) -> None:
        """Start whoever is missing, or end who is too slow to end."""
        now = time.monotonic()
        for place in self._places:
            if self._killed_at is None and place.process is None and now >= place.started + _PAUSE_S:
                self._start(place)
            elif self._killed_at is not None and place.process is not None and now >= self._killed_at:
                place.process.kill()

    def _start(self, place: _Place) -> None:
        context = multiprocessing.get_context("spawn")
        place.pipe, theirs = context.Pipe()
        place.process = context.Process(target=self._work, args=(place.number, theirs), name=f"worker-{place.number}")
        place.started = time.monotonic()
        place.process.start()
        theirs.close()
        if self._killed_at is not None:  # the signal came in between
            place.process.terminate()

    def _look(self) -> None:
        """Wait for news of any worker, and take it."""
        alive = self._alive()
        settled = self._killed_at is None and len(alive) == len(self._places)
        pipes = [place.pipe for place in alive if place.pipe]
        ends = [place.process.sentinel for place in alive if place.process]
        news = wait([*pipes, *ends], None if settled else _LOOK_S)
        for place in alive:
            if place.pipe in news:
                self._pass_on(place)
            if place.process and place.process.sentinel in news:
                self._bury(place)

    def _pass_on(self, teller: _Place) -> None:
        """What one worker tells, to all others."""
        try:
            assert teller.pipe is not None
            word = teller.pipe.recv_bytes()
        except (EOFError, OSError):  # it is ending; its sentinel says the rest
            teller.pipe = None
            return
        if word == _READY:
            self._ever_ready = True
            return
        for place in self._alive():
            if place is not teller and place.pipe is not None:
                try:
                    place.pipe.send_bytes(word)
                except OSError:  # likewise
                    place.pipe = None

    def _bury(self, place: _Place) -> None:
        assert place.process is not None
        place.process.join()
        code = place.process.exitcode
        place.process.close()
        place.process = place.pipe = None
        if self._killed_at is None and self._ever_ready:
            _log.warning("worker %d ended (%s) and is started again", place.number, code)
        elif self._killed_at is None:
            self._failed = True
            self._end_all()

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._end_all()

    def _end_all(self) -> None:
        self._killed_at = time.monotonic() + self._grace_s
        for place in self._alive():
            assert place.process is not None
            place.process.terminate()


class Supervisor:
    """The supervisor as a worker sees it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def tell_ready(self) -> None:
        """Say that this worker has its model and takes requests."""
        self._tell(_READY)

    def tell_changed(self) -> None:
        """Let the other workers look for the model that this one has changed to."""
        self._tell(_CHANGED)

    def _tell(self, word: bytes) -> None:
        try:
            self._pipe.send_bytes(word)
        except OSError:  # it is gone, and so will this worker be
            _log.warning("the supervisor is gone")

    def heed(self, look: Callable[[], None]) -> None:
        """From now on: `look` when another worker has changed its model, and end when the supervisor is gone."""
        threading.Thread(target=self._heed, args=(look,), name="supervisor", daemon=True).start()

    def _heed(self, look: Callable[[], None]) -> None:
        try:
            while self._pipe.recv_bytes():
                look()
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)
