"""The watch of a call: when it tells, what it tells, when time is up."""

import pytest

from approximant import progress
from approximant.progress import INTERVAL, Progress, Watch


class Clock:
    """A clock that moves only when told."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_time_that_has_passed_and_is_left(clock):
    watch = Watch(3.0)
    clock.now += 1.0
    assert watch.seconds == 1.0
    assert watch.left == pytest.approx(3.0 * (1.0 - progress.RESERVE) - 1.0)


def test_looking_at_the_clock_in_time_cuts_nothing(clock):
    watch = Watch(3.0)
    clock.now += 2.5
    assert not watch.expired()
    assert not watch.cut


def test_work_is_cut_only_when_someone_asked_after_the_end(clock):
    watch = Watch(3.0)
    clock.now += 5.0
    assert not watch.cut
    assert watch.expired()
    assert watch.cut


def test_a_new_stage_is_told_at_once(clock):
    events = []
    watch = Watch(3.0, events.append)
    watch.tell("probing")
    watch.tell("constructing")
    assert [event.stage for event in events] == ["probing", "constructing"]


def test_one_stage_is_told_at_most_ten_times_a_second(clock):
    events = []
    watch = Watch(100.0, events.append)
    for _ in range(1000):
        watch.tell("working")
        clock.now += 0.01
    assert 80 <= len(events) <= 10.0 / INTERVAL + 1
    gaps = [b.seconds - a.seconds for a, b in zip(events, events[1:], strict=False)]
    assert min(gaps) >= INTERVAL


def test_remaining_time_follows_the_share_done(clock):
    events = []
    watch = Watch(100.0, events.append)
    clock.now += 5.0
    watch.tell("working", 0.0)
    clock.now += 2.0
    watch.tell("working", 0.25)
    assert events[0].remaining is None
    assert events[1] == Progress("working", 7.0, 0.25, pytest.approx(6.0), None)


def test_nothing_is_promised_where_the_share_is_unknown(clock):
    events = []
    Watch(100.0, events.append).tell("working")
    assert (events[0].done, events[0].remaining) == (None, None)


def test_events_carry_the_best_error_so_far(clock):
    events = []
    watch = Watch(100.0, events.append)
    watch.tell("one")
    watch.best_error = 0.5
    watch.tell("two")
    assert [event.best_error for event in events] == [None, 0.5]


def test_a_watch_without_callback_is_silent(capsys):
    Watch(1.0).tell("working", 0.5)
    assert capsys.readouterr() == ("", "")


def test_what_the_callback_raises_is_not_swallowed():
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="^$"):
        Watch(1.0, stop).tell("working")
