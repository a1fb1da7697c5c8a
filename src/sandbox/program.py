"""The simulators as one program: one port for what they play, another for its control."""

import signal
import sys
import threading
from datetime import datetime, timedelta
from typing import Self

from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.entra import EntraSandbox
from sandbox.faults import FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Request, Response, Router, Server, mounted, reply


class Sandbox:
    """PEX, Entra ID and Business Central on loopback. Ports of 0 are chosen freely."""

    def __init__(
        self,
        port: int = 0,
        control_port: int = 0,
        seed: int = 1,
        purchases: int = 200,
        now: datetime | None = None,
    ) -> None:
        self.clock = SandboxClock(now)
        self.pex = PexSandbox(self.clock, FaultPlan(), purchases=purchases, seed=seed)
        self.entra = EntraSandbox(self.clock)
        self.business_central = BusinessCentralSandbox(self.clock, self.entra.authenticate)
        self._server = Server(
            mounted(
                {
                    "/pex-oauth": self.pex.oauth,
                    "/pex": self.pex.application,
                    "/entra": self.entra.application,
                    "/bc": self.business_central.application,
                }
            ),
            port,
        )
        self._control = Server(
            mounted(
                {
                    "/pex": self.pex.control,
                    "/entra": self.entra.control,
                    "/bc": self.business_central.control,
                    "": self._clock_control,
                }
            ),
            control_port,
        )
        self.url = self._server.url
        self.control_url = self._control.url

    def start(self) -> Self:
        """Begin to answer."""
        self._server.start()
        self._control.start()
        return self

    def stop(self) -> None:
        """Stop answering."""
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
            "PEXBC_BC_API_URL": f"{self.url}/bc",
            "PEXBC_ENTRA_AUTHORITY": f"{self.url}/entra",
            "PEXBC_ENTRA_CLIENT_ID": company.CLIENT_ID,
            "PEXBC_ENTRA_CLIENT_SECRET": company.CLIENT_SECRET,
        }

    def _clock_control(self, request: Request) -> Response:
        router = Router()
        router.add("GET", "/health", lambda _request: reply({"status": "ready"}))
        router.add("GET", "/clock", lambda _request: reply({"now": self.clock.now()}))
        router.add("PUT", "/clock", self._set_clock)
        router.add("POST", "/clock/advance", self._advance_clock)
        found = router.match(request)
        if isinstance(found, int):
            return reply({"message": "no such control"}, found)
        handler, arguments = found
        return handler(request, **arguments)

    def _set_clock(self, request: Request) -> Response:
        self.clock.set(datetime.fromisoformat(request.json()["now"]))
        return reply({"now": self.clock.now()})

    def _advance_clock(self, request: Request) -> Response:
        self.clock.advance(timedelta(seconds=float(request.json()["seconds"])))
        return reply({"now": self.clock.now()})


def run(port: int, control_port: int, seed: int, purchases: int) -> None:
    """Serve until interrupted, after printing how to use it."""
    over = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: over.set())
    with Sandbox(port, control_port, seed, purchases) as sandbox:
        for name_, value in sandbox.environment().items():
            sys.stdout.write(f"export {name_}={value}\n")
        sys.stdout.write(
            f"# PEX token, prepaid business {company.PREPAID_BUSINESS}: {company.PREPAID_TOKEN}\n"
            f"# PEX token, credit business {company.CREDIT_BUSINESS}: {company.CREDIT_TOKEN}\n"
            f"# Microsoft tenant {company.TENANT}, environment {company.ENVIRONMENT}\n"
            f"# control: {sandbox.control_url}\n"
        )
        sys.stdout.flush()
        over.wait()
