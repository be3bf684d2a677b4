"""An endpoint that answers from memory, on the server that the service uses: `load_endpoint KIND ANSWERS PORT`.

`bare` is an ASGI application that reads the body and returns the answer of its number: nothing is looked up, checked,
ranked or logged. `framework` does the same as a route of FastAPI that checks the body by the service's own model.
`encoded` holds the answers as objects and lets FastAPI make the JSON, as its routes do unless they say otherwise.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kolmatch.cli.service import listen, server_of
from kolmatch.settings import ServingSettings
from serving.schemas import ShortlistRequest
from serving.shortlist_answer import ShortlistAnswer


def bare(answers: Sequence[bytes]) -> ASGIApp:
    """Answer number n of `...?number=n`; the first when there is no number."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        body = answers[int(scope["query_string"].partition(b"=")[2] or b"0") % len(answers)]
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def framework(answers: Sequence[bytes]) -> ASGIApp:
    """The same as a route."""
    app = FastAPI()

    @app.post("/v1/shortlists")
    async def answer(body: ShortlistRequest, number: int = 0) -> Response:
        return Response(answers[number % len(answers)], media_type="application/json")

    @app.get("/readyz")
    async def ready() -> None:
        """It has nothing to load."""

    return app


def encoded(answers: Sequence[bytes]) -> ASGIApp:
    """The same as a route that returns an object of the shape which the service describes."""
    app, told = FastAPI(), [json.loads(answer) for answer in answers]

    @app.post("/v1/shortlists", response_model=ShortlistAnswer)
    async def answer(body: ShortlistRequest, number: int = 0) -> object:
        return told[number % len(told)]

    @app.get("/readyz")
    async def ready() -> None:
        """It has nothing to load."""

    return app


KINDS: Final[dict[str, Callable[[Sequence[bytes]], ASGIApp]]] = {
    "bare": bare,
    "framework": framework,
    "encoded": encoded,
}


def main() -> None:
    """Serve until a signal."""
    kind, file, port = sys.argv[1:]
    answers = [answer.encode() for answer in json.loads(Path(file).read_text(encoding="utf-8"))]
    server_of(KINDS[kind](answers), ServingSettings()).run(sockets=[listen("127.0.0.1", int(port), demo=True)])


if __name__ == "__main__":
    main()
