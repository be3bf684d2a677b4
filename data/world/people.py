"""Who lives in the sample world: persons, newsrooms, organisations and networks, with their true topics and reach."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.world.crowds import Crowd, draw_crowd
from data.world.lexicon import Lexicon

Floats = NDArray[np.float64]
LABEL: Final = "(mẫu)"
NAME_TRIES: Final = 30  # then a number tells two of the same name apart
MIN_CREATORS: Final = 20  # fewer cannot hold every kind, a minor, an opt-out and bought attention

# Shares of all creators that are of a kind or have a trait; each has at least two, so that small worlds show them too.
KIND_SHARES: Final = {"press": 0.045, "organisation": 0.055, "network": 0.025}
MINOR_SHARE: Final = 0.015
OPTED_OUT_SHARE: Final = 0.02
BOUGHT_SHARE: Final = 0.05
DORMANT_SHARE: Final = 0.04
DRIFTING_SHARE: Final = 0.3
MANAGED_SHARE: Final = 0.3
POLICY_MAIN_SHARE: Final = 0.42  # of persons; high enough that each policy topic has several who know it

# How often a creator of the kind is on a platform, the log views there against its own level, and posts there.
PLATFORMS: Final = ("tiktok", "youtube", "facebook", "instagram", "zalo", "threads")
PRESENCE: Final = {
    "person": (0.88, 0.35, 0.42, 0.28, 0.02, 0.14),
    "press": (0.8, 0.6, 0.9, 0.1, 0.4, 0.1),
    "organisation": (0.5, 0.25, 0.95, 0.1, 0.5, 0.05),
    "network": (0.5, 0.4, 0.9, 0.4, 0.0, 0.0),
}
PLATFORM_LEVEL: Final = (0.5, 0.0, -0.5, -0.4, -1.2, -1.0)
PLATFORM_POSTS: Final = (1.0, 0.35, 0.6, 0.45, 0.3, 0.4)
NEWSPAPER_PLATFORMS: Final = ("tiktok", "youtube", "facebook", "zalo")

# Log of the views of a usual post, and posts per creator against a person, by kind: (mean, spread, posts).
KIND_STRENGTH: Final = {
    "person": (8.6, 1.2, 1.0),
    "press": (9.2, 0.8, 3.0),
    "organisation": (7.0, 0.8, 0.8),
    "network": (7.4, 0.6, 0.5),
}
NEWSPAPER_STRENGTH: Final = 11.0
NEWSPAPER_POSTS: Final = 12.0
LANGUAGES: Final = ((("vi",), 0.82), (("vi", "en"), 0.15), (("vi", "zh"), 0.015), (("vi", "ko"), 0.015))


@dataclass(frozen=True, slots=True)
class Style:
    """How a creator types: the chance that a post is of that sort, and the words it leans on."""

    formal: float
    bare: float
    teencode: float
    emoji: float
    english: float
    slips: float
    stretched: float
    hashtags: float
    offset: int
    signature: str | None


@dataclass(frozen=True, slots=True)
class Presence:
    """A creator on one platform: log of usual views, share of its posts there, and who watches."""

    platform: str
    log_views: float
    weight: float
    crowd: Crowd


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """One creator with its truth. Mixtures are shares of topics, at the start and the end of the period.

    `leaves` is the part of the period, 0..1, after which the creator posts no more (1: still active).
    """

    creator_id: str
    name: str
    kind: str
    agency: str | None
    home: str
    languages: tuple[str, ...]
    is_minor: bool
    opted_out: bool
    bought: bool
    leaves: float
    activity: float
    first: Floats
    last: Floats
    presences: tuple[Presence, ...]
    style: Style

    def mixture(self, elapsed: float) -> Floats:
        """Topic shares when `elapsed` (0..1) of the period is over; they move on a straight line."""
        return (1.0 - elapsed) * self.first + elapsed * self.last

    @property
    def eligible(self) -> bool:
        """Whether the creator may be on a shortlist at all."""
        return not (self.is_minor or self.opted_out)

    @property
    def drifts(self) -> bool:
        """Whether the topics change over the period."""
        return not np.array_equal(self.first, self.last)


def cast_creators(rng: np.random.Generator, lexicon: Lexicon, count: int) -> tuple[Creator, ...]:
    """Invent `count` creators. The first is the large newspaper; the order of kinds is fixed."""
    kinds = _kinds(count)
    names = _names(rng, lexicon, kinds)
    persons = [row for row, kind in enumerate(kinds) if kind == "person"]
    traits = _traits(rng, persons, count)
    networks = [name for name, kind in zip(names, kinds, strict=True) if kind == "network"]
    return tuple(
        _creator(rng, lexicon, row, kind, name, networks, {trait for trait, rows in traits.items() if row in rows})
        for row, (kind, name) in enumerate(zip(kinds, names, strict=True))
    )


def _kinds(count: int) -> list[str]:
    others = [kind for kind, share in KIND_SHARES.items() for _ in range(max(2, round(share * count)))]
    return [*others, *["person"] * (count - len(others))]


def _traits(rng: np.random.Generator, persons: list[int], count: int) -> dict[str, set[int]]:
    """Rows of persons with each trait; nobody has two, so that each effect can be seen alone."""
    shares = {"minor": MINOR_SHARE, "opted_out": OPTED_OUT_SHARE, "bought": BOUGHT_SHARE, "dormant": DORMANT_SHARE}
    rows = iter(rng.permutation(persons).tolist())
    return {trait: {next(rows) for _ in range(max(2, round(share * count)))} for trait, share in shares.items()}


def _names(rng: np.random.Generator, lexicon: Lexicon, kinds: list[str]) -> list[str]:
    lists = lexicon.names.lists
    pools = {"press": (lexicon.names.newspaper, *lists["press"])}
    pools |= {"organisation": lists["organisations"], "network": lists["networks"]}
    used: dict[str, int] = {}
    places = dict.fromkeys(pools, 0)
    names = []
    for kind in kinds:
        if kind == "person":
            name = _person_name(rng, lists, used)
        else:
            name = pools[kind][places[kind] % len(pools[kind])]
            places[kind] += 1
        used[name] = used.get(name, 0) + 1
        names.append(f"{name} {used[name]} {LABEL}" if used[name] > 1 else f"{name} {LABEL}")
    return names


def _person_name(rng: np.random.Generator, lists: dict[str, tuple[str, ...]], used: Container[str]) -> str:
    """A name that nobody has yet, where a few tries find one."""
    tries = (_invented(rng, lists) for _ in range(NAME_TRIES))
    return next((name for name in tries if name not in used), _invented(rng, lists))


def _invented(rng: np.random.Generator, lists: dict[str, tuple[str, ...]]) -> str:
    parts = {
        slot: str(rng.choice(lists[pool]))
        for slot, pool in (
            ("family", "family"),
            ("middle", "middle"),
            ("given", "given"),
            ("nickname", "nicknames"),
            ("hobby", "hobbies"),
        )
    }
    return str(rng.choice(lists["patterns"])).format(**parts)


def _creator(
    rng: np.random.Generator,
    lexicon: Lexicon,
    row: int,
    kind: str,
    name: str,
    networks: list[str],
    traits: set[str],
) -> Creator:
    newspaper = row == 0
    first = draw_mixture(rng, lexicon, kind)
    last = draw_mixture(rng, lexicon, kind) if kind == "person" and rng.random() < DRIFTING_SHARE else first
    home = _home(rng, lexicon)
    managed = kind == "person" and rng.random() < MANAGED_SHARE
    return Creator(
        creator_id=f"syn_c{row + 1:04d}",
        name=name,
        kind=kind,
        agency=str(rng.choice(networks)) if managed else None,
        home=home,
        languages=_languages(rng),
        is_minor="minor" in traits,
        opted_out="opted_out" in traits,
        bought="bought" in traits,
        leaves=float(rng.uniform(0.3, 0.6)) if "dormant" in traits else 1.0,
        activity=NEWSPAPER_POSTS if newspaper else float(rng.lognormal(0.0, 0.5)) * KIND_STRENGTH[kind][2],
        first=first,
        last=last,
        presences=_presences(rng, lexicon, kind, home, (first + last) / 2, newspaper=newspaper),
        style=_style(rng, kind, name),
    )


def draw_mixture(rng: np.random.Generator, lexicon: Lexicon, kind: str) -> Floats:
    """Topic shares of one creator, in the order of `lexicon.topics`; they sum to 1."""
    if kind == "press":
        return _press_mixture(rng, lexicon)
    main = _main_topic(rng, lexicon, kind)
    weights = np.zeros(len(lexicon.topics))
    weights[main] = rng.uniform(0.45, 0.8)
    rows = lexicon.rows()
    near = [rows[key] for key in lexicon.topics[main].near]
    company = rng.permutation(near)[: rng.integers(1, len(near) + 1)]
    weights[company] += rng.dirichlet(np.ones(len(company))) * (0.92 - weights[main])
    weights[_harmless(rng, lexicon, 3)] += 0.08 / 3
    mixed: Floats = weights / weights.sum()
    return mixed


def _press_mixture(rng: np.random.Generator, lexicon: Lexicon) -> Floats:
    shape = np.array([0.9 if topic.policy else 0.25 for topic in lexicon.topics])
    shape[lexicon.row("betting")] = 1e-3
    return rng.dirichlet(shape)


def _main_topic(rng: np.random.Generator, lexicon: Lexicon, kind: str) -> int:
    policy = kind == "organisation" or (kind == "person" and rng.random() < POLICY_MAIN_SHARE)
    rows = [row for row, topic in enumerate(lexicon.topics) if topic.policy == policy]
    return int(rng.choice(rows))


def _harmless(rng: np.random.Generator, lexicon: Lexicon, count: int) -> NDArray[np.int64]:
    rows = [row for row, topic in enumerate(lexicon.topics) if topic.key not in ("betting", "nightlife")]
    return rng.choice(np.array(rows), size=count, replace=False)


def _home(rng: np.random.Generator, lexicon: Lexicon) -> str:
    provinces = lexicon.names.lists["provinces"]
    return provinces[0] if rng.random() < 0.55 else str(rng.choice(provinces[1:]))


def _languages(rng: np.random.Generator) -> tuple[str, ...]:
    chances = [chance for _, chance in LANGUAGES]
    return LANGUAGES[int(rng.choice(len(LANGUAGES), p=chances))][0]


def _presences(
    rng: np.random.Generator, lexicon: Lexicon, kind: str, home: str, mixture: Floats, *, newspaper: bool
) -> tuple[Presence, ...]:
    mean, spread, _ = KIND_STRENGTH[kind]
    strength = NEWSPAPER_STRENGTH if newspaper else rng.normal(mean, spread)
    present = rng.random(len(PLATFORMS)) < PRESENCE[kind]
    if newspaper:
        present = np.isin(PLATFORMS, NEWSPAPER_PLATFORMS)
    if not present.any():
        present[0] = True
    lean = np.array([(topic.youth, topic.female) for topic in lexicon.topics])
    taste = rng.normal(mixture @ lean, (0.25, 0.4))
    rows = np.flatnonzero(present)
    weights = np.array(PLATFORM_POSTS)[rows] * rng.lognormal(0.0, 0.4, len(rows))
    return tuple(
        Presence(
            platform=PLATFORMS[row],
            log_views=float(strength + PLATFORM_LEVEL[row] + rng.normal(0.0, 0.4)),
            weight=float(weight),
            crowd=draw_crowd(rng, PLATFORMS[row], youth=taste[0], female=taste[1], home=home),
        )
        for row, weight in zip(rows, weights / weights.sum(), strict=True)
    )


def _style(rng: np.random.Generator, kind: str, name: str) -> Style:
    person = kind == "person"
    return Style(
        formal={"person": 0.03, "press": 0.85, "organisation": 0.6, "network": 0.3}[kind],
        bare=_habit(rng, 0.16, 0.9, 0.06) if person else 0.0,
        teencode=_habit(rng, 0.2, 0.5, 0.08) if person else 0.0,
        emoji=float(rng.beta(2, 2)) if person else 0.25,
        english=_habit(rng, 0.12, 0.4, 0.05) if person else 0.0,
        slips=float(rng.beta(1, 9)) if person else 0.01,
        stretched=float(rng.beta(1, 8)) if person else 0.0,
        hashtags=float(rng.uniform(0.5, 5.0)),
        offset=int(rng.integers(1 << 20)),
        signature=name.removesuffix(LABEL).strip() if rng.random() < 0.45 else None,
    )


def _habit(rng: np.random.Generator, share: float, strong: float, weak: float) -> float:
    """Few have the habit strongly, the rest a little."""
    return strong if rng.random() < share else weak
