"""The words of the sample world: topics, phrases, names and briefs, read from the TOML files beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

FOLDER: Final = "vocabulary"


@dataclass(frozen=True, slots=True)
class Topic:
    """What is said about one subject, and how its audience leans.

    `youth` and `female` are log odds, `lift` is the log of how much more it is seen than the average.
    `near` are topics that the same creators like to take up.
    """

    key: str
    name: str
    policy: bool
    near: tuple[str, ...]
    youth: float
    female: float
    lift: float
    tags: tuple[str, ...]
    campaigns: tuple[str, ...]
    things: tuple[str, ...]
    actions: tuple[str, ...]
    claims: tuple[str, ...]
    headlines: tuple[str, ...]
    spoken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words around a topic; `lists` by name, `teencode` from a word to the ways young people type it."""

    lists: dict[str, tuple[str, ...]]
    teencode: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PlannedBrief:
    """A brief and the truth behind it: `topics` with weights that sum to 1, and the topics to `avoid`."""

    title: str
    text: str
    must: tuple[str, ...]
    nice: tuple[str, ...]
    must_not: tuple[str, ...]
    topics: dict[str, float]
    avoid: tuple[str, ...]
    platforms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Invented names; `newspaper` is the one large newsroom, `lists` has the rest by kind."""

    newspaper: str
    lists: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that the generator can say. The order of `topics` is the order of every mixture vector."""

    topics: tuple[Topic, ...]
    phrases: Phrases
    names: Names
    briefs: tuple[PlannedBrief, ...]

    def row(self, key: str) -> int:
        """Position of a topic in mixture vectors."""
        return self.rows()[key]

    def rows(self) -> dict[str, int]:
        """Position of every topic in mixture vectors, by key."""
        return {topic.key: row for row, topic in enumerate(self.topics)}


def load_lexicon() -> Lexicon:
    """Read the vocabulary files of the package."""
    return Lexicon(
        topics=(*_topics("policy", policy=True), *_topics("everyday", policy=False)),
        phrases=_phrases(_read("phrases")),
        names=_names(_read("names")),
        briefs=tuple(_brief(entry) for entry in _read("briefs")["brief"]),
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("data.world") / FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _topics(file: str, *, policy: bool) -> list[Topic]:
    return [Topic(key=key, policy=policy, **_frozen(entry)) for key, entry in _read(file).items()]


def _phrases(entry: dict[str, Any]) -> Phrases:
    teencode = _frozen(entry.pop("teencode"))
    return Phrases(lists=_frozen(entry), teencode=teencode)


def _names(entry: dict[str, Any]) -> Names:
    return Names(newspaper=entry.pop("newspaper"), lists=_frozen(entry))


def _brief(entry: dict[str, Any]) -> PlannedBrief:
    return PlannedBrief(**_frozen(entry))
