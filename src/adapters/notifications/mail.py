"""News as plain e-mail over SMTP."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Self
from urllib.parse import unquote, urlsplit

from adapters.telemetry.logs import without_secrets
from application.addresses import is_this_machine
from application.ports.notifier import NotDelivered, Notice

TIMEOUT_SECONDS = 10.0
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")
PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in: `smtp://user:password@host:587?starttls`, or `smtps://…`."""

    host: str
    port: int
    encrypted: bool
    starttls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> Self:
        """Read its address.

        Raises:
            ValueError: it is none, or would send a password in the clear to another machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.query not in {"", "starttls"}:
            raise ValueError("must look like smtp://user:password@host:587?starttls")
        server = cls(
            parts.hostname,
            parts.port or PORTS[parts.scheme],
            parts.scheme == "smtps",
            parts.query == "starttls",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )
        in_the_clear = not (server.encrypted or server.starttls)
        if server.user and in_the_clear and not is_this_machine(server.host):
            raise ValueError("must be smtps or end with ?starttls where it has a password")
        return server


class MailNotifier:
    """Fulfils the port `Notifier`; one short conversation for each notice."""

    channel = "mail"

    def __init__(
        self,
        server: MailServer,
        sender: str,
        recipients: Sequence[str],
        *,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)
        self._context = context or ssl.create_default_context()

    def send(self, notice: Notice) -> None:
        """Hand one message in."""
        with self._conversation() as smtp:
            smtp.send_message(self._message(notice), self._sender, self._recipients)

    def check(self) -> None:
        """Come as far as a message would be handed in; raises NotDelivered."""
        with self._conversation() as smtp:
            smtp.ehlo_or_helo_if_needed()

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        try:
            with self._connected() as smtp:
                if self._server.starttls:
                    smtp.starttls(context=self._context)
                if self._server.user:
                    smtp.login(self._server.user, self._server.password)
                yield smtp
        except (smtplib.SMTPException, OSError) as error:
            # A server's own words may quote what it was told.
            raise NotDelivered(
                f"the mail server does not take it ({type(error).__name__})"
            ) from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.encrypted:
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._context
            )
        return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)

    def _message(self, notice: Notice) -> EmailMessage:
        business = " ".join(notice.business.split())
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Date"] = notice.at
        message["Message-ID"] = f"<{notice.id}@pexbc>"
        if notice.mended:
            message["Subject"] = f"{business}: well again ({notice.code})"
            lines = [f"The PEX sync of {business} is well again.", f"It was: {notice.code}"]
        else:
            message["Subject"] = f"{business}: action required ({notice.code})"
            lines = [
                f"The PEX sync of {business} needs a person.",
                "",
                f"{notice.code}: {without_secrets(notice.cause)}",
                f"What to do: {notice.fix}",
            ]
        message.set_content("\n".join([*lines, "", notice.link, ""]))
        return message


def are_addresses(text: str) -> bool:
    """Whether a text holds plain mail addresses, separated by commas."""
    return all(_ADDRESS.fullmatch(one.strip()) for one in text.split(","))
