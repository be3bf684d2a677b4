"""What staff decided, from the store to training: neither imports the other, so it is handed over above both."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolmatch.settings import Settings
    from models.preferences import DecidedList


def decided(home: Path, settings: Settings) -> tuple[DecidedList, ...]:
    """The lists that staff decided on; none where there is no store."""
    if not settings.store.url and not (home / "store.sqlite3").exists():
        return ()
    from kolmatch.cli.service import open_store
    from serving.decisions.shown import decided_lists

    with contextlib.closing(open_store(home, settings)) as store, store.reading() as session:
        return tuple(decided_lists(session))
