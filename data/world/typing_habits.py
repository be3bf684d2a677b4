"""How people type: without diacritics, in teencode, with slips and stretched letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from data.world.dice import Dice
from data.world.people import Style

WORD: Final = re.compile(r"\w+")
TEENCODE_WORDS: Final = 0.7  # of the words that have a short form, in a post typed so
STRETCH: Final = re.compile(r"[aeiouyàáạảãâêôơưí]\b")
# What fingers and Southern ears mix up.
SLIPS: Final = (
    ("ng ", "n "),
    ("nh ", "n "),
    ("ch", "hc"),
    ("ươ", "ưo"),
    ("iê", "ie"),
    ("ả", "ã"),
    ("tr", "ch"),
    ("s", "x"),
)


def without_diacritics(text: str) -> str:
    """The same text typed without diacritics (`đ` becomes `d`)."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
    return bare.replace("đ", "d").replace("Đ", "D")


def typed(text: str, style: Style, teencode: Mapping[str, Sequence[str]], dice: Dice) -> str:
    """The text as a creator of that style types it this time."""
    if dice.chance(style.teencode):
        text = WORD.sub(lambda word: _shortened(word[0], teencode, dice), text)
    if dice.chance(style.slips):
        wrong, right = dice.pick(SLIPS)
        text = text.replace(wrong, right, 1)
    if dice.chance(style.stretched):
        times = dice.between(2, 5)
        text = STRETCH.sub(lambda letter: letter[0] * times, text, count=1)
    return _cased(without_diacritics(text) if dice.chance(style.bare) else text, dice)


def _shortened(word: str, teencode: Mapping[str, Sequence[str]], dice: Dice) -> str:
    forms = teencode.get(word.lower())
    return dice.pick(forms) if forms and dice.chance(TEENCODE_WORDS) else word


def _cased(text: str, dice: Dice) -> str:
    draw = dice.number()
    if draw < 0.03:
        return text.upper()
    return text[:1].upper() + text[1:] if draw < 0.6 else text
