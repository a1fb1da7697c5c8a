"""Which addresses are this machine's own: the simulator sends to no other (PEX contract 11.10)."""

from urllib.parse import SplitResult, urlsplit

_HOSTS = ("127.0.0.1", "localhost", "::1")


def address_of(url: str) -> SplitResult:
    """The parts of an absolute address; raises ValueError where it is none."""
    if any(letter.isspace() for letter in url):
        raise ValueError("an address holds no blanks")
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:
        raise ValueError("an address names a host, and no port or a real one")
    return parts


def loopback_host(address: SplitResult) -> str | None:
    """The host where it is this machine itself."""
    return address.hostname if address.hostname in _HOSTS else None
