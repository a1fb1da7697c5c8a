"""Threads for what waits: as many as allowed, in order, each with the names to log under."""

import threading
from contextvars import ContextVar

from adapters.parallel import InThreads
from application.ports.parallel import InParallel

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
