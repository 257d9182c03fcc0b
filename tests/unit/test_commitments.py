"""A commitment survives the trip through its bytes, and no bytes whatever break its reader."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.chain.commitments import (
    MAX_FIELD_BYTES,
    Commitment,
    InvalidCommitment,
    Malformed,
    SealedEndpoint,
    decode,
    encode,
    fields,
)

REVISION = "0123456789abcdef0123456789abcdef01234567"
COMMITMENT = Commitment("alice/pi0", REVISION, "https://pi0.example.com")

names = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9]|[._-][A-Za-z0-9]){0,20}", fullmatch=True)
hosts = st.from_regex(r"[a-z0-9]{1,20}(?:\.[a-z]{2,10}){1,3}", fullmatch=True)
urls = st.builds(
    lambda scheme, host, port, path: f"{scheme}://{host}{port}{path}",
    st.sampled_from(["http", "https"]),
    hosts,
    st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}")),
    st.from_regex(r"(?:/[A-Za-z0-9._~-]{1,8}){0,3}/?", fullmatch=True),
)
commitments = st.builds(
    Commitment,
    repo=st.builds("{}/{}".format, names, names),
    revision=st.text("0123456789abcdef", min_size=40, max_size=40),
    endpoint=st.one_of(st.none(), urls, st.binary(min_size=49, max_size=127).map(SealedEndpoint)),
)


@given(commitments)
def test_round_trip_in_two_fields(commitment: Commitment) -> None:
    data = encode(commitment)
    assert decode(data) == commitment
    head, tail = fields(data)
    assert head + tail == data
    assert 0 < len(head) <= MAX_FIELD_BYTES
    assert 0 < len(tail) <= MAX_FIELD_BYTES


@given(st.one_of(st.binary(max_size=500), st.binary(max_size=200).map(lambda rest: b"\xa1" + rest)))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    decoded = decode(data)
    assert isinstance(decoded, Malformed | Commitment)
    if isinstance(decoded, Malformed):
        assert decoded.reason.isprintable()
    assert all(len(field) <= MAX_FIELD_BYTES for field in fields(data))
    assert b"".join(fields(data)) == data


@given(commitments, st.integers(0, 300), st.integers(0, 255))
def test_equal_commitments_have_equal_bytes(commitment: Commitment, position: int, value: int) -> None:
    data = bytearray(encode(commitment))
    data[position % len(data)] = value
    decoded = decode(bytes(data))
    if isinstance(decoded, Commitment) and data[0] == 0xA1:
        assert encode(decoded) == bytes(data)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["repo", "m", "r", "revision", "e", "endpoint", "x"]), json_values, max_size=5))
def test_no_json_breaks_the_decoder(document: object) -> None:
    assert isinstance(decode(json.dumps(document).encode()), Malformed)


@pytest.mark.parametrize(
    "names",
    [("repo", "revision", "endpoint"), ("model", "revision", "endpoint"), ("m", "r", "e"), ("m", "r", "d")],
)
def test_what_older_miners_wrote_is_read(names: tuple[str, str, str]) -> None:
    document = dict(zip(names, ("alice/pi0", REVISION, "https://pi0.example.com"), strict=True))
    assert decode(json.dumps(document).encode()) == COMMITMENT


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"repo": "alice"}, "owner/name"),
        ({"repo": "alice/pi0/x"}, "owner/name"),
        ({"repo": "alice/" + "p" * 100}, "at most 96"),
        ({"repo": "alice/.hidden"}, "owner/name"),
        ({"repo": "älice/pi0"}, "owner/name"),
        ({"repo": "alice/pi0\n"}, "owner/name"),
        ({"revision": "main"}, "full commit hash"),
        ({"revision": "0123456"}, "full commit hash"),
        ({"revision": REVISION.upper()}, "full commit hash"),
        ({"revision": REVISION + "\n"}, "full commit hash"),
        ({"revision": "a" * 70}, "full commit hash"),
        ({"endpoint": ""}, "characters"),
        ({"endpoint": "https://" + "a" * 120}, "characters"),
        ({"endpoint": "ftp://example.com"}, "https://"),
        ({"endpoint": "https:example.com"}, "https://"),
        ({"endpoint": "https://"}, "https://"),
        ({"endpoint": "https://exa mple.com"}, "printable"),
        ({"endpoint": "https://example.com\0"}, "printable"),
        ({"endpoint": "https://exämple.com"}, "printable"),
        ({"endpoint": "https://me:secret@example.com"}, "no user"),
        ({"endpoint": "https://example.com/?q"}, "no user"),
        ({"endpoint": "https://example.com/#f"}, "no user"),
        ({"endpoint": "https://example.com:99999"}, "is not a valid URL"),
        ({"endpoint": "https://example.com:0"}, "port"),
        ({"endpoint": "https://[::1"}, "is not a valid URL"),
        ({"endpoint": SealedEndpoint(b"short")}, "sealed"),
    ],
)
def test_what_is_not_allowed_is_said(change: dict[str, str], says: str) -> None:
    facts = {"repo": COMMITMENT.repo, "revision": REVISION, "endpoint": COMMITMENT.endpoint} | change
    with pytest.raises(InvalidCommitment, match=says):
        encode(Commitment(**facts))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xa1",
        b"{" * 384,
        b'{"m": NaN}',
        b'{"m": "\xff"}',
        b'{"repo": "a/b", "m": "a/b", "r": "%s", "e": "https://a.b"}' % (b"0" * 40),
        b"x" * 3_000_000,
        "alice/pi0:🤖".encode(),
        b"[]",
        encode(COMMITMENT) + b"x" * 200,
        b"\xa2" + encode(COMMITMENT)[1:],
    ],
)
def test_hostile_bytes_are_malformed(data: bytes) -> None:
    assert isinstance(decode(data), Malformed)
