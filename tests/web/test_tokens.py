"""The hash that stands for a name nobody has."""

from argon2 import extract_parameters

from web import tokens


def test_the_hash_of_nobody_costs_what_a_real_one_costs_and_no_password_has_it() -> None:
    nobody = tokens.hash_of_nobody()
    assert extract_parameters(nobody) == extract_parameters(tokens.hash_password("correct-horse-battery"))
    assert tokens.same_password(nobody, "correct-horse-battery") is False
    assert nobody != tokens.hash_of_nobody()
