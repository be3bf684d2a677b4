"""Vietnamese letters and syllables: marks taken off, tones put where they belong, and which syllables exist at all.

A syllable is onset + rhyme (+ tone). The rhymes are a closed set, so the syllables that can exist are known without a
dictionary; that is what makes moving a tone mark, or cutting a glued hashtag, safe.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

ONSETS: Final = (
    *("ngh", "ng", "nh", "gh", "gi", "ch", "kh", "ph", "th", "tr", "qu"),
    *("b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", ""),
)

# Rhymes with vowel marks and without tone.
_RHYMES: Final = """
a ai ao au ay âu ây e eo ê êu i ia iu iêu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uây uê ui uơ uy uya uyu
uôi ư ưa ưi ưu ươi ươu y yêu ya ac ach am an ang anh ap at ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât ec em en eng
ep et êch êm ên ênh êp êt ich im in inh ip it iêc iêm iên iêng iêp iêt oc om on ong op ot oac oach oam oan
oang oanh oap oat oăc oăm oăn oăng oăt oen oeng oet ôc ôm ôn ông ôp ôt ơm ơn ơp ơt ooc oong uc um un ung up ut
uân uâng uât uên uêch uênh uôc uôm uôn uông uôt uych uyn uynh uyp uyt uyên uyêt ưc ưm ưn ưng ưt ươc ươm ươn
ương ươp ươt ynh ych yên yêm yêt yêng
"""
RHYMES: Final = frozenset(_RHYMES.split())

_BASES: Final = "aăâeêioôơuưy"
_TONED: Final = ("àằầèềìòồờùừỳ", "áắấéếíóốớúứý", "ảẳẩẻểỉỏổởủửỷ", "ãẵẫẽễĩõỗỡũữỹ", "ạặậẹệịọộợụựỵ")
_TONE_OFF: Final = {letter: base for row in _TONED for letter, base in zip(row, _BASES, strict=True)}
_TONE_ROW: Final = {letter: row for row in _TONED for letter in row}
_MARKED: Final = frozenset("ăâêôơư")

_PLAIN: Final = "aaaeeiooouuy"
_LOWER_PLAIN: Final = {
    "đ": "d",
    **{letter: plain for row in (_BASES, *_TONED) for letter, plain in zip(row, _PLAIN, strict=True)},
}
_PLAIN_TABLE: Final = str.maketrans(
    {**_LOWER_PLAIN, **{letter.upper(): plain.upper() for letter, plain in _LOWER_PLAIN.items()}}
)
_TONED_LETTER: Final = re.compile(f"[{''.join(_TONED)}]")
_TONE_TABLE: Final = str.maketrans(_TONE_OFF)
_SYLLABLE: Final = re.compile(f"({'|'.join(ONSETS[:-1])})?([{_BASES}]+)(ch|ng|nh|c|m|n|p|t)?")
_ECHO: Final = re.compile(
    "|".join(
        f"(?<={letter})[{letter}{base}{'' if base == 'ư' else _PLAIN[_BASES.index(base)]}]+"
        for letter, base in [*_TONE_OFF.items(), *((letter, letter) for letter in "ăâêôơ")]
    )
)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_DOUBLED: Final = re.compile(r"(.)\1")
COMBINING: Final = re.compile("[\u0300-\u036f]")

# Both spellings are right; one has to win so that they meet. Toned words only: "ti", "my" and "hi" are other words too.
_SAME_WORD: Final = {
    "kĩ": "kỹ", "kì": "kỳ", "kí": "ký", "kỉ": "kỷ", "kị": "kỵ", "lí": "lý", "mĩ": "mỹ", "sỹ": "sĩ", "tỉ": "tỷ",
    "quí": "quý", "quì": "quỳ", "quĩ": "quỹ", "mỳ": "mì", "vỹ": "vĩ", "qui": "quy",
}  # fmt: skip


def strip_diacritics(text: str) -> str:
    """The text without Vietnamese (and other Latin) marks, đ as d; one letter stays one letter, case is kept."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN_TABLE)
    return plain if plain.isascii() else _BEYOND_ASCII.sub(lambda found: _without_mark(found[0]), plain)


@lru_cache(maxsize=10_000)  # of some thousand letters and emoji the same ones come again
def _without_mark(letter: str) -> str:
    """A Latin, Greek or Cyrillic letter without accents; letters of other scripts (Hangul, kana) are left whole."""
    base, marks = letter[:1], letter[1:]
    if len(decomposed := unicodedata.normalize("NFD", letter)) > 1:
        base, marks = decomposed[0], decomposed[1:]
    if COMBINING.match(base):
        return ""
    return base if marks and not COMBINING.sub("", marks) else letter


def place_tone(word: str) -> str:
    """A lower-case syllable with its tone where "hòa, thúy, khỏe" have it; anything else comes back unchanged.

    "hoà" and "hòa" are one word typed by two keyboards, "lí" and "lý" one word of two spellings.
    """
    if word.isascii():
        return _SAME_WORD.get(word, word)
    return _SAME_WORD.get(placed := _replaced_tone(word), placed)


def _replaced_tone(word: str) -> str:
    toned = _TONED_LETTER.findall(word)
    if len(toned) != 1:
        return word
    bare = word.translate(_TONE_TABLE)
    parts = split_syllable(bare)
    if parts is None:
        return word
    at = len(parts[0]) + _tone_seat(parts[1], closed=bool(parts[2]))
    return bare[:at] + _TONE_ROW[toned[0]][_BASES.index(bare[at])] + bare[at + 1 :]


def is_syllable(word: str) -> bool:
    """Whether a lower-case word, with all its marks, is a syllable that can exist."""
    bare = word.translate(_TONE_TABLE)
    return len(_TONED_LETTER.findall(word)) < 2 and split_syllable(bare) is not None


def without_echo(word: str) -> str:
    """A lower-case word whose held-down letters are typed once: "quáa" is "quá", "đẹpp" is "đẹp".

    No Vietnamese vowel is followed by its own bare letter, except that "ưu" is a rhyme; a doubled last letter goes only
    where a syllable remains.
    """
    if not _DOUBLED.search(word.translate(_PLAIN_TABLE)):
        return word
    word = _ECHO.sub("", word)
    if len(word) > 2 and word[-1] == word[-2] and is_syllable(word[:-1]):
        return word[:-1]
    return word


def split_syllable(bare: str) -> tuple[str, str, str] | None:
    """Onset, vowels and ending of a syllable without tone, or None when no such syllable exists."""
    found = _SYLLABLE.fullmatch(bare)
    if not found:
        return None
    onset, vowels, ending = found[1] or "", found[2], found[3] or ""
    if onset == "g" and vowels[0] == "i" and len(vowels) > 1:
        onset, vowels = "gi", vowels[1:]
    if onset == "gi" and vowels + ending not in RHYMES:
        onset, vowels = "g", f"i{vowels}"
    return (onset, vowels, ending) if vowels + ending in RHYMES else None


def _tone_seat(vowels: str, *, closed: bool) -> int:
    """Which of the vowels carries the tone: the last marked one, else by the number of vowels and the ending."""
    marked = [i for i, letter in enumerate(vowels) if letter in _MARKED]
    if marked:
        return marked[-1]
    if len(vowels) == 1:
        return 0
    return 1 if closed or len(vowels) > 2 else 0


def plain_syllables() -> frozenset[str]:
    """Every syllable that can exist, without any marks: what a glued hashtag is cut into."""
    rhymes = {strip_diacritics(rhyme) for rhyme in RHYMES}
    every = {strip_diacritics(onset) + rhyme for onset in ONSETS for rhyme in rhymes if _agree(onset, rhyme)}
    return frozenset(every | {"gi", "gin", "gip", "gieng", "giet"})


def _agree(onset: str, rhyme: str) -> bool:
    """Whether spelling lets an onset stand before a plain rhyme ("k" before i, e, y only, and so on)."""
    front = rhyme[0] in "iey"
    if onset in ("k", "gh", "ngh"):
        return front
    if onset in ("c", "g", "ng"):
        return not front
    if onset == "qu":
        return rhyme[0] != "u"
    if onset == "gi":
        return rhyme[0] != "i"
    if rhyme[0] == "y" and len(rhyme) > 1:
        return not onset
    return onset != "p" or rhyme in ("in", "o", "a", "e")
