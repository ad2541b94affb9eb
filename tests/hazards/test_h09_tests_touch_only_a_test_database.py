"""H9: tests can only touch a database that names itself a test database."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.support.databases import NotATestDatabase, Server, guard


@pytest.mark.parametrize("url", ["postgresql:///vigie", "postgresql://h/postgres", "dbname=production", ""])
def test_another_name_is_refused(url: str) -> None:
    with pytest.raises(NotATestDatabase, match="contains 'test'"):
        guard(url)


def test_a_server_hands_out_no_other_name() -> None:
    with pytest.raises(NotATestDatabase):
        Server("any", "postgresql://h/{}").url_of("vigie")


@pytest.mark.parametrize("fixture", ["database_url", "empty_database_url"])
def test_every_fixture_s_database_says_test(request: pytest.FixtureRequest, fixture: str) -> None:
    assert "test" in str(conninfo_to_dict(request.getfixturevalue(fixture))["dbname"])
