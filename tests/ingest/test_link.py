"""Where a session connects: the nodes of the broker, one after the other."""

from ingest.subscriber import Session, Subscription, bulk_url, link

URL = "mqtt://hub:p%40ss@one:1001,two:1002,three"


def test_the_bulk_session_has_the_same_nodes() -> None:
    live, bulk = link(URL, version=4), link(bulk_url(URL), version=4)
    assert live.places == bulk.places == (("one", 1001), ("two", 1002), ("three", 1883))
    assert (live.username, bulk.username, bulk.password) == ("hub", "hub-bulk", "p@ss")


def test_each_attempt_goes_to_the_next_node() -> None:
    tried = []
    session = Session(link(URL), Subscription("c", (), 1), lambda *_: None, waiting=lambda: False)
    session._client.connect = lambda host, port, *_, **__: tried.append((host, port))  # type: ignore[method-assign,assignment]
    for _ in range(4):
        session._connect()
    assert tried == [("one", 1001), ("two", 1002), ("three", 1883), ("one", 1001)]
