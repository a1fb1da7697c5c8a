"""Which addresses may be told a secret."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_fit_for_secrets(url: str) -> bool:
    """Whether nobody on the way can read along: https, or plain http on this machine."""
    parts = urlsplit(url)
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname))


def is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address or `localhost`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
