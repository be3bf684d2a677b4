"""What a list was asked for, from a kept list or from a form that carries its brief, to ask more of the same."""

from __future__ import annotations

from dataclasses import dataclass

from models.filters import Filters
from serving.schemas import ShortlistRequest
from serving.service import Service
from serving.shortlists.leaving_out import left_out


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and who is left out of its answers today."""

    request: ShortlistRequest
    filters: Filters

    @classmethod
    def now(cls, service: Service, request: ShortlistRequest, brief_id: str | None) -> Asked:
        """The request as it would be answered now: those who opted out or are blocked since are left out."""
        out = left_out(service.store, brief_id, service.now().date())
        return cls(request, request.filters.to_filters(opted_out=out.opted_out, blocked=out.blocked))
