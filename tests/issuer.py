"""A small OpenID Connect issuer for the tests: signs people in by the authorization code flow with PKCE, asking nobody
anything, signs tokens, publishes its keys over HTTP, changes them when told.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

AUDIENCE = "kolmatch"
CLIENT, SECRET = "kolmatch-pages", "bí mật: của cổng"  # a secret that must be quoted (RFC 6749, 2.3.1)


@dataclass
class Issuer:
    """`asked` counts how often its keys were fetched; `says` is what its ID tokens say beside what they must, `codes`
    what was asked for each code that was given out.
    """

    address: str
    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=dict)
    asked: int = 0
    broken: bool = False
    says: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def rotate(self, name: str) -> None:
        """From now on sign with a new key of this name, and publish no other."""
        self.keys = {name: ec.generate_private_key(ec.SECP256R1())}

    def token(
        self, claims: dict[str, Any], *, algorithm: str = "ES256", key: Any = None, kid: str | None = None
    ) -> str:
        """A signed token with these claims."""
        name, own = next(iter(self.keys.items()))
        return jwt.encode(claims, own if key is None else key, algorithm=algorithm, headers={"kid": kid or name})

    def sign_in(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to, signed in."""
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.address})}"

    def exchange(self, sent: dict[str, str], authorization: str) -> str | None:
        """The ID token for a code that is redeemed by who asked for it, once; else None."""
        asked = self.codes.pop(sent.get("code", ""), None)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        pair = f"{CLIENT}:{urlencode({'': SECRET})[1:].replace('+', '%20')}"
        if (
            asked is None
            or asked["redirect_uri"] != sent["redirect_uri"]
            or asked["code_challenge"] != base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
            or authorization != f"Basic {base64.b64encode(pair.encode()).decode()}"
        ):
            return None
        now = int(time.time())
        given = {"iss": self.address, "aud": CLIENT, "sub": "u-17", "iat": now, "exp": now + 300}
        return self.token({**given, "nonce": asked["nonce"], **self.says})

    def published(self) -> bytes:
        """Its keys as JWKS."""
        found = [
            {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name, "alg": "ES256", "use": "sig"}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": found}).encode()


def access_settings(issuer: Issuer) -> dict[str, Any]:
    """Settings `[access]` of a service that believes the issuer."""
    return {
        "oidc_issuer": issuer.address,
        "oidc_audience": AUDIENCE,
        "oidc_jwks_url": f"{issuer.address}/keys",
        "oidc_refresh_s": 0.0,
        "oidc_roles": {"can-bo": "staff"},
    }


def signin_settings(issuer: Issuer, public_url: str) -> dict[str, Any]:
    """Settings `[signin]` of a service whose people sign in there."""
    return {
        "public_url": public_url,
        "oidc_authorize_url": f"{issuer.address}/authorize",
        "oidc_token_url": f"{issuer.address}/token",
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_scope": "openid roles",
    }


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer that listens on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            where = urlsplit(self.path)
            if where.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", issuer.sign_in(dict(parse_qsl(where.query))))
                self.end_headers()
                return
            issuer.asked += 1
            self.send_response(500 if issuer.broken else 200)
            self.end_headers()
            self.wfile.write(b"" if issuer.broken else issuer.published())

        def do_POST(self) -> None:
            sent = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            token = None if issuer.broken else issuer.exchange(sent, self.headers.get("Authorization", ""))
            self.send_response(500 if issuer.broken else 200 if token else 400)
            self.end_headers()
            self.wfile.write(json.dumps({"id_token": token} if token else {"error": "invalid_grant"}).encode())

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
