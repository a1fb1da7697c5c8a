"""Authorization requests: what makes one valid, and the way back to the client (RFC 6749, 7636)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.company import PEX_CLIENT_ID
from sandbox.pex.wire import Refusal
from sandbox.web import Request, Response

_NEEDED = ("response_type", "client_id", "redirect_uri", "code_challenge")
_VERIFIER_LENGTHS = range(43, 129)

Form = Mapping[str, str]


def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that was posted."""
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def redirect(form: Form, answer: Mapping[str, str]) -> Response:
    """Back to the client with the answer and the state that it sent."""
    state = {"state": form["state"]} if "state" in form else {}
    target = form["redirect_uri"]
    joint = "&" if urlsplit(target).query else "?"
    return Response(302, b"", {"location": f"{target}{joint}{urlencode({**answer, **state})}"})


def refused_request(form: Form) -> Response | None:
    """The answer to a bad authorization request: a page while the way back is not trusted."""
    target = urlsplit(form.get("redirect_uri", ""))
    secure = target.scheme == "https" or target.hostname in ("127.0.0.1", "localhost", "::1")
    known = form.get("client_id") == PEX_CLIENT_ID
    if target.scheme not in ("http", "https") or not secure or not known:
        raise Refusal(400, "client_id or redirect_uri is not valid")
    if any(not form.get(member) for member in _NEEDED):
        return redirect(form, {"error": "invalid_request"})
    if form["response_type"] != "code":
        return redirect(form, {"error": "unsupported_response_type"})
    if form.get("code_challenge_method") != "S256":
        return redirect(form, {"error": "invalid_request"})
    return None


def proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is well formed and its SHA-256 is the challenge."""
    if len(verifier) not in _VERIFIER_LENGTHS or not verifier.isascii():
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(digest.rstrip(b"=").decode(), challenge)
