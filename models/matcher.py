"""The heart: a brief in, a ranked and explained shortlist out. Pure: no web, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.encoder import Encoder
from kolmatch.errors import UsageError
from kolmatch.settings import MatcherSettings
from models.audience import SOURCES
from models.brief import Brief, BriefPlace, SimilarBrief, brief_from_row, has_words
from models.bundle import Contents, load_bundle
from models.bundle_files import Manifest
from models.clauses import as_meant, found_facets
from models.creator_index import Query
from models.creator_search import CreatorSearch, unknown_creator
from models.detail import Details
from models.dossier import Dossiers
from models.explanation import Asked, Explainer
from models.facets import SCORED, Coverage, cover, cover_among, telling
from models.filters import EVERYONE, Filters, named_once, passing
from models.impact import FIT, IMPACT, Impact, ReachTeller, impact_of, order, target_of
from models.nomination import Compared, Nomination, small_contents
from models.post_index import one_thread
from models.profile import CreatorProfile, profile
from models.reach import ReachModel, Target, forecast_frame, tie_groups
from models.shortlist import ORDERS, Entry, Evidence, Excluded, FacetCover, Part, Shortlist
from models.weights import PARTS, TOPIC_SIGNALS, WORDING, wording_part

Floats = npt.NDArray[np.float32]

_PART_COLUMNS: Final = {part: [TOPIC_SIGNALS.index(name) for name in names] for part, names in PARTS.items()}
_TITLE_SHARE: Final = 1.0
_MUST_SHARE: Final = 1.0  # of all required facets together
_BODY_SHARE: Final = 0.5
_TOUCHED: Final = 0.3  # strength from which what is to be avoided lowers a score (docs/decisions/0007)
_BRIEFS_TRIED: Final = 30  # earlier briefs, nearest first, for which a creator's place is computed


@dataclass(frozen=True, slots=True)
class Scored:
    """Every creator's score for one brief, with all that explains it.

    Attributes:
        asked: what the index was asked and what it said: title, required facets, body.
        coverages: one per facet of the brief.
        parts: name -> (n_creators,) summands, in log space.
        scores: (n_creators,) their sum.
        allowed: (n_creators,) who may be listed.
        left_out: how many may not, by reason.
        near: by text, the rows and inner products of the posts nearest in meaning.
    """

    asked: tuple[Asked, ...]
    coverages: tuple[Coverage, ...]
    parts: dict[str, Floats]
    scores: Floats
    allowed: npt.NDArray[np.bool_]
    left_out: dict[str, int]
    near: Mapping[str, tuple[npt.NDArray[np.int64], Floats]]


@dataclass(frozen=True, slots=True)
class Why:
    """A creator's place among all who may be listed.

    Attributes:
        rank: the place, from 1; None when the creator is on none of the platforms or in none of the formats wanted, or
            is not what the filters ask for.
        of: how many there are.
        entry: the creator as on a list.
        above: whoever stands right above; None for the first.
    """

    rank: int | None
    of: int
    entry: Entry | None
    above: Entry | None


class Matcher:
    """Ranks the creators of one bundle for a brief. Safe to call from several threads at once."""

    def __init__(self, manifest: Manifest, contents: Contents, settings: MatcherSettings) -> None:
        self.manifest, self._contents = manifest, contents
        self._settings, self._counts = settings, (settings.fit_weight, contents.preferences)
        self._explainer = Explainer(contents, settings.evidence_posts)
        self._row_of = {creator: row for row, creator in enumerate(contents.creators["creator_id"].to_list())}
        self._listed = contents.creators["excluded"].is_null().to_numpy()
        self.dossiers = Dossiers(contents)
        self._named = named_once(contents.creators)
        self._reach = ReachModel.of(contents.forecast, contents.audience, contents.creators.height)
        self._teller = ReachTeller(contents, self._reach)
        self.details = Details(contents, self._reach)

    @classmethod
    def load(cls, folder: Path, settings: MatcherSettings | None = None, gone: tuple[str, ...] = ()) -> Matcher:
        """Load a bundle from its folder; those of `gone`, who opted out since, are not known to it.

        Raises:
            BundleMissing, BundleDamaged, BundleFormat: it cannot be used; the message names the file.
        """
        one_thread()
        return cls(*load_bundle(folder, gone), settings or MatcherSettings())

    @cached_property
    def search(self) -> CreatorSearch:
        """Creators by name, topic and likeness; made when first asked for."""
        return CreatorSearch.of(self._contents)

    @property
    def bundle_id(self) -> str:
        """Which bundle answers."""
        return self.manifest.bundle_id

    @property
    def synthetic(self) -> bool:
        """Whether any of the data behind the answers is invented."""
        return self.manifest.synthetic

    @property
    def data_until(self) -> datetime | None:
        """When the newest post was published that the model knows."""
        newest = self._contents.posts["published_at"].max()
        assert newest is None or isinstance(newest, datetime)
        return newest

    @property
    def encoder(self) -> Encoder:
        """What turns texts into vectors."""
        return self._contents.encoder

    def shortlist(self, brief: Brief, k: int, by: str = IMPACT, filters: Filters = EVERYONE) -> Shortlist:
        """The best `k` creators for a brief, each with score parts, young viewers, evidence and facets.

        Args:
            brief: what is to be carried, and to whom.
            k: how many.
            by: what to order by, of `models.shortlist.ORDERS`.
            filters: who may be listed at all.

        Raises:
            BriefRefused: the brief has no text, contradicts itself, or names a province that is none.
            UsageError: there is no such order.
        """
        brief = as_meant(brief.checked())
        scored = self._score(brief, filters)
        impact = self._impact(brief, scored, by)
        best = order(impact, scored.scores, scored.allowed, k)
        scored = self._with_found_facets(brief, scored, best)
        entries = self._entries(scored, impact, best, range(1, len(best) + 1))
        return Shortlist(
            brief=brief,
            entries=_tied(entries, [impact.error(row) if impact.parts(row) else 0.0 for row in best.tolist()]),
            uncovered=_uncovered(scored.coverages, entries),
            unknown_words=tuple(dict.fromkeys(word for a in scored.asked for word in a.query.unknown)),
            excluded=tuple(Excluded(reason, count) for reason, count in scored.left_out.items() if count),
            bundle_id=self.bundle_id,
            synthetic=self.synthetic,
            by=by,
            shifts=self._teller.shifts,
        )

    def rank(self, briefs: Iterable[Brief], k: int, by: str = IMPACT) -> list[list[tuple[str, float]]]:
        """(creator id, value), best first, for each brief; the same order as `shortlist`, without explanations.

        The value is nan for a creator of whose reach nothing can be said; such creators come last, by fit.
        """
        ids = self._contents.creators["creator_id"]
        rankings = []
        for brief in (as_meant(brief.checked()) for brief in briefs):
            scored = self._score(brief)
            impact = self._impact(brief, scored, by)
            values = np.where(np.isfinite(impact.values), impact.values, np.nan).tolist()
            rows = order(impact, scored.scores, scored.allowed, k).tolist()
            rankings.append([(ids[row], values[row]) for row in rows])
        return rankings

    def forecast(self, target: Target) -> pl.DataFrame:
        """Views, share and reach of every creator who may be listed, platform and format, of no special topic.

        Columns: `creator_id`, `platform`, `format`, `posts`, `state`, `source`, and lists of the 10, 50 and 90 % points
        `views`, `share` and `reach`.

        Raises:
            BriefRefused: a province is not known, or the ages are swapped.
        """
        nothing = np.zeros(self._reach.n_creators)
        estimates = self._reach.estimate(target, nothing, nothing)
        ids = self._contents.creators["creator_id"].to_list()
        sources = self._contents.audience.source[self._reach.presences]
        told = pl.Series("source", [SOURCES[code] for code in sources.tolist()], dtype=pl.String)
        listed = pl.Series(self._listed[self._reach.creators])
        return forecast_frame(self._reach, estimates, ids).with_columns(told).filter(listed)

    def why(self, brief: Brief, creator_id: str, by: str = IMPACT, filters: Filters = EVERYONE) -> Why:
        """Where a creator would stand on the whole list and why, and what stands between them and the one above.

        Raises:
            BriefRefused, UsageError: as `shortlist`.
            UnknownCreator: no such creator, or one who may not be listed.
        """
        row = self._row(creator_id)
        brief = as_meant(brief.checked())
        scored = self._score(brief, filters)
        impact = self._impact(brief, scored, by)
        if not scored.allowed[row]:
            return Why(rank=None, of=int(scored.allowed.sum()), entry=None, above=None)
        everyone = order(impact, scored.scores, scored.allowed, len(scored.allowed))
        place = int(np.flatnonzero(everyone == row)[0])
        shown = everyone[max(place - 1, 0) : place + 1]
        scored = self._with_found_facets(brief, scored, shown)
        entries = self._entries(scored, impact, shown, range(max(place, 1), place + 2))
        above = entries[0] if place else None
        return Why(rank=place + 1, of=len(everyone), entry=entries[-1], above=above)

    def creator(self, creator_id: str) -> CreatorProfile:
        """What the model knows of one creator.

        Raises:
            UnknownCreator: no such creator, or one who opted out.
        """
        return profile(self._contents, self._row(creator_id))

    def nominate(
        self, brief: Brief, name: str, captions: Sequence[str], k: int, filters: Filters = EVERYONE
    ) -> Nomination:
        """The place by fit that someone with these captions would have among the best `k` for a brief.

        Raises:
            BriefRefused: the brief has no text or contradicts itself.
        """
        rivals = [entry.creator_id for entry in self.shortlist(brief, k, FIT, filters).entries]
        small = Matcher(self.manifest, small_contents(self._contents, name, captions, rivals), self._settings)
        return small._nominated(small._score(replace(brief, platforms=(), formats=())))

    def _nominated(self, scored: Scored) -> Nomination:
        """Of a small catalogue whose first creator is the nominee."""
        order = np.argsort(-scored.scores, kind="stable").tolist()
        own = np.zeros(1, dtype=np.int64)
        people = self._contents.creators.select("creator_id", "name").rows(named=True)
        return Nomination(
            place=order.index(0) + 1,
            of=len(order),
            score=float(scored.scores[0]),
            parts=tuple(Part(part, float(values[0])) for part, values in scored.parts.items()),
            evidence=self._explainer.evidence(scored.asked, scored.parts[WORDING], own)[0],
            facets=self._explainer.facets(scored.coverages, own)[0],
            compared=tuple(Compared(**people[row], score=float(scored.scores[row])) for row in order if row != 0),
        )

    def similar_briefs(self, text: str, k: int) -> list[SimilarBrief]:
        """The `k` earlier briefs nearest in meaning."""
        rows, found = self._contents.brief_vectors.search(self.encoder.encode_brief(text), k)
        named = self._contents.briefs[rows.tolist()].select("brief_id", "title").iter_rows() if len(rows) else ()
        return [SimilarBrief(i, title, float(s)) for (i, title), s in zip(named, found, strict=True)]

    def briefs_for(self, creator_id: str, k: int) -> list[BriefPlace]:
        """The `k` earlier briefs on whose list a creator would stand highest.

        Raises:
            UnknownCreator: no such creator.
        """
        row = self._row(creator_id)
        near, _ = self._contents.brief_vectors.search(self._contents.index.creator_vectors[row], _BRIEFS_TRIED)
        places = [self._place(int(brief_row), row) for brief_row in near]
        return sorted(places, key=lambda place: (place.rank, place.brief_id))[:k]

    def _place(self, brief_row: int, creator_row: int) -> BriefPlace:
        stored = self._contents.briefs.row(brief_row, named=True)
        scored = self._score(as_meant(brief_from_row(stored)))
        above = scored.allowed & (scored.scores > scored.scores[creator_row])
        return BriefPlace(stored["brief_id"], stored["title"], int(above.sum()) + 1, int(scored.allowed.sum()))

    def _row(self, creator_id: str) -> int:
        row = self._row_of.get(creator_id)
        if row is None or not self._listed[row]:
            raise unknown_creator(creator_id)
        return row

    def _score(self, brief: Brief, filters: Filters = EVERYONE) -> Scored:
        queries = {text: self._query(text) for text in _texts(brief)}
        near = dict(zip(queries, self._contents.index.near(list(queries.values())), strict=True))
        asked = tuple(
            Asked(queries[text], self._contents.index.signals(queries[text], near[text]), share)
            for text, share in _telling(asked_texts(brief), queries).items()
        )
        parts = self._fit_parts(asked)
        coverages = tuple(
            cover(self._contents.index, kind, facet, queries[looked_for], near[looked_for])
            for kind, facet, looked_for in _facets(brief)
        )
        parts |= _facet_parts(coverages, self._settings)
        scores: Floats = np.sum(list(parts.values()), axis=0, dtype=np.float32)
        return Scored(asked, coverages, parts, scores, *self._admitted(brief, filters), near)

    def _with_found_facets(self, brief: Brief, scored: Scored, rows: npt.NDArray[np.int64]) -> Scored:
        """With the facets that the text of a brief without stated ones names, for the creators who are shown.

        They are matched by words alone and never enter a score.
        """
        if brief.must or brief.nice:
            return scored
        index = self._contents.index
        shown = np.zeros(index.n_creators, dtype=bool)
        shown[rows] = True
        posts = np.flatnonzero(shown[index.owners])
        found = [f for f in found_facets(brief.text or brief.title, index.rarity) if f != brief.title]
        most = self._settings.max_query_terms
        coverages = (cover_among(index, "found", facet, index.worded(telling(facet), most), posts) for facet in found)
        return replace(scored, coverages=(*scored.coverages, *coverages))

    def _query(self, text: str) -> Query:
        return self._contents.index.query(text, self.encoder, self._settings.max_query_terms)

    def _fit_parts(self, asked: Sequence[Asked]) -> dict[str, Floats]:
        """Weighted signals by part, those of the topic against the mean of the creators who may be listed."""
        mixes = [(a, self._contents.weights.of(a.query.plain)) for a in asked]
        weighted = np.sum([a.share * mix.weighted_topic(a.signals.values) for a, mix in mixes], axis=0)
        author = np.sum([a.share * mix.author_of(a.signals.values, a.query.log_words) for a, mix in mixes], axis=0)
        grouped = {name: weighted[:, columns].sum(axis=1) for name, columns in _PART_COLUMNS.items()}
        parts = {name: values - _mean(values[self._listed]) for name, values in grouped.items()}
        topic: Floats = np.sum(list(parts.values()), axis=0, dtype=np.float32)
        parts[WORDING] = wording_part(topic, author, np.where(self._listed, np.float32(0.0), np.float32(-np.inf)))
        return parts

    def _admitted(self, brief: Brief, filters: Filters) -> tuple[npt.NDArray[np.bool_], dict[str, int]]:
        """(n_creators,) who may be listed, and how many may not for the first reason that holds of each."""
        reasons = self._contents.creators["excluded"].drop_nulls().to_list()
        counts = {reason: reasons.count(reason) for reason in sorted(set(reasons))}
        allowed = self._listed
        for reason, stays in (
            ("opted_out", ~self._named(filters.opted_out)),
            ("blocked", ~self._named(filters.blocked)),
            ("outside", self._inside(brief)),
            ("filtered", passing(self._contents.creators, self._contents.accounts, filters)),
        ):
            counts[reason] = counts.get(reason, 0) + int((allowed & ~stays).sum())
            allowed = allowed & stays
        return allowed, counts

    def _inside(self, brief: Brief) -> npt.NDArray[np.bool_]:
        """Who posts on the platforms and in the formats that the brief asks for."""
        inside = np.ones(len(self._row_of), dtype=bool)
        for column, wanted in (("platforms", brief.platforms), ("formats", brief.formats)):
            if wanted:
                has = self._contents.creators[column].list.set_intersection(list(wanted)).list.len() > 0
                inside &= has.fill_null(value=False).to_numpy()
        return inside

    def _impact(self, brief: Brief, scored: Scored, by: str) -> Impact:
        if by not in ORDERS:
            known = ", ".join(ORDERS)
            raise UsageError(
                f"There is no order {by!r}. Orders are {known}.", f"Không có cách xếp {by!r}. Có: {known}."
            )
        lift, error = self._lift(scored.asked, scored.near)
        estimates = self._reach.estimate(target_of(brief, self._settings.target_province), lift, error)
        return impact_of(by, estimates, scored.scores, scored.allowed, *self._counts)

    def _lift(
        self, asked: Sequence[Asked], near: Mapping[str, tuple[npt.NDArray[np.int64], Floats]]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(n_creators,) log lift of the brief's topic, over its texts, and its standard error."""
        lift, owners = self._contents.forecast.lift, self._contents.index.owners
        total, error = np.zeros(self._reach.n_creators), np.zeros(self._reach.n_creators)
        for one in asked:
            rows, likeness = near[one.query.text]
            own, spread = lift.of_own_posts(rows, likeness, owners[rows], self._reach.n_creators)
            total += float(one.share) * (own + lift.of_words(one.query.words))
            error += float(one.share) * spread
        return total, error

    def _entries(
        self, scored: Scored, impact: Impact, rows: npt.NDArray[np.int64], places: Iterable[int]
    ) -> tuple[Entry, ...]:
        evidence = self._explainer.evidence(scored.asked, scored.parts[WORDING], rows)
        facets = self._explainer.facets(scored.coverages, rows)
        hashtags = self._explainer.hashtags(scored.asked, rows)
        return tuple(
            self._entry(scored, impact, place, row, evidence[row], hashtags[row], facets[row])
            for place, row in zip(places, rows.tolist(), strict=True)
        )

    def _entry(
        self,
        scored: Scored,
        impact: Impact,
        place: int,
        row: int,
        evidence: tuple[Evidence, ...],
        hashtags: tuple[str, ...],
        facets: tuple[FacetCover, ...],
    ) -> Entry:
        creator = self._contents.creators.row(row, named=True)
        reach, flags = self._teller.reach(impact.estimates, row), self._teller.flags(row)
        against = self._explainer.against(creator, evidence, facets)
        return Entry(
            rank=place,
            creator_id=creator["creator_id"],
            name=creator["name"],
            kind=creator["kind"],
            score=float(scored.scores[row]),
            parts=tuple(Part(name, float(values[row])) for name, values in scored.parts.items()),
            evidence=evidence,
            hashtags=hashtags,
            facets=facets,
            against=(*against, *self._teller.against(reach, flags)),
            state=impact.estimates.state(row),
            reach=reach,
            impact=impact.parts(row),
            flags=flags,
        )


def _mean(values: Floats) -> np.float32:
    return np.float32(values.mean()) if len(values) else np.float32(0.0)


def asked_texts(brief: Brief) -> dict[str, np.float32]:
    """What of a brief is held against creators, and its share of the score; shares sum to one.

    The title and what is required say what a brief is about; the body, in the formal words of an office, says it less
    plainly and counts half (`docs/decisions/0005-matching.md` has the figures).
    """
    shares = {brief.title: _TITLE_SHARE} if has_words(brief.title) else {}
    for facet in brief.must:
        shares[facet] = shares.get(facet, 0.0) + _MUST_SHARE / len(brief.must)
    if has_words(brief.text) and brief.text.strip() != brief.title.strip():
        shares[brief.text] = shares.get(brief.text, 0.0) + _BODY_SHARE
    return _summing_to_one(shares or {brief.title: _TITLE_SHARE})  # without a word nothing is found, nothing breaks


def _telling(shares: dict[str, np.float32], queries: Mapping[str, Query]) -> dict[str, np.float32]:
    """The texts that have a word some post has, their shares summing to one again; all of them when none has."""
    known = {text: share for text, share in shares.items() if queries[text].known}
    return _summing_to_one(known or shares)


def _summing_to_one(shares: Mapping[str, float | np.float32]) -> dict[str, np.float32]:
    total = sum(shares.values())
    return {text: np.float32(share / total) for text, share in shares.items()}


def _texts(brief: Brief) -> dict[str, None]:
    """Every distinct text of a brief that the index is asked about."""
    return dict.fromkeys([*asked_texts(brief), *(looked_for for _, _, looked_for in _facets(brief))])


def _facets(brief: Brief) -> list[tuple[str, str, str]]:
    """(kind, facet, what of it is looked for) of each facet."""
    stated = {"must": brief.must, "nice": brief.nice, "must_not": brief.must_not}
    named = [(kind, facet, telling(facet)) for kind, facets in stated.items() for facet in facets]
    return [("topic", brief.title, brief.title), *named]


def _facet_parts(coverages: Sequence[Coverage], settings: MatcherSettings) -> dict[str, Floats]:
    """What the facets add: the mean of what is required or welcome, and the worst of what is to be avoided."""
    by_kind: dict[str, Floats] = {}
    for kind in SCORED:
        values = [c.leaning for c in coverages if c.kind == kind]
        if values:
            by_kind[kind] = np.stack(values)
    parts: dict[str, Floats] = {}
    if "must" in by_kind:
        parts["must"] = by_kind["must"].mean(axis=0) * np.float32(settings.must_weight)
    if "nice" in by_kind:
        parts["nice"] = by_kind["nice"].mean(axis=0) * np.float32(settings.nice_weight)
    if "must_not" in by_kind:
        beyond = np.maximum(by_kind["must_not"].max(axis=0) - _TOUCHED, 0.0) / (1.0 - _TOUCHED)
        parts["must_not"] = 0.0 - beyond.astype(np.float32) * np.float32(settings.must_not_weight)  # no minus zero
    return parts


def _tied(entries: Sequence[Entry], errors: Sequence[float]) -> tuple[Entry, ...]:
    """The entries with their tie groups; where nothing is forecast there is none."""
    known = [(entry, error) for entry, error in zip(entries, errors, strict=True) if entry.impact]
    groups = tie_groups([entry.value for entry, _ in known], [error for _, error in known])
    return (*(replace(e, tie=group) for (e, _), group in zip(known, groups, strict=True)), *entries[len(known) :])


def _uncovered(coverages: Sequence[Coverage], entries: Sequence[Entry]) -> tuple[str, ...]:
    covered = {facet.facet for entry in entries for facet in entry.facets if facet.covered}
    asked = dict.fromkeys(c.facet for c in coverages if c.kind != "must_not")
    return tuple(facet for facet in asked if facet not in covered)
