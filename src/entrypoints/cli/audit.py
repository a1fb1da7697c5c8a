"""`pexbc audit` and `pexbc projections`: the proof behind the postings."""

import sys
from collections import Counter
from typing import Any
from uuid import UUID

import click

from adapters.persistence.chain import Verification, chain_head, verify_chain
from entrypoints.cli.context import FAILED, explained, print_json, services


@click.group()
def audit() -> None:
    """Verify the event log, and the books against it."""


@audit.command()
@explained
def head() -> None:
    """Print the head of the hash chain, to be kept elsewhere."""
    print_json(chain_head(services().database)._asdict())


@audit.command()
@click.option("--connection", "connection_id", type=click.UUID, help="Compare BC's books too.")
@explained
def verify(connection_id: UUID | None) -> None:
    """Verify the hash chain, the read models and, with a connection, the books.

    Where the chain is broken nothing else is compared: the events prove nothing any more, and may
    not even be readable.
    """
    service = services()
    chain = verify_chain(service.database)
    if not chain.intact:
        print_json({"chain": _told(chain)})
        sys.exit(FAILED)
    differences = service.read_models.differences()
    compared = list(service.verify.against_business_central(connection_id)) if connection_id else []
    worrying = [one for one in compared if one.match.is_worrying]
    print_json(
        {
            "chain": _told(chain),
            "read_model_differences": differences,
            "books": dict(Counter(one.match.value for one in compared)),
            "worrying": worrying,
        }
    )
    if differences or worrying:
        sys.exit(FAILED)


def _told(chain: Verification) -> dict[str, Any]:
    return {"intact": chain.intact, "events": chain.checked, "first_bad": chain.first_bad}


@click.group()
def projections() -> None:
    """The read models."""


@projections.command()
@explained
def rebuild() -> None:
    """Throw the read models away and build them again from the events."""
    services().read_models.rebuild()
