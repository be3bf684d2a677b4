"""A look at the pointer to the champion every few seconds: a model that was promoted answers without anyone asking."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kolmatch.errors import BundleError
from serving.answers import LiveModel

_log = logging.getLogger("kolmatch.serving")


class Watch:
    """Loads the newest model when it is not the live one. One that was refused is said once, and tried again."""

    def __init__(self, live: LiveModel, every_s: float) -> None:
        self._live = live
        self._every_s = every_s
        self._woken = threading.Event()
        self._ending = False
        self._told = ""

    def look(self) -> None:
        """Look once."""
        try:
            before = self._live.swaps
            model = self._live.load()
            if self._live.swaps > before:
                _log.info("model %s is live", model.answers.manifest.bundle_id)
            self._told = ""
        except BundleError as error:
            if error.en != self._told:
                _log.warning("the newest model is refused, the old one keeps answering: %s", error.en)
            self._told = error.en

    def wake(self) -> None:
        """Have the thread of `running` look now; safe to call from any thread."""
        self._woken.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look again and again beside the block."""
        thread = threading.Thread(target=self._run, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending = True
            self.wake()
            thread.join()

    def _run(self) -> None:
        while True:
            self._woken.wait(self._every_s)
            self._woken.clear()
            if self._ending:
                return
            self.look()
