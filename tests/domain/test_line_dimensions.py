"""What must be written so that a line bears the mapped dimensions (contract 2.9)."""

from hypothesis import given
from hypothesis import strategies as st

from domain.journal_entry import DimensionCode
from domain.line_dimensions import DimensionChange, FoundDimension, changes

CODES = st.sampled_from(["DEPARTMENT", "CLASS", "PROJECT", "LOCATION"])
VALUES = st.sampled_from(["OPS", "ADM", "SALES"])
ON_LINES = st.dictionaries(CODES, VALUES)


def found(on_line: dict[str, str]) -> tuple[FoundDimension, ...]:
    return tuple(
        FoundDimension(f"id-{code}", code, value, f"etag-{value}")
        for code, value in on_line.items()
    )


def wanted(mapped: dict[str, str]) -> tuple[DimensionCode, ...]:
    return tuple(DimensionCode(code, value) for code, value in mapped.items())


def test_what_is_there_otherwise_is_replaced_what_is_not_there_added_the_rest_left() -> None:
    there = found({"DEPARTMENT": "ADM", "PROJECT": "P1", "CLASS": "OPS"})
    mapped = wanted({"DEPARTMENT": "OPS", "LOCATION": "HQ", "CLASS": "OPS"})
    assert changes("line", mapped, there) == (
        DimensionChange("line", DimensionCode("DEPARTMENT", "OPS"), there[0]),
        DimensionChange("line", DimensionCode("LOCATION", "HQ")),
    )


def test_codes_and_values_are_compared_without_case() -> None:
    assert changes("line", wanted({"department": "ops"}), found({"DEPARTMENT": "OPS"})) == ()


@given(mapped=ON_LINES, there=ON_LINES)
def test_once_written_the_line_bears_what_is_mapped_and_keeps_the_rest(
    mapped: dict[str, str], there: dict[str, str]
) -> None:
    needed = changes("line", wanted(mapped), found(there))
    written = there | {one.wanted.code: one.wanted.value for one in needed}
    assert written == there | mapped
    assert changes("line", wanted(mapped), found(written)) == ()
    assert {one.wanted.code for one in needed if one.replaces} <= there.keys()
