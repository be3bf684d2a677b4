"""All pages, in the order in which their addresses are tried: `/briefs/new` before `/briefs/{brief_id}`."""

from __future__ import annotations

from typing import Final

from serving.pages import (
    routes_briefs,
    routes_campaigns,
    routes_creators,
    routes_decide,
    routes_models,
    routes_new_brief,
    routes_rights,
    routes_shortlist,
    routes_static,
    routes_why,
)

ROUTERS: Final = tuple(
    room.router
    for room in (
        routes_static,
        routes_new_brief,
        routes_why,
        routes_briefs,
        routes_shortlist,
        routes_decide,
        routes_campaigns,
        routes_creators,
        routes_models,
        routes_rights,
    )
)
