"""Queries as people type them: without diacritics, or in teencode. Own small rules, seeded, so that damage repeats."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.protocol import Task
from models.brief import Brief

Damage = Callable[[str, np.random.Generator], str]

WORD_CHANCE: Final = 0.7  # how often a word that has a teencode form is written so
LETTER_CHANCE: Final = 0.25  # how often a word's letters are shortened
DIACRITICS_CHANCE: Final = 0.3  # how often a word loses its diacritics
REPEAT_CHANCE: Final = 0.05  # how often a last vowel is drawn out

_WORDS: Final = {
    "không": ("ko", "k", "hok"),
    "được": ("đc", "dc"),
    "gì": ("j",),
    "với": ("vs",),
    "mọi": ("m",),
    "người": ("ng",),
    "rồi": ("r",),
    "quá": ("wá",),
    "bây": ("bj",),
    "biết": ("bit", "bít"),
    "vậy": ("v", "zậy"),
    "cũng": ("cx", "cũg"),
    "những": ("nhg",),
    "như": ("nhu",),
    "nào": ("nèo",),
    "mình": ("mk", "mjk"),
    "bạn": ("b", "bn"),
    "em": ("e",),
    "anh": ("a",),
    "trước": ("trc",),
    "trong": ("trog",),
    "của": ("cua", "cuả"),
    "nhiêu": ("nhiu",),
    "nhiều": ("nhìu",),
    "yêu": ("iu",),
    "thôi": ("thui",),
    "luôn": ("lun",),
    "chồng": ("ck",),
    "vợ": ("vk",),
    "giờ": ("h",),
    "video": ("vid",),
    "điện": ("đt",),
    "học": ("hok",),
    "sinh": ("sn",),
}
_LETTERS: Final = (("ph", "f"), ("qu", "w"), ("gi", "j"), ("ng", "g"), ("nh", "h"), ("c", "k"), ("v", "z"))
_WORD: Final = re.compile(r"[^\W\d_]+")
_VOWELS: Final = frozenset("aeiouy")


def strip_marks(text: str) -> str:
    """The text as typed without diacritics: `đ` becomes `d`, all tone and vowel marks go."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return unicodedata.normalize("NFC", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def without_diacritics(text: str, rng: np.random.Generator) -> str:
    """`strip_marks` as a damage; nothing of it is left to chance."""
    return strip_marks(text)


def teencode(text: str, rng: np.random.Generator) -> str:
    """The text in teencode: abbreviations, swapped letters, lost diacritics, drawn-out vowels."""
    return _WORD.sub(lambda match: _teen_word(match.group(), rng), unicodedata.normalize("NFC", text))


DAMAGES: Final[dict[str, Damage]] = {"no_diacritics": without_diacritics, "teencode": teencode}


def damaged(task: Task, kind: str, seed: int) -> Task:
    """The same task with every query damaged; the history stays as it was."""
    rng = np.random.default_rng(seed)

    def typed(text: str) -> str:
        return DAMAGES[kind](text, rng)

    queries = [replace(q, text=typed(q.text), brief=q.brief and _typed_brief(q.brief, typed)) for q in task.queries]
    return task.asked(queries, f"{task.name}_{kind}", f"{task.note}; queries in {kind.replace('_', ' ')} (seed {seed})")


def _typed_brief(brief: Brief, typed: Callable[[str], str]) -> Brief:
    must, nice, must_not = (tuple(map(typed, facets)) for facets in (brief.must, brief.nice, brief.must_not))
    return replace(brief, title=typed(brief.title), text=typed(brief.text), must=must, nice=nice, must_not=must_not)


def _teen_word(word: str, rng: np.random.Generator) -> str:
    forms = _WORDS.get(word.lower())
    chances = rng.random(4)
    if forms and chances[0] < WORD_CHANCE:
        return forms[int(rng.integers(len(forms)))]
    if chances[1] < LETTER_CHANCE:
        word = _other_letters(word)
    if chances[2] < DIACRITICS_CHANCE:
        word = strip_marks(word)
    if chances[3] < REPEAT_CHANCE and strip_marks(word[-1]).lower() in _VOWELS:
        word += word[-1] * 3
    return word


def _other_letters(word: str) -> str:
    """Write the first sound that has a shorter spelling with it (`phải` -> `fải`)."""
    for usual, short in _LETTERS:
        if word.lower().startswith(usual):
            return short + word[len(usual) :]
    return word
