"""Bearer tokens of the portal (OpenID Connect), checked against the issuer's own keys, which it may change any time."""

from __future__ import annotations

import hmac
from typing import Any, Final

import jwt

from kolmatch.errors import NotSignedIn, StoreError
from kolmatch.settings import AccessSettings
from serving.access.callers import ROLES, Caller, Role
from serving.access.keys import department_named

# Signatures that the issuer makes with a key of its own; shared secrets (HS256) and `none` are not among them.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
_REQUIRED: Final = ("exp", "iat", "iss", "aud", "sub")
_FETCH_TIMEOUT_S: Final = 5
_MAX_SUBJECT: Final = 200  # characters


class Tokens:
    """Turns a token into its caller. Safe to use from several threads; the issuer is asked when a key is unknown."""

    def __init__(self, settings: AccessSettings, keys: jwt.PyJWKClient) -> None:
        self._settings = settings
        self._keys = keys

    @classmethod
    def of(cls, settings: AccessSettings) -> Tokens:
        """For the issuer in the settings. Its keys are kept five minutes, an unknown one asked for at most every
        `oidc_refresh_s` seconds.
        """
        keys = jwt.PyJWKClient(
            settings.oidc_jwks_url, timeout=_FETCH_TIMEOUT_S, cooldown_duration=settings.oidc_refresh_s
        )
        return cls(settings, keys)

    def caller(self, token: str, default_rate: int) -> Caller:
        """Whose token this is.

        Raises:
            NotSignedIn: it is none of this issuer's, not for this service, expired, or names no known role.
            StoreError: the issuer cannot be reached for its keys.
        """
        return self._named(self._claims(token, self._settings.oidc_audience), default_rate)

    def signed_in(self, id_token: str, client_id: str, nonce: str, default_rate: int) -> Caller:
        """Who signed in at the portal (OpenID Connect Core 1.0, 3.1.3.7): the token must be for us and for this once.

        Raises:
            NotSignedIn: it is for another, of another sign-in, expired, or names no known role.
            StoreError: the issuer cannot be reached for its keys.
        """
        claims = self._claims(id_token, client_id)
        if claims.get("azp", client_id) != client_id:
            raise _refused("it is for another service", "được cấp cho dịch vụ khác")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise _refused("it is of another sign-in", "thuộc lần đăng nhập khác")
        return self._named(claims, default_rate)

    def _named(self, claims: dict[str, Any], default_rate: int) -> Caller:
        subject, department = claims["sub"], claims.get(self._settings.oidc_department_claim)
        role = self._role(claims.get(self._settings.oidc_role_claim))
        if role is None or not isinstance(department, str) or not 0 < len(subject) <= _MAX_SUBJECT:
            raise _refused("it names no role or department known here", "không nêu vai trò hoặc phòng ban được biết")
        return Caller(f"oidc:{subject}", role, department_named(department), default_rate)

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=audience,
                issuer=self._settings.oidc_issuer,
                leeway=self._settings.oidc_leeway_s,
                options={"require": list(_REQUIRED)},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise StoreError(
                "The keys of the portal's sign-in service cannot be fetched. Try again shortly.",
                "Không lấy được khóa của dịch vụ đăng nhập. Hãy thử lại sau ít phút.",
            ) from error
        except (jwt.PyJWTError, ValueError) as error:
            raise _refused(f"{type(error).__name__}", f"{type(error).__name__}") from error
        return claims

    def _role(self, claim: object) -> Role | None:
        """The highest role that the claim names: a word, or a list of words as portals keep groups."""
        words = [claim] if isinstance(claim, str) else claim if isinstance(claim, list) else []
        named = self._settings.oidc_roles
        found = [ROLES[named[word]] for word in words if isinstance(word, str) and word in named]
        return max(found, default=None)


def _refused(why_en: str, why_vi: str) -> NotSignedIn:
    return NotSignedIn(
        f"The token is refused: {why_en}. Sign in again, or ask whoever runs the portal.",
        f"Mã đăng nhập bị từ chối: {why_vi}. Hãy đăng nhập lại, hoặc hỏi người quản trị cổng.",
    )
