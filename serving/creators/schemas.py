"""Creators as they go over the wire, beside the profile (`serving/schemas.py`)."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from serving.patterns import SAYS_SOMETHING
from serving.schemas import MAX_TITLE, Body, BriefBody, FilterBody, ModelReference, SyntheticLabel

LEAST_CAPTIONS = 20  # fewer say more of one week than of a person
MOST_CAPTIONS = 50
_Caption: TypeAlias = Annotated[str, Field(pattern=SAYS_SOMETHING, max_length=5000)]


class _Read(BaseModel):
    """Read from the model's frozen values."""

    model_config = ConfigDict(from_attributes=True)


class HitAnswer(_Read):
    """A creator found by a text."""

    creator_id: str
    name: str
    kind: str | None
    matched: Annotated[str, Field(description="creator_id, name, handle or category", examples=["name"])]


class HitsAnswer(SyntheticLabel):
    """Creators found, best first."""

    items: list[HitAnswer]
    model: ModelReference


class TopicAnswer(_Read):
    """A hashtag that tells a creator from others."""

    hashtag: str
    posts: Annotated[int, Field(description="How many of the creator's posts carry it")]
    lift: Annotated[float, Field(description="How many times more often than the posts of all")]


class TopicsAnswer(SyntheticLabel):
    """What a creator speaks of more than others, the most telling first."""

    creator_id: str
    items: list[TopicAnswer]
    model: ModelReference


class SimilarAnswer(_Read):
    """A creator who speaks of the same things."""

    creator_id: str
    name: str
    kind: str | None
    similarity: Annotated[float, Field(description="Cosine of what their posts mean; 1: the same")]


class SimilarsAnswer(SyntheticLabel):
    """Creators who speak of the same things, nearest first."""

    creator_id: str
    items: list[SimilarAnswer]
    model: ModelReference


class NominationBody(Body):
    """Someone who is not in the catalogue, by captions of theirs. Nothing of it is kept."""

    name: Annotated[str, Field(pattern=SAYS_SOMETHING, max_length=MAX_TITLE)]
    captions: list[_Caption] = Field(min_length=LEAST_CAPTIONS, max_length=MOST_CAPTIONS)
    brief: BriefBody
    filters: FilterBody = FilterBody()


class NominationPart(_Read):
    """One summand of the nominee's score."""

    name: str
    value: float
    multiplier: float


class NominationEvidence(_Read):
    """A caption that earned the place."""

    text: str
    matched: tuple[str, ...]
    weight: float


class NominationFacet(_Read):
    """How well the captions cover one demand of the brief."""

    kind: str
    facet: str
    strength: float
    covered: bool


class ComparedAnswer(_Read):
    """A creator on the list, with the score of this comparison."""

    creator_id: str
    name: str
    score: float


class NominationAnswer(SyntheticLabel):
    """The nominee's place by fit among the creators on the list, all read by as many captions and no dates."""

    place: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1, description="The nominee included")]
    score: float
    parts: list[NominationPart]
    evidence: list[NominationEvidence]
    facets: list[NominationFacet]
    compared: Annotated[list[ComparedAnswer], Field(description="The others, best first; scores of this comparison")]
    model: ModelReference
