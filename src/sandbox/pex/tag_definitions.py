"""Tag definitions and the rules for writing their options (PEX contract 4.1, 4.2, 11.8)."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.pex.access import Call
from sandbox.pex.seed_tags import definition
from sandbox.pex.wire import Members, Refusal, utc_text
from sandbox.pex.world import Business
from sandbox.web import Response, Router, reply

TAGS_OFF = "This business does not support the Tags Feature"
_WRITERS = ("EditBusinessProfile", "ManageCardholder")
_KINDS = ("Dropdown", "Text", "Decimal", "YesNo", "Allocation")
_ROOT = "/v4/Business/Configuration"

Tag = dict[str, Any]


def add_routes(router: Router) -> None:
    """Serve the definitions; each kind of tag has its own address for writing."""
    router.add("GET", f"{_ROOT}/Tags", _list)
    router.add("GET", f"{_ROOT}/Tag/{{tag}}", _read)
    for kind in _KINDS:
        router.add("POST", f"{_ROOT}/Tag/{kind}", _creator(kind))
        router.add("PUT", f"{_ROOT}/Tag/{kind}/{{tag}}", _replacer(kind))
        router.add("DELETE", f"{_ROOT}/Tag/{kind}/{{tag}}", _deleter(kind))
    router.add("POST", f"{_ROOT}/Tag/Dropdown/{{tag}}/Options", _add_options)
    router.add("PUT", f"{_ROOT}/Tag/Dropdown/{{tag}}/Option", _put_option)


def find(business: Business, tag: str) -> Tag:
    """The definition by its id, case ignored; raises Refusal (404)."""
    found = business.tags.get(tag.lower())
    if found is None:
        raise Refusal(404, "Tag does not exist")
    return found


def touch(call: Call, tag: Tag) -> None:
    """Note the change: new ConcurrencyKey, who and when."""
    tag["ConcurrencyKey"] = call.world.new_hex("concurrency", tag["Id"])
    tag["UpdatedDateUtc"] = utc_text(call.world.now())
    tag["UpdatedBy"] = author(call)


def author(call: Call) -> dict[str, Any]:
    """The token's user as audit members name one."""
    number = call.business.id * 10 + 1
    return {
        "AdminId": number,
        "UserId": number,
        "PexUserId": number,
        "UserName": call.business.username,
        "FirstName": "Dana",
        "LastName": "Kim",
    }


def check_options(call: Call, options: list[Tag]) -> None:
    """Refuse (400) repeated names or values, none enabled, or more than the limits allow."""
    for member in ("Name", "Value"):
        counts = Counter(option[member].lower() for option in options)
        twice = [text for text, count in counts.items() if count > 1]
        if twice:
            raise Refusal(400, f"Option {member} must be unique: {', '.join(twice)}")
    if not any(option["IsEnabled"] for option in options):
        raise Refusal(400, "At least one option must be enabled")
    switches = call.world.switches
    if switches.max_options and len(options) > switches.max_options:
        raise Refusal(400, f"A tag can have at most {switches.max_options} options")
    longest = max(len(option["Name"]) for option in options)
    if switches.max_option_name and longest > switches.max_option_name:
        raise Refusal(400, f"Option Name is longer than {switches.max_option_name} characters")


def _open(call: Call) -> None:
    if not call.business.tags_enabled:
        raise Refusal(403, TAGS_OFF)


def _may_write(call: Call) -> None:
    _open(call)
    call.need(*_WRITERS)


def _shown(call: Call, tag: Tag, *, overridden: bool = False) -> Tag:
    """The definition as this caller sees it: restricted options only when overridden."""
    hidden = call.business.hidden_options.get(tag["Id"], set())
    if not hidden or overridden:
        return tag
    seen = [option for option in tag["Options"] if option["Value"] not in hidden]
    return {**tag, "Options": seen}


def _list(call: Call) -> Response:
    _open(call)
    tags = call.business.tags.values()
    deleted = call.world.switches.list_deleted_tags
    return reply([_shown(call, tag) for tag in tags if deleted or not tag["IsDeleted"]])


def _read(call: Call, tag: str) -> Response:
    _open(call)
    overridden = call.query.flag("OverrideRestrictions")
    return reply(_shown(call, find(call.business, tag), overridden=overridden))


def _option(option: Members) -> Tag:
    return {
        "Name": option.text("Name"),
        "Value": option.text("Value"),
        "Order": option.whole("Order", 0),
        "IsEnabled": option.flag("IsEnabled"),
    }


def _dropdown(call: Call, body: Members) -> Tag:
    options = [_option(option) for option in body.objects("Options")]
    check_options(call, options)
    return {"Options": options}


def _text(_call: Call, body: Members) -> Tag:
    return {
        "MinLength": body.whole("MinLength", 0),
        "Length": body.whole("Length", 250),
        "ValidationType": body.get("ValidationType", "None"),
        "ValidationRegex": body.get("ValidationRegex"),
    }


def _allocation(call: Call, body: Members) -> Tag:
    members = [
        {"TagId": find(call.business, member.text("TagId"))["Id"], "Order": member.whole("Order")}
        for member in body.objects("Tags")
    ]
    if any(call.business.tags[member["TagId"]]["Type"] == "Allocation" for member in members):
        raise Refusal(400, "An allocation cannot contain another")
    return {"Tags": members}


_PARTS: dict[str, Callable[[Call, Members], Tag]] = {
    "Dropdown": _dropdown,
    "Text": _text,
    "Allocation": _allocation,
}


def _content(call: Call, kind: str, body: Members) -> Tag:
    """The members that a write sets; required ones are checked, all others are ignored."""
    part = _PARTS.get(kind)
    content = {
        "Name": body.text("Name"),
        "Description": body.get("Description") or "",
        "Order": body.whole("Order"),
        "IsRequired": body.flag("IsRequired"),
        "IsEnabled": body.flag("IsEnabled"),
    }
    return content | (part(call, body) if part else {})


def _creator(kind: str) -> Callable[..., Response]:
    def create(call: Call) -> Response:
        _may_write(call)
        alive = [tag for tag in call.business.tags.values() if not tag["IsDeleted"]]
        if kind == "Allocation" and any(tag["Type"] == kind for tag in alive):
            raise Refusal(400, "A business can have one Allocation tag")
        content = _content(call, kind, call.body)
        tag_id = call.world.new_hex("tag", kind)
        tag = definition(kind, tag_id, content["Name"], content["Order"])
        tag |= {
            **content,
            "CreatedDateUtc": utc_text(call.world.now()),
            "CreatedBy": author(call),
        }
        call.business.tags[tag_id] = tag
        return reply(tag, 201, {"Location": f"{call.request.base_url}{_ROOT}/Tag/{tag_id}"})

    return create


def _writable(call: Call, kind: str, tag: str) -> Tag:
    _may_write(call)
    found = find(call.business, tag)
    if found["IsDeleted"]:
        raise Refusal(404, "Tag is deleted")
    if found["Type"] != kind:
        raise Refusal(400, f"The tag is not of type {kind}")
    return found


def _replacer(kind: str) -> Callable[..., Response]:
    def replace(call: Call, tag: str) -> Response:
        found, body = _writable(call, kind, tag), call.body
        key = body.get("ConcurrencyKey")
        if key is not None and key != found["ConcurrencyKey"]:
            raise Refusal(409, "The tag was changed by someone else")
        found |= _content(call, kind, body)
        touch(call, found)
        return reply(found)

    return replace


def _deleter(kind: str) -> Callable[..., Response]:
    def delete(call: Call, tag: str) -> Response:
        found = _writable(call, kind, tag)
        mark_deleted(found, utc_text(call.world.now()), author(call))
        return Response(200)

    return delete


def mark_deleted(tag: Tag, when: str, who: dict[str, Any]) -> None:
    """Delete softly: the definition stays readable, transactions keep its values."""
    tag |= {"IsDeleted": True, "DeletedDateUtc": when, "DeletedBy": who}


def _store(call: Call, tag: Tag, options: Iterable[Tag]) -> Response:
    listed = list(options)
    check_options(call, listed)
    tag["Options"] = listed
    touch(call, tag)
    return reply(tag)


def _add_options(call: Call, tag: str) -> Response:
    found = _writable(call, "Dropdown", tag)
    added = [_option(option) for option in call.body.objects("Options")]
    return _store(call, found, [*found["Options"], *added])


def _put_option(call: Call, tag: str) -> Response:
    found, wanted = _writable(call, "Dropdown", tag), _option(call.body)
    key = wanted["Value"].lower()
    if all(option["Value"].lower() != key for option in found["Options"]):
        raise Refusal(404, "Option does not exist")
    changed = (wanted if option["Value"].lower() == key else option for option in found["Options"])
    return _store(call, found, changed)
