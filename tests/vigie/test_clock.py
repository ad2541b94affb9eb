"""The hub's clock, real or scaled."""

import itertools

from structlog.testing import capture_logs

from domain.instants import HOUR, MINUTE, SECOND
from vigie.clock import FOLLOWED, Clock, Steady


def test_an_unscaled_clock_is_the_machine_s() -> None:
    assert Clock(real=lambda: 123_456_789).now() == 123_456_789


def test_a_scaled_clock_runs_from_its_epoch() -> None:
    real = [10 * HOUR]
    clock = Clock(60.0, epoch=5 * HOUR, real_epoch=10 * HOUR, real=lambda: real[0])
    assert clock.now() == 5 * HOUR
    real[0] += SECOND
    assert clock.now() == 5 * HOUR + MINUTE


def test_a_span_of_hub_time_in_real_seconds() -> None:
    assert Clock(60.0).real_seconds(MINUTE) == 1.0


class Machine:
    """A clock that can be set, and time that passes."""

    def __init__(self) -> None:
        self.wall, self.elapsed = 10 * HOUR, 0

    def passes(self, span: int) -> None:
        self.wall += span
        self.elapsed += span * 1000

    def steady(self) -> Steady:
        return Steady(lambda: self.wall, lambda: self.elapsed)


def test_a_clock_set_back_goes_on_at_half_speed_until_the_two_meet() -> None:
    machine = Machine()
    clock = machine.steady()
    machine.passes(MINUTE)
    before = clock()
    assert before == machine.wall
    machine.wall -= 2 * MINUTE
    said = [clock()]
    for _ in range(8):
        machine.passes(30 * SECOND)
        said.append(clock())
    assert said[0] == before
    assert [after - earlier for earlier, after in itertools.pairwise(said)][:7] == [15 * SECOND] * 7
    machine.passes(MINUTE)
    assert clock() == machine.wall


def test_a_clock_set_forward_or_far_back_is_followed_at_once() -> None:
    machine = Machine()
    clock = machine.steady()
    machine.wall += HOUR
    assert clock() == machine.wall
    machine.wall -= FOLLOWED + SECOND
    with capture_logs() as logs:
        assert clock() == machine.wall
    assert [each["event"] for each in logs] == ["the machine's clock was set back, the hub follows"]
    machine.passes(MINUTE)
    assert clock() == machine.wall
