"""A brief as a form: filled from what was typed, read or kept, and turned into a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import FormData

from features.provinces import CITY, COUNTRY, PROVINCES, known_province, province_code
from kolmatch.errors import BriefRefused
from models.brief import Brief
from models.brief_reading import Terms, read_terms
from models.clauses import as_meant
from serving.pages.forms import FormRefused, checked, lines_of, names_of, refusal, text_of, texts_of, whole
from serving.problems import Language
from serving.schemas import MAX_TEXT, BriefBody, ShortlistRequest, bounded
from serving.uploads.routes import title_of

if TYPE_CHECKING:
    from serving.answers import Answers

_OTHER = "other"
_NO_PROVINCE: Final[Mapping[Language, str]] = {
    "vi": "Hãy ghi tên tỉnh, thành phố, hoặc chọn một địa bàn khác ở trên.",
    "en": "Name the provinces, or choose another area above.",
}


@dataclass(frozen=True, slots=True)
class BriefForm:
    """Every field as it stands in the form."""

    pasted: str = ""
    title: str = ""
    text: str = ""
    must: str = ""
    nice: str = ""
    must_not: str = ""
    age_min: str = "16"
    age_max: str = "30"
    area: str = CITY
    provinces: str = ""
    platforms: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    budget_vnd: str = ""
    team_size: str = ""
    by: str = "impact"
    top: str = "20"
    kinds: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    home_provinces: str = ""
    max_rate_vnd: str = ""
    verified: str = ""

    @classmethod
    def sent(cls, form: FormData) -> BriefForm:
        """As it was sent; a field that the form did not have keeps its default."""
        several: dict[str, Any] = {name: texts_of(form, name) for name in ("platforms", "formats", "kinds", "tiers")}
        single: dict[str, Any] = {
            name: text_of(form, name) for name in cls.__dataclass_fields__ if name not in several and name in form
        }
        return cls(**single, **several)

    @classmethod
    def kept(cls, brief: BriefBody) -> BriefForm:
        """As a brief that is kept reads."""
        area, others = _area(tuple(brief.provinces))
        return cls(
            title=brief.title,
            text=brief.text,
            must="\n".join(brief.must),
            nice="\n".join(brief.nice),
            must_not="\n".join(brief.must_not),
            age_min=str(brief.age_min),
            age_max=str(brief.age_max),
            area=area,
            provinces=others,
            platforms=tuple(brief.platforms),
            formats=tuple(brief.formats),
            budget_vnd=_dotted(brief.budget_vnd),
            team_size=str(brief.team_size or ""),
        )

    @property
    def hidden(self) -> dict[str, list[str]]:
        """Every field with its values, for a form that carries the brief along."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "pasted"}
        return {name: [value] if isinstance(value, str) else list(value) for name, value in fields.items()}

    def request(self, max_results: int, language: Language) -> ShortlistRequest:
        """What is asked.

        Raises:
            FormRefused: some values do not fit.
        """
        if self.area == _OTHER and not names_of(self.provinces):
            raise FormRefused([("provinces", _NO_PROVINCE[language])])
        asked = checked(_shape(max_results), self._values(), language)
        for field, names in (("provinces", asked.provinces), ("home_provinces", asked.filters.home_provinces)):
            self._check_provinces(field, names, language)
        try:
            asked.to_brief()
        except BriefRefused as error:
            raise refusal("age_min", error, language) from error
        return asked

    def _check_provinces(self, field: str, names: list[str], language: Language) -> None:
        try:
            for name in names:
                province_code(name)
        except BriefRefused as error:
            raise refusal(field, error, language) from error

    def _values(self) -> dict[str, Any]:
        filters = {
            "kinds": list(self.kinds),
            "tiers": list(self.tiers),
            "home_provinces": [known_province(name) or name for name in names_of(self.home_provinces)],
            "max_rate_vnd": whole(self.max_rate_vnd),
            "verified": True if self.verified else None,
        }
        given = {
            "title": self.title,
            "text": self.text,
            **{name: lines_of(getattr(self, name)) for name in ("must", "nice", "must_not")},
            **{name: whole(getattr(self, name)) for name in ("age_min", "age_max", "top")},
            "provinces": names_of(self.provinces) if self.area == _OTHER else [self.area],
            "platforms": list(self.platforms),
            "formats": list(self.formats),
            "by": self.by,
            "filters": filters,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return {**given, "budget_vnd": whole(self.budget_vnd), "team_size": whole(self.team_size)}


@dataclass(frozen=True, slots=True)
class Read:
    """A form filled from a text, and the names of the fields that were found in it."""

    form: BriefForm
    found: frozenset[str]


def read_form(text: str, answers: Answers | None) -> Read:
    """The form of a pasted or uploaded text. Without a model facets are not found; the rest is."""
    text = text[:MAX_TEXT]
    title = title_of(text)
    meant = as_meant(Brief(title, text.replace(title, "", 1)))
    found = _of_terms(read_terms(text))
    facets = answers.details.facets_of(meant.text) if answers else ()
    found |= {name: "\n".join(said) for name, said in (("must", facets), ("must_not", meant.must_not)) if said}
    form = replace(BriefForm(title=title, text=text), **found)
    return Read(form, frozenset({"title", "text", *found} - {"area"}))


def _of_terms(terms: Terms) -> dict[str, Any]:
    area, others = _area(terms.provinces)
    found = {
        "age_min": str(terms.ages[0]) if terms.ages else "",
        "age_max": str(terms.ages[1]) if terms.ages else "",
        "platforms": terms.platforms,
        "formats": terms.formats,
        "budget_vnd": _dotted(terms.budget_vnd),
        "team_size": str(terms.team_size or ""),
    }
    found = {name: value for name, value in found.items() if value}
    return found | ({"area": area, "provinces": others} if terms.provinces else {})


def _area(provinces: tuple[str, ...]) -> tuple[str, str]:
    """(choice, names beside it) of a list of provinces; none stands for the city, as the matcher takes it."""
    codes = [known_province(name) for name in provinces]
    if not codes or codes == [CITY]:
        return CITY, ""
    if codes == [COUNTRY]:
        return COUNTRY, ""
    names = (PROVINCES[code][0] if code in PROVINCES else name for code, name in zip(codes, provinces, strict=True))
    return _OTHER, ", ".join(names)


def _dotted(value: int | None) -> str:
    return "" if value is None else f"{value:,}".replace(",", ".")


@cache
def _shape(max_results: int) -> type[ShortlistRequest]:
    return bounded(ShortlistRequest, max_results)
