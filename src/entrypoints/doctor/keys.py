"""Whether there are keys to seal secrets with, and whether they open what is sealed."""

from collections.abc import Iterator
from pathlib import Path

from adapters.persistence.vault import SecretKeyRefusedError, parse_keys
from application.ports.vault import SecretUnreadableError
from entrypoints.doctor import faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp
from entrypoints.settings import SecretKeyMissing

OTHERS = 0o077


def sealing_keys(set_up: SetUp) -> Iterator[Finding]:
    """There are keys. A file that a first start would make is not made here."""
    set_up.requires_variable("database_url")
    given = set_up.settings.secret_key.get_secret_value()
    if not given:
        path = set_up.settings.key_file()
        if path is None:
            raise SecretKeyMissing
        given = _in_file(set_up, path)
        if path.stat().st_mode & OTHERS:
            yield Finding.of(faults.KeyFileOpenToOthers(path.name))
    try:
        set_up.take_keys(parse_keys(given))
    except SecretKeyRefusedError as error:
        raise faults.SealingKeyUnfit(str(error)) from error


def _in_file(set_up: SetUp, path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        database = set_up.settings.database_file()
        if database is not None and database.exists():
            raise faults.KeyFileMissing(path.name) from None
        raise Unchecked("the first start makes one beside the database") from None
    except (OSError, UnicodeDecodeError) as error:
        raise faults.KeyFileUnreadable(type(error).__name__) from error


def sealed_secrets(set_up: SetUp) -> Iterator[Finding]:
    """The keys open every secret."""
    unreadable, kept = set_up.vault.unreadable()
    if unreadable:
        cause = f"{unreadable} of {kept} sealed secrets cannot be opened with the keys at hand."
        yield Finding(SecretUnreadableError.code, cause, SecretUnreadableError.fix)
