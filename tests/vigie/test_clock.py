"""The hub's clock, real or scaled."""

from domain.instants import HOUR, MINUTE, SECOND
from vigie.clock import Clock


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
