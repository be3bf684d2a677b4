"""What the text of a brief says without stating it apart: clauses that are facets, and clauses that say what to avoid.

Half of a formal text is preamble: on what ground, for whom, with whom, in what manner. So a text is cut into clauses,
each loses its official opening ("cung cấp thông tin về …"), those that instruct the communicators are left out, and of
the rest those count whose words tell most and which come early, each saying what the ones before it do not.

"Ẩm thực, không quảng cáo rượu bia" asks for food, not for beer: a clause that forbids advertising is taken out of what
is asked and put under what is to be avoided.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Final

from models.brief import Brief, has_words

MOST_FOUND: Final = 3  # a person states one to three
_FEWEST_WORDS: Final = 3
_MOST_WORDS: Final = 16  # a longer clause is a sentence, of which no post has most of the words
_NEW_SHARE: Final = 0.5  # of a clause's telling words that no facet found before may have
_FADING: Final = 0.1  # per clause: what comes late is detail (docs/decisions/0008 has what other rates found)

_ENDS: Final = re.compile(r"[.;:!?\n\r•,()…]+|\s[-–—]\s|\s(?:và|hoặc|hay là|để|nhằm)\s")
_WORD: Final = re.compile(r"[^\W_]+")
# "… thông tin khoa học về X", "… quy định về X": the matter is what follows.
_ABOUT: Final = re.compile(r"^(?:\S+\s+){1,7}?về\s+(?=\S)", re.IGNORECASE)
# What an office does, and how it opens a clause.
_OPENINGS: Final = re.compile(
    r"^(?:tuyên truyền|phổ biến|hướng dẫn|giới thiệu|cung cấp|khuyến khích|vận động|huy động|đẩy mạnh|tăng cường"
    r"|nâng cao|thực hiện|triển khai|giải đáp|giải thích|tổ chức|bảo đảm|đảm bảo|góp phần|mục tiêu là"
    r"|nội dung cần làm rõ|cần biết|cần nắm|được|các|những|cách|việc|lợi ích của|ý thức)\s+",
    re.IGNORECASE,
)
# A clause with one of these says on what ground, for whom or how, not what.
_PREAMBLE: Final = re.compile(
    r"ưu tiên|yêu cầu|đối tượng|căn cứ|kế hoạch|phối hợp|công tác|địa bàn|chiến dịch|truyền thông|thông điệp|kênh"
    r"|ngôn ngữ|người có ảnh hưởng|cơ quan|đơn vị|ủy ban|quyết định số|nghị định|thông tư|theo quy định"
    r"|khoản \d|điều \d|bước \d",
    re.IGNORECASE,
)

# Only advertising is forbidden to the communicators; "không lái xe" is what a brief may be about.
_FORBIDDEN: Final = re.compile(
    r"(?:^|[,;(]|(?<=[.:!?\n]))\s*((?:không|khong|tránh|tranh|đừng|dung|cấm|cam)\s+(?:được\s+|duoc\s+)?"
    r"(?:quảng cáo|quang cao|quảng bá|quang ba|tiếp thị|tiep thi|cổ xúy|co xuy|cổ súy|co suy)\s[^,;.:!?\n)]+)[,;.)]?",
    re.IGNORECASE,
)

Rarity = Callable[[str], float]


def as_meant(brief: Brief) -> Brief:
    """The brief in composed letters, with what its title and text forbid to advertise moved to `must_not`; a title of
    that alone stays."""
    brief = _composed(brief)
    title, text = brief.title, brief.text
    forbidden = [clause.strip() for said in (title, text) for clause in _FORBIDDEN.findall(said)]
    rest = _FORBIDDEN.sub("", title).strip(" ,;")
    if not forbidden or not has_words(rest):
        return brief
    must_not = tuple(dict.fromkeys((*brief.must_not, *forbidden)))
    return replace(brief, title=rest, text=_FORBIDDEN.sub("", text).strip(), must_not=must_not)


def _composed(brief: Brief) -> Brief:
    """Letters and their marks as one (NFC): programs differ in what they send, and a list must not."""
    composed = partial(unicodedata.normalize, "NFC")
    return replace(
        brief,
        title=composed(brief.title),
        text=composed(brief.text),
        must=tuple(map(composed, brief.must)),
        nice=tuple(map(composed, brief.nice)),
        must_not=tuple(map(composed, brief.must_not)),
    )


def found_facets(text: str, rarity: Rarity) -> tuple[str, ...]:
    """At most three clauses of a text, in its order, that tell what it is about.

    Args:
        text: the body of a brief.
        rarity: how much a lower-case word tells; 0 for one that no post has.
    """
    cut = clauses(text)
    worded = [_words(clause) for clause in cut]
    rare = {word: rarity(word) for word in set(chain.from_iterable(worded))}
    telling = [_mean([rare[word] for word in words]) / (1.0 + _FADING * at) for at, words in enumerate(worded)]
    best = sorted(range(len(cut)), key=lambda place: -telling[place])
    said: set[str] = set()
    found: list[int] = []
    for place in best:
        words = {word for word in worded[place] if rare[word] > 0}
        if len(found) < MOST_FOUND and words and len(words - said) >= _NEW_SHARE * len(words):
            found.append(place)
            said |= words
    return tuple(cut[place] for place in sorted(found))


def clauses(text: str) -> list[str]:
    """The clauses of a text that are neither preamble nor too short or too long to be matched, openings taken off."""
    cut = (_without_opening(part.strip()) for part in _ENDS.split(unicodedata.normalize("NFC", text)))
    return [c for c in cut if _FEWEST_WORDS <= len(_words(c)) <= _MOST_WORDS and not _PREAMBLE.search(c)]


def _without_opening(clause: str) -> str:
    clause = _ABOUT.sub("", clause)
    while opening := _OPENINGS.match(clause):
        clause = clause[opening.end() :]
    return clause


def _mean(rarities: Sequence[float]) -> float:
    return sum(rarities) / len(rarities)


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.lower())
