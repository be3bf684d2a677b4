"""A caption with the words marked that the brief has too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

from features.diacritics import strip_diacritics

_WORD: Final = re.compile(r"([^\W_]+)")


def marked(text: str, words: Sequence[str]) -> Markup:
    """The text, escaped, each of the words in `<mark>`, also where it is typed without diacritics.

    Words of a brief that was typed without diacritics are marked in either spelling, as they were matched.
    """
    wanted = {word.lower() for word in words}
    plain = {strip_diacritics(word) for word in wanted}
    typed_plain = all(word.isascii() for word in wanted)

    def is_meant(word: str) -> bool:
        low = word.lower()
        return low in wanted or low in plain or (typed_plain and strip_diacritics(low) in wanted)

    parts = _WORD.split(text)  # what is between the words, and the words
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if place % 2 and is_meant(part) else escape(part)
        for place, part in enumerate(parts)
    )
