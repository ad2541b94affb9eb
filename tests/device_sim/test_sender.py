"""When a message goes out, on which lane, and when again."""

from device_sim.client import gaps
from device_sim.sender import Pace, Sender


def sender(**pace) -> Sender:
    return Sender(Pace(**pace))


def test_nothing_goes_out_without_a_connection():
    one = sender()
    one.add(("a", 1))
    assert one.due(0.0) == []


def test_backlog_goes_on_bulk_and_what_is_measured_since_on_obs_and_first():
    one = sender()
    one.add(("a", 1))
    one.connect(10.0)
    one.add(("a", 2))
    assert one.due(10.0) == [(("a", 2), "obs"), (("a", 1), "bulk")]
    one.disconnect()
    one.connect(20.0)
    assert [lane for _, lane in one.due(20.0)] == ["bulk", "bulk"]


def test_an_unacknowledged_message_goes_again_after_a_timeout_that_doubles():
    one = sender(resend_after=15, resend_at_most=40)
    one.connect(0.0)
    one.add(("a", 1))
    now, waits = 0.0, []
    for _ in range(4):
        one.sent(("a", 1), now)
        wait = next(seconds for seconds in range(100) if one.due(now + seconds))
        waits.append(wait)
        now += wait
    assert waits == [15, 30, 40, 40]
    assert one.resent == 3
    one.done([("a", 1)], now)
    assert one.due(now + 1000) == []


def test_the_window_is_bounded_and_backlog_leaves_room_for_live_messages():
    one = sender(window=10, live_reserve=4)
    for seq in range(1, 51):
        one.add(("a", seq))
    one.connect(0.0)
    first = one.due(0.0)
    assert [key[1] for key, _ in first] == [1, 2, 3, 4, 5, 6]
    for key, _ in first:
        one.sent(key, 0.0)
    one.add(("a", 51))
    assert one.due(0.0) == [(("a", 51), "obs")]
    one.done([key for key, _ in first], 0.5)
    assert [key[1] for key, lane in one.due(0.5) if lane == "bulk"] == [7, 8, 9, 10, 11]


def test_a_request_to_resend_makes_a_range_due_now():
    one = sender()
    one.connect(0.0)
    for seq in (1, 2, 3):
        one.add(("a", seq))
        one.sent(("a", seq), 0.0)
    assert one.resend("a", 2, 9, now=1.0) == [2, 3]
    assert [key for key, _ in one.due(1.0)] == [("a", 2), ("a", 3)]


def test_a_missing_message_that_may_be_on_its_way_is_given_a_moment():
    one = sender(miss_grace=4)
    one.connect(0.0)
    one.add(("a", 1))
    one.sent(("a", 1), 0.0)
    one.missing("a", [(1, 1)], 1.0)
    assert one.due(3.9) == []
    assert one.due(4.0) == [(("a", 1), "obs")]


def test_while_the_hub_is_away_new_messages_go_out_once():
    one = sender(resend_after=1)
    one.connect(0.0)
    one.hub(away=True, now=0.0)
    one.add(("a", 1))
    assert one.due(0.0) == [(("a", 1), "obs")]
    one.sent(("a", 1), 0.0)
    assert one.due(500.0) == []
    assert not one.should_ask(500.0)
    one.hub(away=False, now=500.0)
    assert one.due(510.0) == [(("a", 1), "obs")]


def test_a_silent_hub_is_asked():
    one = sender(ask_after=30)
    one.connect(0.0)
    assert not one.should_ask(100.0)  # nothing sent, nothing to ask
    one.add(("a", 1))
    one.sent(("a", 1), 100.0)
    assert one.should_ask(100.0)
    one.asked(100.0)
    assert not one.should_ask(120.0)
    assert one.should_ask(131.0)


def test_gaps_are_the_ranges_not_held():
    assert gaps(1, 9, {1, 4, 5}) == [(2, 3), (6, 9)]
    assert gaps(3, 2, set()) == []
