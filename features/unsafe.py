"""Words that an office would not want beside its message: insults, obscenities, betting, drugs, violence.

A short list of our own. A term is found as it is spelt, and typed without diacritics where that cannot be taken for
another word: "đồ ngu" and "do ngu", but "lon" alone is a tin. It flags posts for a person to read, and never changes a
place. docs/decisions/0014-rights.md has how much it finds.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from features.diacritics import strip_diacritics

_WORD: Final = re.compile(r"[^\W_]+")
_HELD: Final = re.compile(r"([^\W\d_])\1{2,}")

# Kind -> terms. Those before | are also found without diacritics; after it only as spelt: bare, they are words too.
_TERMS: Final[Mapping[str, str]] = {
    "insult": """
        đồ ngu, ngu ngốc, ngu như bò, ngu như chó, ngu vãi, óc chó, óc lợn, đồ chó, chó đẻ, chó má, con chó này,
        súc vật, súc sinh, đồ khốn, khốn nạn, khốn kiếp, mất dạy, vô học, vô giáo dục, đồ điên, thằng điên, con điên,
        thằng ngu, con ngu, lũ ngu, bọn ngu, não phẳng, rác rưởi, cặn bã, đê tiện, hèn hạ, bẩn thỉu, thối nát, ăn hại,
        đồ hèn, đồ rác, mặt dày, trơ trẽn, vô liêm sỉ, mất nết, đĩ điếm, con đĩ, cave, đồ đĩ, thằng chó, con mẹ mày,
        tổ sư, cút đi, biến thái, bệnh hoạn, đần độn, thiểu năng, đầu đất | ngu, đĩ, khốn, đần, điếm
    """,
    "obscene": """
        địt mẹ, địt con mẹ, đụ má, đụ mẹ, đù má, đù mẹ, đéo biết, đéo có, đéo hiểu, con cặc, cái lồn, như lồn,
        vãi lồn, vãi cặc, vãi đái, mẹ kiếp, chịch, dâm đãng, dâm dục, khiêu dâm, bú cu, vcl, vkl, vloz, loz, dm, dmm,
        dcm, dkm, vcc, clgt, clmm, cmm, cmnr, cmnl, đm, đmm, đcm, đkm, đcmm | lồn, cặc, buồi, địt, đụ, đù, đéo, dâm, cứt
    """,
    "betting": """
        cá độ, cá cược, nhà cái, soi kèo, tài xỉu, nổ hũ, đánh bạc, lô đề, soi cầu, casino, game bài
    """,
    "drugs": """
        ma túy, cần sa, thuốc lắc, hút cỏ, ke đá, bóng cười, thuốc lá điện tử, vape
    """,
    "violence": """
        giết chết, chém chết, đâm chết, đánh chết, đập chết, đốt nhà, khủng bố, xử bắn
    """,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A term found in a text: its kind, the words as they stand there."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class _Term:
    kind: str
    words: tuple[str, ...]
    bare_too: bool

    def stands(self, typed: Sequence[str], *, with_marks: bool) -> bool:
        """Whether words of a text are this term; one that has lost its marks, or has none, may be another word."""
        readable = with_marks or self.bare_too
        return readable and len(typed) == len(self.words) and all(map(self._same, self.words, typed))

    def _same(self, word: str, typed: str) -> bool:
        return typed == word or (self.bare_too and typed == strip_diacritics(word))


def unsafe_words(text: str | None) -> tuple[Found, ...]:
    """The terms that stand in a text, each once, in the order in which they come."""
    words = [_HELD.sub(r"\1", word) for word in _WORD.findall(unicodedata.normalize("NFC", text or "").lower())]
    with_marks = not all(map(str.isascii, words))
    found: dict[Found, None] = {}
    for at, word in enumerate(words):
        for term in _by_first().get(strip_diacritics(word), ()):
            typed = words[at : at + len(term.words)]
            if term.stands(typed, with_marks=with_marks):
                found[Found(term.kind, " ".join(typed))] = None
    return tuple(found)


@cache
def _by_first() -> Mapping[str, tuple[_Term, ...]]:
    """Terms by their first word without diacritics, longer ones first."""
    terms: dict[str, list[_Term]] = defaultdict(list)
    for kind, listed in _TERMS.items():
        bare, _, marked = listed.partition("|")
        for part, bare_too in ((bare, True), (marked, False)):
            for spelt in filter(None, map(str.strip, part.split(","))):
                words = tuple(spelt.split())
                terms[strip_diacritics(words[0])].append(_Term(kind, words, bare_too))
    return {first: tuple(sorted(found, key=lambda term: -len(term.words))) for first, found in terms.items()}
