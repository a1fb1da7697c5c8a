"""What else must be right in the made-up company's books: vendors, receipts and tag options."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sandbox import company

Json = Mapping[str, Any]
PEX_ACCOUNTS = ("10950", "20100")


def vendor_differences(
    businesses: Iterable[Json], lines: Sequence[Json], vendors: Sequence[Json]
) -> Iterator[str]:
    """Merchants with two vendors, vendors of the same name, and lines on none of the company's."""
    names = Counter(vendor["displayName"].casefold() for vendor in vendors)
    for name in (name for name, count in names.items() if count > 1):
        yield f"there are {names[name]} vendors named {name}"
    merchants = {
        str(row["TransactionId"]): row["MerchantName"]
        for business in businesses
        for row in business["rows"]["card"]
    }
    used: dict[str, set[str]] = defaultdict(set)
    known = {vendor["number"] for vendor in vendors}
    for line in lines:
        if line["accountType"] == "Vendor":
            used[merchants[_pex_id(line)]].add(line["accountNumber"])
            if line["accountNumber"] not in known:
                yield f"{line['accountNumber']} is no vendor of the company"
    for merchant, numbers in used.items():
        if len(numbers) > 1:
            yield f"{merchant} has the vendors {', '.join(sorted(numbers))}"


def receipts_expected(businesses: Iterable[Json], lines: Sequence[Json]) -> dict[str, Counter[str]]:
    """The checksums of all loaded receipts of the purchases in the books, by PEX id."""
    there = {_pex_id(line) for line in lines}
    return {
        pex_id: Counter(one["sha256"] for one in receipts if one["state"] == "Loaded")
        for business in businesses
        for pex_id, receipts in business["receipts"].items()
        if pex_id in there
    }


def receipt_differences(expected: Mapping[str, Counter[str]], lines: Sequence[Json]) -> list[str]:
    """Receipts that the PEX lines lack or have too often, and receipts anywhere else."""
    left, differences = dict(expected), []
    for line in lines:
        files = Counter(file["sha256"] for file in line["attachments"])
        wanted: Counter[str] = Counter()
        if line["accountNumber"] in PEX_ACCOUNTS:
            wanted = left.pop(_pex_id(line), wanted)
        if files != wanted:
            differences.append(
                f"line {line['lineNumber']} of {line['documentNumber']} bears "
                f"{files.total()} files, not the {wanted.total()} that PEX has"
            )
    differences.extend(f"{pex_id} has no PEX line" for pex_id, rest in left.items() if rest)
    return differences


def option_differences(before: Json, after: Json) -> Iterator[str]:
    """Options that PEX lost or that were renamed, and accounts that it does not offer."""
    options = {tag["Id"]: _options(tag) for tag in after["tags"]}
    for tag in before["tags"]:
        for value, name in _options(tag).items():
            if options[tag["Id"]].get(value) != name:
                yield f"the option {value} of {tag['Name']} was {name}"
    offered = options[company.EXPENSE_TAG]
    for account in company.ACCOUNTS:
        usable = account.category == "Expense" and account.direct_posting and not account.blocked
        if usable and account.number not in offered:
            yield f"the account {account.number} is no option"


def _options(tag: Json) -> dict[str, str]:
    return {option["Value"]: option["Name"] for option in tag.get("Options") or ()}


def _pex_id(line: Json) -> str:
    """The PEX id in an external document number, behind the letter of a second business."""
    return str(line["externalDocumentNumber"]).removeprefix("PEX").removeprefix("A")
