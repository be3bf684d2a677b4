"""A bounded memory of what was read: the words of people come again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Words = tuple[str, ...]

REMEMBERED: Final = 100_000  # texts a memory holds: at most some twenty megabytes
_REMEMBERED_LETTERS: Final = 64  # longer ones do not come again


def recalled(known: dict[str, Words], text: str, read: Callable[[str], Words]) -> Words:
    """What was read before, or read now and kept; a full memory begins anew."""
    found = known.get(text)
    if found is None:
        found = read(text)
        if len(known) >= REMEMBERED:
            known.clear()
        if len(text) <= _REMEMBERED_LETTERS:
            known[text] = found
    return found
