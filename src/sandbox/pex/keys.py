"""The authority's signing key and the ID tokens that it signs; the key is made on first use."""

import base64
import json
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

_KEY_ID = "sandbox-1"


def key_set() -> dict[str, Any]:
    """The public half as a JSON Web Key Set."""
    numbers = _key().public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID}
    return {"keys": [{**key, "n": _number(numbers.n), "e": _number(numbers.e)}]}


def id_token(issuer: str, client: str, user: str, issued: datetime, expires: datetime) -> str:
    """A signed JWT that names the user to the client."""
    claims = {
        "iss": issuer,
        "aud": client,
        "sub": user,
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
    }
    return signed(claims)


def signed(claims: dict[str, Any]) -> str:
    """These claims as a JWT signed with RS256."""
    header = {"alg": "RS256", "typ": "JWT", "kid": _KEY_ID}
    body = ".".join(_text(json.dumps(part).encode()) for part in (header, claims))
    return f"{body}.{_text(_key().sign(body.encode(), padding.PKCS1v15(), SHA256()))}"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
