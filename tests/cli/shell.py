"""The installed command, run as a process of its own in a folder of its own."""

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copyfile
from sqlite3 import connect
from typing import Any, Protocol

import psycopg
from sqlalchemy import make_url

from sandbox import company
from sandbox.program import Sandbox

PEXBC = Path(sys.executable).parent / "pexbc"
KEY = "canary-key-0123456789-0123456789-abcdef"
CANARIES = (company.PREPAID_TOKEN, company.CREDIT_TOKEN, company.CLIENT_SECRET, KEY)
SECONDS = 90


class Databases(Protocol):
    """Databases on a server, one for each folder, where a shell keeps none in a file."""

    def __call__(self, folder: Path) -> str: ...
    def copied(self, source: Path, folder: Path) -> str: ...


on_a_server: Databases | None = None
"""Set where the tests are to run against a server."""


@dataclass(frozen=True)
class Result:
    """What became of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """A terminal with the product's variables; no output of any command may hold a secret."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.folder / "pexbc.db"

    @property
    def url(self) -> str:
        return on_a_server(self.folder) if on_a_server else f"sqlite:///{self.database}"

    @property
    def guard_taken_off(self) -> str:
        """What lets somebody change events who may do everything."""
        return "DROP TRIGGER events_no_update" + (" ON events" if on_a_server else "")

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("PEXBC_")
        }
        own = {"PEXBC_DATABASE_URL": self.url, "COLUMNS": "200"}
        if on_a_server:
            own["PEXBC_SECRET_KEY"] = KEY  # beside a file pexbc makes itself one
        return inherited | own | self.variables | changes

    def run(self, *words: object, stdin: str = "", **changes: str) -> Result:
        done = subprocess.run(  # noqa: S603 - the command under test
            [PEXBC, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            cwd=self.folder,
            env=self.environment(**changes),
        )
        for canary in CANARIES:
            assert canary not in done.stdout + done.stderr, f"{words} tells a secret"
        return Result(done.returncode, done.stdout, done.stderr)

    def well(self, *words: object, stdin: str = "", **changes: str) -> Result:
        """Run a command that must end with 0."""
        result = self.run(*words, stdin=stdin, **changes)
        assert result.code == 0, f"{words} ended with {result.code}: {result.err}"
        return result

    def open(self) -> closing[Any]:
        """The database, as somebody with access to the disk or the server would open it."""
        if on_a_server:
            address = make_url(self.url).set(drivername="postgresql")
            told = address.render_as_string(hide_password=False)
            return closing(psycopg.connect(told, autocommit=True))
        return closing(connect(self.database, isolation_level=None))

    def copied(self, folder: Path, **variables: str) -> "Shell":
        """The same set-up over a copy of the database."""
        copy = Shell(folder, self.variables | variables)
        if on_a_server:
            on_a_server.copied(self.folder, folder)
            return copy
        with self.open() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copyfile(self.database, copy.database)
        return copy


def towards(sandbox: Sandbox) -> dict[str, str]:
    """The variables that point a shell to a sandbox, at full speed."""
    return sandbox.environment() | {
        "PEXBC_SECRET_KEY": KEY,
        "PEXBC_PEX_REQUESTS_PER_MINUTE": "1000000",
    }
