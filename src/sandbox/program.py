"""The simulators as one program: one port for what they play, another for its control."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.control import Control
from sandbox.entra import EntraSandbox
from sandbox.faults import FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Application, Server, mounted


class Sandbox:
    """PEX, Entra ID and Business Central on loopback, all by one clock.

    Ports of 0 are chosen freely. The addresses are known, and the ports taken, from construction
    on; it answers between `start` and `stop`, or inside of `with`.

    Attributes:
        url: where the simulators are, under `/pex`, `/pex-oauth`, `/entra` and `/bc`.
        control_url: where they are controlled: `/pex/...`, `/entra/...`, `/bc/...`, `/clock`,
            `/environment` and `/health`.
    """

    def __init__(
        self,
        port: int = 0,
        control_port: int = 0,
        seed: int = 1,
        purchases: int = 200,
        now: datetime | None = None,
    ) -> None:
        """`now` is where the clock starts, with its zone; the machine's time where it is None.

        Raises:
            OSError: a port is taken.
        """
        self.clock = SandboxClock(now)
        self.pex = PexSandbox(self.clock, FaultPlan(), purchases=purchases, seed=seed)
        self.entra = EntraSandbox(self.clock, FaultPlan())
        self.business_central = BusinessCentralSandbox(
            self.clock, self.entra.authenticate, FaultPlan(), seed=seed
        )
        self._server = Server(self._played(), port)
        try:
            self._control = Server(self._controlled(), control_port)
        except OSError:
            self._server.start().stop()  # a server can only be stopped once it has started
            raise
        self.url = self._server.url
        self.control_url = self._control.url

    def _played(self) -> Application:
        return mounted(
            {
                "/pex-oauth": self.pex.oauth,
                "/pex": self.pex.application,
                "/entra": self.entra.application,
                "/bc": self.business_central.application,
            }
        )

    def _controlled(self) -> Application:
        return mounted(
            {
                "/pex": self.pex.control,
                "/entra": self.entra.control,
                "/bc": self.business_central.control,
                "": Control(self.clock, self.environment),
            }
        )

    def start(self) -> Self:
        """Begin to answer."""
        self._server.start()
        self._control.start()
        return self

    def stop(self) -> None:
        """Stop answering, and free both ports."""
        self._server.stop()
        self._control.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The variables that point the product here."""
        return {
            "PEXBC_PEX_API_URL": f"{self.url}/pex/v4",
            "PEXBC_PEX_OAUTH_URL": f"{self.url}/pex-oauth",
            "PEXBC_PEX_CLIENT_ID": company.PEX_CLIENT_ID,
            "PEXBC_BC_API_URL": f"{self.url}/bc",
            "PEXBC_ENTRA_AUTHORITY": f"{self.url}/entra",
            "PEXBC_ENTRA_CLIENT_ID": company.CLIENT_ID,
            "PEXBC_ENTRA_CLIENT_SECRET": company.CLIENT_SECRET,
            "PEXBC_PEX_REQUESTS_PER_MINUTE": "1000000",  # PEX's own limits are switched off
        }

    def directions(self) -> str:
        """How to use it, as lines that a shell can read in."""
        variables = (f"export {name}={value}" for name, value in self.environment().items())
        return "\n".join(
            (
                *variables,
                f"# PEX token of {company.PREPAID_NAME} (prepaid): {company.PREPAID_TOKEN}",
                f"# PEX token of {company.CREDIT_NAME} (credit): {company.CREDIT_TOKEN}",
                f"# PEX callback secret (prepaid): {company.PREPAID_CALLBACK_SECRET}",
                f"# PEX callback secret (credit): {company.CREDIT_CALLBACK_SECRET}",
                f"# Microsoft tenant: {company.TENANT}, environment: {company.ENVIRONMENT}",
                f"# Control: {self.control_url}",
                "",
            )
        )


def run(port: int, control_port: int, seed: int, purchases: int) -> None:
    """Print the directions, and serve until SIGINT or SIGTERM. For the main thread.

    Raises:
        OSError: a port is taken.
    """
    with _interruption() as interrupted, Sandbox(port, control_port, seed, purchases) as sandbox:
        sys.stdout.write(sandbox.directions())
        sys.stdout.flush()
        interrupted.wait()


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, instead of what they did before."""
    over = threading.Event()

    def end(*_signal: Any) -> None:
        over.set()

    before = {name: signal.signal(name, end) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield over
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
