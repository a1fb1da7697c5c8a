"""Threads for what waits: as many as allowed, in order, each with the names to log under."""

import threading
from contextvars import ContextVar

import pytest

from adapters.parallel import InThreads, OverlapInThreads
from application.ports.parallel import InParallel, Overlap
from fakes.parallel import FakeOverlap

NAME: ContextVar[str] = ContextVar("name", default="nobody")


def test_the_results_come_in_the_order_of_the_things() -> None:
    in_threads: InParallel = InThreads(3)
    assert in_threads(lambda number: number * 2, range(50)) == [2 * number for number in range(50)]


def test_nothing_and_one_thing_need_no_thread() -> None:
    here = threading.get_ident()
    assert InThreads(3)(lambda _: threading.get_ident(), ["one"]) == [here]
    assert InThreads(3)(lambda _: threading.get_ident(), []) == []


def test_several_are_at_it_at_once_and_never_more_than_allowed() -> None:
    both, lock = threading.Barrier(2, timeout=20), threading.Lock()
    at_once, most = 0, 0

    def task(_: int) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        both.wait()
        with lock:
            at_once -= 1

    InThreads(2)(task, range(8))
    assert most == 2


def test_each_thread_goes_by_the_names_of_the_one_that_began_it() -> None:
    token = NAME.set("run 7")
    try:
        assert InThreads(4)(lambda _: NAME.get(), range(4)) == ["run 7"] * 4
    finally:
        NAME.reset(token)


# --- tasks that overlap: the port, by threads and by its fake -------------------------------------


@pytest.fixture(params=[OverlapInThreads, FakeOverlap])
def overlap(request: pytest.FixtureRequest) -> Overlap:
    made: Overlap = request.param(3)
    return made


def twice(number: int) -> int:
    return number * 2


def named(number: int) -> str:
    return f"{NAME.get()}, {number}"


def one_by(number: int) -> int:
    return 1 // number


def test_each_thing_that_was_begun_is_told_once_with_what_it_came_to(overlap: Overlap) -> None:
    assert overlap.at_once == 3
    with overlap(twice) as begun:
        for number in range(5):
            begun.begin(number)
        assert len(begun) == 5
        told = [begun.take_next() for _ in range(5)]
        assert len(begun) == 0
    assert sorted(told) == [(number, 2 * number) for number in range(5)]


def test_more_may_be_begun_while_others_are_under_way(overlap: Overlap) -> None:
    with overlap(twice) as begun:
        begun.begin(1)
        assert begun.take_next() == (1, 2)
        begun.begin(2)
        begun.begin(3)
        assert {begun.take_next(), begun.take_next()} == {(2, 4), (3, 6)}


def test_what_a_task_raises_is_raised_where_its_end_is_taken_up(overlap: Overlap) -> None:
    with overlap(one_by) as begun:
        begun.begin(0)
        with pytest.raises(ZeroDivisionError):
            begun.take_next()
        begun.begin(1)
        assert begun.take_next() == (1, 1)


def test_nobody_need_take_up_what_was_begun(overlap: Overlap) -> None:
    with overlap(twice) as begun:
        begun.begin(1)


def test_whichever_is_over_first_is_told_first() -> None:
    late = threading.Event()

    def task(name: str) -> bool:
        return name == "early" or late.wait(20)

    with OverlapInThreads(2)(task) as begun:
        begun.begin("late")
        begun.begin("early")
        assert begun.take_next() == ("early", True)
        late.set()
        assert begun.take_next() == ("late", True)


def test_the_end_of_the_block_waits_for_what_is_under_way() -> None:
    begun_it, over = threading.Event(), []

    def task(_: int) -> None:
        begun_it.set()
        over.append(threading.get_ident())

    with OverlapInThreads(2)(task) as begun:
        begun.begin(1)
        assert begun_it.wait(20)
    assert len(over) == 1
    assert over != [threading.get_ident()]


def test_what_overlaps_goes_by_the_names_of_the_one_that_began_it() -> None:
    token = NAME.set("run 8")
    try:
        with OverlapInThreads(2)(named) as begun:
            begun.begin(1)
            assert begun.take_next() == (1, "run 8, 1")
    finally:
        NAME.reset(token)
