"""The proof: the hash chain's head, and the comparison with the books (M37, M40)."""

from collections import Counter
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from adapters.persistence.chain import ChainHead, chain_head, verify_chain
from entrypoints.composition import Services
from entrypoints.http.answers import ChainAnswer, HeadAnswer, VerifiedAnswer, WorryingAnswer
from entrypoints.http.permissions import AUDIT
from entrypoints.http.problems import documented
from entrypoints.http.security import Principal, visible_connection


class KeptHead(msgspec.Struct, forbid_unknown_fields=True):
    """A head of the hash chain that was kept elsewhere."""

    position: int
    digest: str


class VerifyBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to verify besides the chain: a connection's postings against its books.

    Heads kept from earlier days show what the chain alone cannot: that its end was cut off, or
    that all of it was written anew.
    """

    connection_id: UUID | None = None
    heads: list[KeptHead] = []


@get(
    "/head",
    sync_to_thread=True,
    opt=AUDIT,
    responses=documented(),
    summary="Read the hash chain's head",
)
def head(services: NamedDependency[Services]) -> HeadAnswer:
    """Keep it elsewhere, as evidence of the log as it stands."""
    return HeadAnswer(*chain_head(services.database))


@post(
    "/verify",
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    opt=AUDIT,
    responses=documented(404, 409, 422, 502, 503),
    summary="Verify the chain, the views and, for a connection, the books",
)
def verify(
    data: JSONBody[VerifyBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> VerifiedAnswer:
    """Reads only; what is worrying is told one by one."""
    if data.connection_id is not None:
        visible_connection(services, principal, data.connection_id)
    kept = [ChainHead(one.position, one.digest) for one in data.heads]
    chain = verify_chain(services.database, kept=kept)
    answer = VerifiedAnswer(
        ChainAnswer(chain.intact, chain.checked, chain.first_bad),
        services.read_models.differences(),
    )
    if data.connection_id is not None:
        compared = list(services.verify.against_business_central(data.connection_id))
        answer.books = dict(Counter(one.match.value for one in compared))
        answer.worrying = [
            WorryingAnswer(one.pex_id, one.document_number, one.match.value)
            for one in compared
            if one.match.is_worrying
        ]
    return answer


router = Router("/audit", route_handlers=[head, verify], tags=["audit"])
