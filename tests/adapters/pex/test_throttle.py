import threading

from adapters.pex.throttle import TokenBucket


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def test_no_minute_sees_more_calls_than_pex_allows() -> None:
    time = Time()
    bucket = TokenBucket(90, time.monotonic, time.sleep)
    calls = []
    for _ in range(400):
        bucket.take()
        calls.append(time.now)
    busiest = max(sum(start <= call < start + 60 for call in calls) for start in calls)
    assert 110 < busiest <= 120


def test_the_pace_over_time_is_the_one_set() -> None:
    time = Time()
    bucket = TokenBucket(90, time.monotonic, time.sleep)
    for _ in range(30 + 900):
        bucket.take()
    assert round(time.now) == 600


def test_a_pause_gives_no_more_than_the_first_burst() -> None:
    time = Time()
    bucket = TokenBucket(90, time.monotonic, time.sleep)
    time.now = 3600
    for _ in range(30):
        bucket.take()
    assert time.now == 3600
    bucket.take()
    assert time.now > 3600


def test_one_call_a_minute_still_gets_through() -> None:
    time = Time()
    bucket = TokenBucket(1, time.monotonic, time.sleep)
    bucket.take()
    bucket.take()
    assert time.now == 60


def test_threads_share_the_pace() -> None:
    slept: list[float] = []
    bucket = TokenBucket(60, lambda: 0.0, slept.append)
    threads = [threading.Thread(target=bucket.take) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == list(range(1, 31))
