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


def test_every_fixture_s_database_says_test(
    plain_database_url: str, database_url: str, any_empty_database_url: str
) -> None:
    for url in (plain_database_url, database_url, any_empty_database_url):
        assert "test" in str(conninfo_to_dict(url)["dbname"])
