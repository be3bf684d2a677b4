"""How routes create and change things: once per `Idempotency-Key`, and only what the caller has seen (`If-Match`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Header, HTTPException, Request, Response
from pydantic import BaseModel

from kolmatch.errors import Outdated
from serving.creators.gone import refuse_gone
from serving.service import Service
from serving.store.database import Writing
from serving.store.idempotency import Answered, fingerprint, keep_answer, kept_answer

JSON: Final = "application/json"
_KEY: Final = Header(
    alias="Idempotency-Key",
    pattern=r"^[A-Za-z0-9._:-]{1,200}$",
    description="Gửi lại cùng khóa thì không tạo thêm · Sent again with the same key, nothing more is created",
)
_MATCH: Final = Header(
    alias="If-Match",
    pattern=r'^"[0-9]{1,9}"$',
    description='ETag của bản đã đọc · ETag of what was read, such as "3"',
)


class Creating:
    """One create: what is made and the answer about it are kept in one transaction."""

    def __init__(self, service: Service, actor: str, address: str, key: str | None) -> None:
        self._service = service
        self._actor = actor
        self._address = address
        self._key = key

    def kept(self, sent: BaseModel) -> Response | None:
        """What was answered to the same key before; None when this is new.

        Raises:
            Conflict: the key was used for another request.
            UnknownCreator: it was about someone who is gone since: sent as new it would be refused, too.
        """
        if self._key is None:
            return None
        with self._service.store.reading() as session:
            found = kept_answer(session, self._actor, self._key, self._fingerprint(sent), self._service.now())
            creator_id = getattr(sent, "creator_id", None)
            if found and creator_id is not None and hasattr(sent, "brief_id"):  # else it is their own request
                refuse_gone(session, creator_id)
        return response_of(found) if found else None

    def once(self, sent: BaseModel, make: Callable[[Writing], Answered]) -> Response:
        """Make something in a transaction of its own, unless that was done before.

        Raises:
            Conflict: the key was used for another request; whatever `make` raises.
        """
        return self.kept(sent) or self._made(sent, make)

    def _made(self, sent: BaseModel, make: Callable[[Writing], Answered]) -> Response:
        try:
            with self._service.store.writing(self._actor, self._service.now()) as writing:
                self._stop_if_made(writing, sent)
                answered = make(writing)
                if self._key is not None:
                    keep_answer(writing, self._key, self._fingerprint(sent), answered)
        except _MadeMeanwhile as meanwhile:
            return response_of(meanwhile.answered)
        return response_of(answered)

    def _stop_if_made(self, writing: Writing, sent: BaseModel) -> None:
        """Another request with the same key may have come first; this transaction is then given up."""
        if self._key is None:
            return
        found = kept_answer(writing.session, self._actor, self._key, self._fingerprint(sent), writing.now)
        if found:
            raise _MadeMeanwhile(found)

    def _fingerprint(self, sent: BaseModel) -> str:
        return fingerprint(self._address.encode(), sent.model_dump_json().encode())


class _MadeMeanwhile(Exception):  # no error: it only leaves the transaction
    def __init__(self, answered: Answered) -> None:
        self.answered = answered


def created(answer: BaseModel, location: str, **headers: str) -> Answered:
    """The answer to a create: 201, the thing itself and where it is."""
    return Answered(201, answer.model_dump_json().encode(), {"Location": location, **headers})


def etag(revision: int) -> str:
    """The ETag of a revision."""
    return f'"{revision}"'


def check_match(if_match: str | None, revision: int) -> None:
    """Make sure that the caller changes what they read.

    Raises:
        HTTPException: 428, they do not say what they read.
        Outdated: someone changed it in between.
    """
    if if_match is None:
        raise HTTPException(428)
    if if_match != etag(revision):
        raise Outdated(
            f"It is at revision {revision} now, not {if_match}. Read it again, then change it.",
            f"Bản hiện tại là {revision}, không phải {if_match}. Hãy đọc lại rồi mới sửa.",
        )


# Reads what other dependencies would: each one that is asked costs some ten microseconds a request.
async def _creating(request: Request, key: Annotated[str | None, _KEY] = None) -> Creating:
    actor = request.state.caller.actor
    return Creating(request.app.state.service, actor, f"{request.method} {request.url.path}", key)


async def _json_only(request: Request) -> None:
    """Refuse other bodies; a browser cannot send JSON to another site without asking that site first."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise HTTPException(415)


JSON_BODY: Final = Depends(_json_only)
CreatingIn = Annotated[Creating, Depends(_creating)]
IfMatchIn = Annotated[str | None, _MATCH]


def response_of(answered: Answered) -> Response:
    """An answer as it is sent."""
    return Response(answered.body, answered.status, answered.headers, JSON)
