"""What the API itself refuses, before or instead of asking the application."""

from collections.abc import Sequence

from domain.refusals import Refusal
from domain.settings_check import FieldError


class Unauthenticated(Refusal):
    """No API token, or none that is known."""

    code = "UNAUTHENTICATED"
    fix = "Send `Authorization: Bearer <API token>` with a token that was not revoked."

    def __init__(self) -> None:
        super().__init__("The request carries no valid API token.")


class TooManyAttempts(Refusal):
    """Too many attempts to come in from one address (M45); `retry_after` is in seconds."""

    code = "TOO_MANY_ATTEMPTS"
    fix = (
        "Wait five minutes, then try again with a token that was not revoked. If many people share "
        "an address here, their proxy may be missing in PEXBC_TRUSTED_PROXIES."
    )

    def __init__(self, what: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"Too many {what} came from this address.")


class TooManyRequests(Refusal):
    """One API token or browser session asks too much (M45); `retry_after` is in seconds."""

    code = "TOO_MANY_REQUESTS"
    fix = (
        "Wait as long as Retry-After says, and ask less often: a run is watched with its stream. "
        "The operator can raise PEXBC_API_REQUESTS_PER_MINUTE."
    )

    def __init__(self, most: int, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"More than {most} requests a minute came with this token or session.")


class Forbidden(Refusal):
    """The role may not do this (M45)."""

    code = "FORBIDDEN"
    fix = "Use a token of a role that may do this."

    def __init__(self, role: str) -> None:
        super().__init__(f"The role {role} may not do this.")


class ForeignOrigin(Refusal):
    """A browser was made to send this by another site's page."""

    code = "FOREIGN_ORIGIN"
    fix = "Go to the page in pexbc itself, and send it again from there."

    def __init__(self) -> None:
        super().__init__("The request does not come from a page of this service.")


class NotBegunHere(Refusal):
    """Another browser, or another person, began the sign-in that came back here."""

    code = "SIGN_IN_NOT_BEGUN_HERE"
    fix = (
        "Begin the sign-in again and finish it in the same browser; open pexbc by the address that "
        "its operator set as PEXBC_PUBLIC_URL."
    )

    def __init__(self) -> None:
        super().__init__("This sign-in was not begun in this browser, is old, or was used.")


class OtherBusiness(Refusal):
    """Somebody signed in for another PEX business than the one whose page they are on (M1)."""

    code = "OTHER_PEX_BUSINESS"
    fix = "Sign in with a PEX user or token of this business, or connect the other one by itself."

    def __init__(self, name: str) -> None:
        super().__init__(f"That sign-in is for {name}, another PEX business.")


class BusinessNotYours(Refusal):
    """The API token is limited to other businesses (M45)."""

    code = "BUSINESS_NOT_YOURS"
    fix = "Use an API token that may administer this business."

    def __init__(self, business_id: int) -> None:
        super().__init__(f"This API token does not administer the business {business_id}.")


class NotFound(Refusal):
    """Not there, or not for this token."""

    code = "NOT_FOUND"
    fix = "Check the address; lists name everything that the token can see."

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}.")


class PreconditionMissing(Refusal):
    """A change of settings that does not say which version it changes (M15)."""

    code = "IF_MATCH_REQUIRED"
    fix = "Send `If-Match` with the ETag that GET answered."

    def __init__(self) -> None:
        super().__init__("The request does not say which version of the settings it changes.")


class BodyNotJson(Refusal):
    """A body that no JSON parser takes, or that is nested beyond all measure."""

    code = "BODY_NOT_JSON"
    fix = "Send a JSON body as /docs shows it."

    def __init__(self, why: str) -> None:
        super().__init__(f"The body is no JSON: {why}.")


class InvalidInput(Refusal):
    """A request that does not have the form that the API describes."""

    code = "INVALID_INPUT"
    fix = "Correct the fields named in errors; /docs shows the form."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(f"{len(errors)} field(s) of the request cannot be read.")
