"""Two PEX businesses that write to one journal never take each other's entries (M5)."""

from application_world import World, purchase


def both() -> tuple[World, World]:
    first = World()
    return first, World(beside=first, business_id=60440)


def test_equal_pex_ids_of_two_businesses_become_two_entries() -> None:
    first, second = both()
    first.pex.all_rows = [purchase(7, "-10.00")]
    second.pex.all_rows = [purchase(7, "-20.00")]
    assert first.sync().counts.posted == 1
    assert second.sync().counts.posted == 1
    numbers = {line.document_number for line in first.journal.by_number.values()}
    assert numbers == {"PEX-7-X1", "PEX-A7-X1"}


def test_a_business_that_came_second_keeps_its_letter_in_later_runs() -> None:
    first, second = both()
    first.pex.all_rows = [purchase(7)]
    second.pex.all_rows = [purchase(7)]
    first.sync()
    second.sync()
    second.pex.all_rows.append(purchase(8))
    again = second.sync()
    assert (again.counts.posted, again.counts.already_posted) == (1, 1)
    assert second.posting(8).keys.document_number == "PEX-A8-X1"
    assert first.sync().counts.already_posted == 1


def test_two_businesses_whose_first_runs_overlap_get_different_letters() -> None:
    first, second = both()
    first.pex.all_rows = [purchase(7)]
    second.pex.all_rows = [purchase(7)]
    runs = first.start(), second.start()
    first.worker.step(runs[0])  # both have opened their books before either one posts
    second.worker.step(runs[1])
    first.finish(runs[0])
    second.finish(runs[1])
    assert first.posting(7).letter == ""
    assert second.posting(7).letter == "A"
    assert len(first.journal.by_number) == 4


def test_an_answer_lost_in_a_shared_journal_is_settled_by_the_own_keys() -> None:
    first, second = both()
    first.pex.all_rows = [purchase(7)]
    second.pex.all_rows = [purchase(7)]
    first.sync()
    second.journal.moods = ["lost before"]
    assert second.sync().counts.posted == 1
    assert second.posting(7).attempts == 2
    assert len(first.journal.by_number) == 4


def test_a_preview_in_a_journal_that_others_use_shows_the_letter_and_takes_none() -> None:
    first, second = both()
    first.pex.all_rows = [purchase(7)]
    second.pex.all_rows = [purchase(7)]
    first.sync()
    seen = second.report(second.sync(preview=True).id)
    assert [row.document_number for row in seen] == ["PEX-A7-X1"]
    third = World(beside=first, business_id=70001)
    third.pex.all_rows = [purchase(7)]
    third.sync()
    assert third.posting(7).letter == "A"
