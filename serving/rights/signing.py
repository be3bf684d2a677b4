"""Signed records of what was erased where and when: the key is the home folder's, its public part lets anyone check.

Ed25519 (RFC 8032) rather than a shared secret: an auditor verifies without being able to sign.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kolmatch.errors import InputRefused
from kolmatch.files import replacing

_SIGNATURE: Final = "signature"
_PUBLIC_KEY: Final = "public_key"
_OWNER_ALONE: Final = 0o600


def key_file(home: Path) -> Path:
    """Where the key lies; its owner alone can read it, and a backup does not hold it."""
    return home / "rights" / "signing.key"


def signed(home: Path, record: dict[str, Any]) -> dict[str, Any]:
    """A record with its signature and the public key, both in base64; the key is made when there is none yet."""
    key = _key(home)
    whole = record | {_PUBLIC_KEY: _text(key.public_key().public_bytes_raw())}
    return whole | {_SIGNATURE: _text(key.sign(_canonical(whole)))}


def check(record: dict[str, Any], public_key: str | None = None) -> None:
    """Make sure that a record is what was signed, by `public_key` when one is given that was noted elsewhere.

    Raises:
        InputRefused: it was changed, is not signed, or by another key.
    """
    try:
        own = str(record[_PUBLIC_KEY])
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(own, validate=True))
        body = {name: value for name, value in record.items() if name != _SIGNATURE}
        key.verify(base64.b64decode(str(record[_SIGNATURE]), validate=True), _canonical(body))
    except (KeyError, ValueError, InvalidSignature) as error:
        raise _refused("changed or not signed", "đã bị sửa hoặc chưa được ký") from error
    if public_key is not None and public_key != own:
        raise _refused(f"signed by another key, {own}", f"được ký bằng khóa khác, {own}")


def _key(home: Path) -> Ed25519PrivateKey:
    file = key_file(home)
    if not file.exists():
        with replacing(file) as fresh:
            fresh.chmod(_OWNER_ALONE)
            fresh.write_text(_text(Ed25519PrivateKey.generate().private_bytes_raw()) + os.linesep, encoding="ascii")
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read_text(encoding="ascii")))


def _canonical(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _refused(en: str, vi: str) -> InputRefused:
    return InputRefused(
        f"The record is {en}. Ask whoever keeps the home folder for the original.",
        f"Biên bản {vi}. Hãy hỏi người giữ thư mục home để lấy bản gốc.",
    )
