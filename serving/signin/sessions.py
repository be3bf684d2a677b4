"""Who is signed in, by what their browser holds. Known for a second without asking the store again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from kolmatch.settings import SigninSettings
from serving.access.callers import Caller
from serving.access.guard import REMEMBERED_S
from serving.signin.records import add_session, caller_in, find_session, remove_session, see
from serving.store.database import Store

_REMEMBERED: Final = 1000  # sessions
_SEEN_EVERY: Final = timedelta(minutes=1)  # one write a minute and person, not one a click


class Sessions:
    """Begins, finds and ends sessions. Safe to use from several threads and processes."""

    def __init__(self, store: Store, settings: SigninSettings, now: Callable[[], datetime]) -> None:
        self._store = store
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._longest = timedelta(hours=settings.longest_hours)
        self._now = now
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def begin(self, caller: Caller) -> str:
        """Sign a caller in; the secret that their browser is to hold.

        Raises:
            StoreError: the store cannot be used.
        """
        now = self._now()
        with self._store.writing(caller.actor, now) as writing:
            return add_session(writing, caller, now + self._longest)

    def caller(self, secret: str) -> Caller | None:
        """Who holds this secret; None when nobody is signed in with it any more.

        Raises:
            StoreError: the store cannot be used.
        """
        remembered = self._remembered.get(secret)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        now = self._now()
        with self._store.reading() as session:
            row = find_session(session, secret, now, self._idle)
        if row is None:
            return None
        if now - row.seen_at >= _SEEN_EVERY:
            with self._store.maintaining() as connection:
                see(connection, row.session_id, now)
        return self._remember(secret, caller_in(row))

    def end(self, secret: str) -> None:
        """Sign out whoever holds this; nothing happens when nobody does.

        Raises:
            StoreError: the store cannot be used.
        """
        self._remembered.pop(secret, None)
        now = self._now()
        with self._store.reading() as session:
            row = find_session(session, secret, now, self._idle)
        if row is not None:
            with self._store.writing(row.actor, now) as writing:
                remove_session(writing, row)

    def _remember(self, secret: str, caller: Caller) -> Caller:
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[secret] = (time.monotonic() + REMEMBERED_S, caller)
        return caller
