"""Sign-in at the portal: OpenID Connect's authorization code flow with PKCE, state and nonce (RFC 6749, 7636, 9700).

What only this browser may know of a sign-in that is under way is held by the browser itself (`Started`), under a cookie
of its own for each, so that two tabs may sign in at once; nothing is kept here before somebody is signed in.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final
from urllib.parse import quote, urlencode

from kolmatch.errors import NotSignedIn, StoreError
from kolmatch.settings import SigninSettings

CALLBACK: Final = "/signin/callback"
STARTED_S: Final = 600  # to find the password, and the telephone for the second factor
_SECRET_BYTES: Final = 32
_TIMEOUT_S: Final = 5.0
_MAX_ANSWER_BYTES: Final = 100_000  # tokens are some kilobytes
_MAX_CODE: Final = 4000  # characters; real ones have some dozens


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in under way: all four are known to this browser alone; `then` is the page to go to afterwards."""

    state: str
    nonce: str
    verifier: str
    then: str

    @classmethod
    def anew(cls, then: str) -> Started:
        """With fresh secrets of 256 bits."""
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        return cls(state, nonce, verifier, then)

    @classmethod
    def unpacked(cls, text: str) -> Started | None:
        """From what the browser held; None when that is nothing of ours."""
        try:
            state, nonce, verifier, then = json.loads(base64.urlsafe_b64decode(text))
        except (ValueError, TypeError):
            return None
        return cls(str(state), str(nonce), str(verifier), str(then))

    def packed(self) -> str:
        """As the browser holds it."""
        content = json.dumps([self.state, self.nonce, self.verifier, self.then])
        return base64.urlsafe_b64encode(content.encode()).decode()


def cookie_of(state: str) -> str:
    """The name under which the browser holds the sign-in with this state."""
    return f"kolmatch-portal-{hashlib.sha256(state.encode()).hexdigest()[:12]}"


def address_to_sign_in(settings: SigninSettings, started: Started) -> str:
    """Where the browser goes to sign in at the portal."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(started.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": settings.public_url + CALLBACK,
        "scope": settings.oidc_scope,
        "state": started.state,
        "nonce": started.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    separator = "&" if "?" in settings.oidc_authorize_url else "?"
    return settings.oidc_authorize_url + separator + urlencode(asked)


def check_return(started: Started | None, state: str, issuer: str | None, expected_issuer: str) -> Started:
    """Make sure that who comes back from the portal is who went there, and from that portal (RFC 9207).

    Raises:
        NotSignedIn: this browser started no such sign-in, or not within ten minutes, or another issuer sent it.
    """
    if started is None or not hmac.compare_digest(started.state.encode(), state.encode()):
        raise NotSignedIn(
            "This browser started no such sign-in, or more than ten minutes ago. Sign in again.",
            "Trình duyệt này không bắt đầu lần đăng nhập đó, hoặc đã quá mười phút. Hãy đăng nhập lại.",
        )
    if issuer not in (None, expected_issuer):
        raise NotSignedIn(
            "Another sign-in service answered than the one that was asked. Sign in again.",
            "Dịch vụ đăng nhập trả lời không phải là dịch vụ đã hỏi. Hãy đăng nhập lại.",
        )
    return started


def id_token_for(settings: SigninSettings, code: str, verifier: str) -> str:
    """Exchange the portal's code for the ID token, from this machine to the portal directly.

    Raises:
        NotSignedIn: the portal refuses the code.
        StoreError: the portal cannot be reached or answers nothing that can be read.
    """
    if not code:  # they turned back at the portal
        raise _refused()
    sent = {
        "grant_type": "authorization_code",
        "code": code[:_MAX_CODE],
        "redirect_uri": settings.public_url + CALLBACK,
        "code_verifier": verifier,
        **({} if settings.oidc_client_secret else {"client_id": settings.oidc_client_id}),
    }
    # The settings take no other scheme than https, and http to this machine alone.
    request = urllib.request.Request(  # noqa: S310
        settings.oidc_token_url, urlencode(sent).encode(), {"Accept": "application/json", **_client(settings)}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
            answer = json.loads(response.read(_MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        error.close()  # it is the answer itself
        if error.code < 500:
            raise _refused() from error
        raise _unreachable() from error
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable() from error
    token = answer.get("id_token") if isinstance(answer, dict) else None
    if not isinstance(token, str):
        raise _unreachable()
    return token


def _client(settings: SigninSettings) -> dict[str, str]:
    """Who we are to the portal (RFC 6749, 2.3.1); without a secret the code's verifier alone speaks for us."""
    if not settings.oidc_client_secret:
        return {}
    pair = f"{quote(settings.oidc_client_id, safe='')}:{quote(settings.oidc_client_secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _refused() -> NotSignedIn:
    return NotSignedIn(
        "The portal does not take this sign-in any more: each holds once, for a short time. Sign in again.",
        "Cổng không còn nhận lần đăng nhập này: mỗi lần chỉ dùng một lần trong thời gian ngắn. Hãy đăng nhập lại.",
    )


def _unreachable() -> StoreError:
    return StoreError(
        "The portal's sign-in service cannot be reached. Try again shortly, or sign in with a key.",
        "Không liên lạc được dịch vụ đăng nhập của cổng. Hãy thử lại sau ít phút, hoặc đăng nhập bằng khóa.",
    )
