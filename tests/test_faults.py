"""What is wrong with a form is said at its top, and each of it leads to the field that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

import pytest

from serving.store.database import Store
from tests.api_world import own_store
from tests.test_pages import BROWSER, Desk

WRONG_VALUES = ("", "z" * 9000, "zz")  # as a text the last is right, as a number or a choice it is not


@pytest.fixture
def shared() -> Iterator[Store]:
    store = own_store()
    yield store
    store.close()


@pytest.fixture
def desk(shared: Store) -> Desk:
    return Desk(shared)


class Forms(HTMLParser):
    """The forms of a page with the fields of each, and every id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.ids += [told["id"]] if "id" in told else []
        if tag == "form" and told.get("method") == "post":
            self.found.append((told["action"], {}))
        elif tag in ("input", "select", "textarea") and self.found and told.get("type") != "file":
            kept = told.get("value", "") if told.get("type") == "hidden" else ""
            self.found[-1][1].setdefault(told.get("name", ""), kept)


def test_every_fault_of_a_form_leads_to_its_field(desk: Desk, shared: Store) -> None:
    admin, address = Desk(shared, "admin"), desk.shortlist()
    decision = {"creator_id": "syn-0007", "decision": "invited", "reason": "hợp", "decided_by": "An"}
    desk.post(f"{address}/decide", 303, **decision)
    desk.post(f"{address}/checks", 303)
    (brief,) = set(re.findall(r'href="/briefs/(brief_\w+)"', desk.get(address)))
    of_list = [address, f"{address}/decide?creator_id=syn-0007"]
    pages = ["/briefs/new", f"/briefs/{brief}/edit", *of_list, f"/campaigns/{brief}", "/rights"]
    led = {field for wrong in WRONG_VALUES for page in pages for field in _led_to(admin, page, wrong)}
    assert {
        *("title", "pasted", "age_min", "top", "by", "platforms", "kinds"),  # of a brief
        *("reason", "captions", "nominee"),  # of a list
        *("decision", "decided_by", "disposition", "until"),  # of a place on it
        *("views", "cost_vnd", "kind", "creator_id"),  # of a campaign, of a request
    } <= {field.partition("-")[0] for field in led}


def _led_to(desk: Desk, page: str, wrong: str) -> list[str]:
    """Where the faults of a page's forms lead when every field that a person fills is wrong."""
    led: list[str] = []
    for address, fields in Forms(desk.get(page)).found:
        if address == "/signout":
            continue
        sent = {name: value or wrong for name, value in fields.items()}
        answer = desk.browser.post(address, data=sent, headers=BROWSER, follow_redirects=False)
        links = re.findall(r'<li><a href="#([^"]*)">', answer.text)
        assert all(Forms(answer.text).ids.count(unescape(link)) == 1 for link in links), (address, links)
        led += links
    return led


def test_a_step_that_somebody_else_took_first_leads_to_where_it_stands(desk: Desk, shared: Store) -> None:
    address, boss = desk.shortlist(), Desk(shared, "approver")
    desk.post(f"{address}/propose", 303, by="An", reason="đúng chủ đề")
    boss.post(f"{address}/approve", 303, by="Bình", reason="đồng ý")
    page = boss.post(f"{address}/approve", 409, by="Chi", reason="đồng ý")
    assert '<li><a href="#decide">' in page
    assert "decide" in Forms(page).ids
