"""How Business Central refuses: contract 1.6 and 3.8."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sandbox.business_central.messages import MESSAGES
from sandbox.web import Response, reply

XML_401 = (
    b'<?xml version="1.0" encoding="utf-8"?><error><code>Unauthorized</code>'
    b"<message>The credentials provided are incorrect</message></error>"
)


class Refusal(Exception):
    """A named refusal of the catalogue; `values` fill the places in its words."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(MESSAGES[key].english.format(**values))
        self.key, self.values = key, values

    @property
    def status(self) -> int:
        """The status that the catalogue states."""
        return MESSAGES[self.key].status

    @property
    def code(self) -> str:
        """The code that clients decide by."""
        return MESSAGES[self.key].code

    def words(self, language: str) -> str:
        """The message in German where `language` begins with `de`, else in English."""
        message = MESSAGES[self.key]
        template = message.german if language.lower().startswith("de") else message.english
        return template.format(**self.values)

    def body(self, language: str) -> dict[str, Any]:
        """The error object, the correlation id glued to the message."""
        message = f"{self.words(language)}  CorrelationId:  {uuid4()}."
        return {"error": {"code": self.code, "message": message}}

    def response(
        self, language: str, status: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The refusal as an HTTP answer."""
        return reply(self.body(language), status or self.status, headers)
