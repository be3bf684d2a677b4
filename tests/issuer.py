"""A small OpenID Connect issuer for the tests: signs tokens, publishes its keys over HTTP, changes them when told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

AUDIENCE = "kolmatch"


@dataclass
class Issuer:
    """`asked` counts how often its keys were fetched."""

    address: str
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    asked: int = 0
    broken: bool = False

    def rotate(self, name: str) -> None:
        """From now on sign with a new key of this name, and publish no other."""
        self.keys = {name: ec.generate_private_key(ec.SECP256R1())}

    def token(
        self, claims: dict[str, Any], *, algorithm: str = "ES256", key: Any = None, kid: str | None = None
    ) -> str:
        """A signed token with these claims."""
        name, own = next(iter(self.keys.items()))
        return jwt.encode(claims, own if key is None else key, algorithm=algorithm, headers={"kid": kid or name})

    def published(self) -> bytes:
        """Its keys as JWKS."""
        found = [
            {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "alg": "ES256", "use": "sig"}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": found}).encode()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer that listens on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            self.send_response(500 if issuer.broken else 200)
            self.end_headers()
            self.wfile.write(b"" if issuer.broken else issuer.published())

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    issuer.rotate("first")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
