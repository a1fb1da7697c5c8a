"""The proof: the hash chain's head, and the comparison with the books (M37, M40)."""

from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from adapters.persistence.chain import chain_head, verify_chain
from entrypoints.composition import Services
from entrypoints.http.problems import documented
from entrypoints.http.security import OPERATOR, SUPPORT, Principal, visible_connection

Json = dict[str, Any]


class VerifyBody(msgspec.Struct, forbid_unknown_fields=True):
    """What to verify besides the chain: a connection's postings against its books."""

    connection_id: UUID | None = None


@get(
    "/head",
    sync_to_thread=True,
    opt={"roles": (SUPPORT, OPERATOR)},
    responses=documented(),
    summary="Read the hash chain's head",
)
def head(services: NamedDependency[Services]) -> Json:
    """Keep it elsewhere, as evidence of the log as it stands."""
    position, digest = chain_head(services.database)
    return {"position": position, "digest": digest}


@post(
    "/verify",
    sync_to_thread=True,
    status_code=HTTP_200_OK,
    opt={"roles": (SUPPORT, OPERATOR)},
    responses=documented(404, 409, 422, 503),
    summary="Verify the chain, the views and, for a connection, the books",
)
def verify(
    data: JSONBody[VerifyBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> Json:
    """Reads only; what is worrying is told one by one."""
    chain = verify_chain(services.database)
    body: Json = {
        "chain": {
            "intact": chain.intact,
            "events": chain.checked,
            "first_bad_position": chain.first_bad,
        },
        "read_model_differences": services.read_models.differences(),
    }
    if data.connection_id is not None:
        visible_connection(services, principal, data.connection_id)
        compared = list(services.verify.against_business_central(data.connection_id))
        body["books"] = dict(Counter(one.match.value for one in compared))
        body["worrying"] = [
            {
                "pex_id": one.pex_id,
                "document_number": one.document_number,
                "match": one.match.value,
            }
            for one in compared
            if one.match.is_worrying
        ]
    return body


router = Router("/audit", route_handlers=[head, verify], tags=["audit"])
