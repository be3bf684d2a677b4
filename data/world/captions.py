"""What is written and said in a post: sentences from the vocabulary, put together in a creator's own manner."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.world.dice import Dice
from data.world.lexicon import Lexicon, Topic
from data.world.people import Creator, Style
from data.world.typing_habits import typed, without_diacritics

SLOT: Final = re.compile(r"\{(\w+)\}")
HASHTAG: Final = re.compile(r"#(\w+)")
NUMBERS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 20, 24, 30)
AGES: Final = (14, 30)
LOW_CONTENT_SHARE: Final = 0.04  # posts that say nothing: real feeds are full of them
FAVOURITE_SHARE: Final = 0.5  # how often a creator reaches for its own favourite words of a list
FAVOURITE_PART: Final = 3  # favourites are a third of each list
SPOKEN_SENTENCES: Final = (5, 11)
SECOND_SUBJECT_SHARE: Final = 0.2  # transcripts that drift to another topic in their last sentences
DOMAIN_LISTS: Final = {"thing": "things", "thing2": "things", "action": "actions", "claim": "claims"}
PHRASE_LISTS: Final = {"opener": "openers", "closer": "closers", "feeling": "feelings", "place": "places"}


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption as published, with its hashtags (without #) as the platform lists them."""

    text: str
    hashtags: tuple[str, ...]


class Writer:
    """Writes captions and transcripts; every draw comes from one `Dice`, in the order of the calls."""

    def __init__(self, lexicon: Lexicon, dice: Dice) -> None:
        self._lexicon = lexicon
        self._lists = lexicon.phrases.lists
        self._dice = dice

    def caption(self, creator: Creator, topic: Topic, campaign: str | None) -> Caption:
        """A usual post about the topic; `campaign` is a hashtag it must carry."""
        if self._dice.chance(creator.style.formal):
            return self._formal(creator, topic, campaign)
        frame = self._dice.pick(self._lists["low_content" if self._dice.chance(LOW_CONTENT_SHARE) else "frames"])
        return self._finished(creator, topic, self._filled(frame, topic, creator), campaign)

    def advertisement(self, creator: Creator, topic: Topic, campaign: str | None) -> Caption:
        """A paid post: disclosed, with an offer, on the creator's usual subject."""
        parts = (self._dice.pick(self._lists["disclosures"]), "{claim}.", self._dice.pick(self._lists["offers"]))
        return self._finished(creator, topic, self._filled(" ".join(parts), topic, creator), campaign)

    def transcript(self, creator: Creator, topic: Topic, other: Topic) -> str:
        """What a machine heard: lower case, no punctuation, in other words than the caption, sometimes straying."""
        count = self._dice.between(*SPOKEN_SENTENCES)
        strays = self._dice.between(1, 3) if self._dice.chance(SECOND_SUBJECT_SHARE) else 0
        sentences = [self._sentence(creator, topic) for _ in range(count)]
        sentences += [self._sentence(creator, other) for _ in range(strays)]
        start = self._dice.pick(self._lists["spoken_open"]).replace("{spoken_thing}", topic.name.lower())
        parts = [start, *sentences, self._dice.pick(self._lists["spoken_close"])]
        said = " ".join(self._filled(part, topic, creator) for part in parts)
        return re.sub(r"[^\w\s]", "", said).lower()

    def _sentence(self, creator: Creator, topic: Topic) -> str:
        source = topic.spoken if self._dice.chance(0.75) else topic.claims
        sentence = self._filled(self._favoured(source, creator.style), topic, creator)
        return f"{self._dice.pick(self._lists['fillers'])} {sentence}" if self._dice.chance(0.4) else sentence

    def _formal(self, creator: Creator, topic: Topic, campaign: str | None) -> Caption:
        headline = self._filled(self._dice.pick(topic.headlines), topic, creator)
        detail = self._filled(self._dice.pick(("{thing}", "{thing}; {thing2}", "{action}")), topic, creator)
        tail = self._filled(self._dice.pick(self._lists["press_tails"]), topic, creator)
        tags = self._tags(creator.style, topic, campaign)
        return Caption(_joined(f"{headline}: {detail}. {tail}", tags), tags)

    def _finished(self, creator: Creator, topic: Topic, sentence: str, campaign: str | None) -> Caption:
        seasoned = self._seasoned(sentence, creator, topic)
        text = typed(seasoned, creator.style, self._lexicon.phrases.teencode, self._dice)
        tags = self._tags(creator.style, topic, campaign)
        return Caption(_joined(text, tags), (*HASHTAG.findall(text), *tags))

    def _seasoned(self, text: str, creator: Creator, topic: Topic) -> str:
        style = creator.style
        if self._dice.chance(style.english):
            text = f"{self._filled(self._dice.pick(self._lists['english']), topic, creator)} {text}"
        if self._dice.chance(0.12):
            text = f"{text}, {self._favoured(self._lists['catchphrases'], style)}"
        if self._dice.chance(style.emoji):
            text += " " + "".join(self._favoured(self._lists["emoji"], style) for _ in range(self._dice.between(1, 3)))
        return text

    def _tags(self, style: Style, topic: Topic, campaign: str | None) -> tuple[str, ...]:
        tags = [campaign] if campaign else []
        if style.signature and self._dice.chance(0.4):
            tags.append(re.sub(r"\W", "", without_diacritics(style.signature)).lower())
        for _ in range(round(style.hashtags * 2 * self._dice.number())):
            own = self._dice.chance(0.65)
            tags.append(self._favoured(topic.tags, style) if own else self._dice.pick(self._lists["general_tags"]))
        return tuple(dict.fromkeys(tags))

    def _favoured(self, items: Sequence[str], style: Style) -> str:
        if not self._dice.chance(FAVOURITE_SHARE):
            return self._dice.pick(items)
        width = max(1, len(items) // FAVOURITE_PART)
        return items[(style.offset + self._dice.between(0, width - 1)) % len(items)]

    def _filled(self, template: str, topic: Topic, creator: Creator) -> str:
        def fill(match: re.Match[str]) -> str:
            return self._filled(self._slot(match[1], topic, creator.style), topic, creator)

        return SLOT.sub(fill, template)

    def _slot(self, name: str, topic: Topic, style: Style) -> str:
        if name in DOMAIN_LISTS:
            return self._favoured(getattr(topic, DOMAIN_LISTS[name]), style)
        if name in PHRASE_LISTS:
            return self._dice.pick(self._lists[PHRASE_LISTS[name]])
        return str(self._dice.between(*AGES) if name == "age" else self._dice.pick(NUMBERS))


def _joined(text: str, tags: Sequence[str]) -> str:
    return unicodedata.normalize("NFC", " ".join([text, *(f"#{tag}" for tag in tags)]))
