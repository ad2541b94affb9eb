"""Codes as people type them; the QR code; secrets that are kept encrypted."""

from web import enrolment, qr, sealed


def test_case_spaces_and_hyphens_do_not_count() -> None:
    key = b"k" * 32
    digests = {enrolment.code_digest(key, text) for text in ("K7MQ-2X4P", "k7mq2x4p", " K7MQ 2X4P ")}
    assert len(digests) == 1
    assert enrolment.code_digest(b"other" * 8, "K7MQ-2X4P") not in digests


def test_the_code_is_behind_the_hash_so_that_it_is_in_no_log() -> None:
    assert enrolment.address("https://hub.example/", "K7MQ-2X4P") == "https://hub.example/app/#code=K7MQ2X4P"
    drawn = qr.svg("https://hub.example/app/#code=K7MQ2X4P")
    assert drawn.startswith("<svg ")
    assert all(word not in drawn for word in ("style", "script", "width=", "<?xml"))


def test_what_is_sealed_opens_with_its_own_key_alone() -> None:
    box = sealed.seal(b"a" * 32, b"secret")
    assert b"secret" not in box
    assert sealed.unseal(b"a" * 32, box) == b"secret"
    assert sealed.unseal(b"b" * 32, box) is None
    assert sealed.unseal(b"a" * 32, box[:-2] + b"xx") is None
