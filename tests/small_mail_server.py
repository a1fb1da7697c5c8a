"""A mail server that holds one short conversation after the other."""

import base64
import socket
import threading
from types import TracebackType
from typing import Self


class MailServer:
    """Takes mail on loopback; a test says what it offers and which command it refuses."""

    def __init__(self, offers: str = "AUTH PLAIN", refuses: str = "") -> None:
        self.offers = offers
        self.refuses = refuses
        self.messages: list[str] = []
        self.recipients: list[str] = []
        self.logins: list[str] = []
        self.commands: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as lines:
                peer.sendall(b"220 mail\r\n")
                for line in lines:
                    if not self._answer(peer, lines, line.decode().strip()):
                        break

    def _answer(self, peer: socket.socket, lines: object, line: str) -> bool:
        verb = line.split(maxsplit=1)[0].upper() if line else ""
        self.commands.append(verb)
        if verb == self.refuses:
            peer.sendall(b"550 no: the secret word is hunter2\r\n")
        elif verb == "EHLO":
            peer.sendall(f"250-mail\r\n250 {self.offers or 'HELP'}\r\n".encode())
        elif verb == "AUTH":
            self.logins.append(base64.b64decode(line.split()[2]).decode())
            peer.sendall(b"235 in\r\n")
        elif verb == "DATA":
            peer.sendall(b"354 go on\r\n")
            self.messages.append(_message(lines))
            peer.sendall(b"250 taken\r\n")
        elif verb == "QUIT":
            peer.sendall(b"221 bye\r\n")
            return False
        else:
            if verb == "RCPT":
                self.recipients.append(line.partition(":")[2].strip("<> "))
            peer.sendall(b"250 well\r\n")
        return True


def _message(lines: object) -> str:
    body = b""
    for line in lines:  # type: ignore[attr-defined]
        if line == b".\r\n":
            break
        body += line
    return body.decode()
