"""The DNS server of the access point: every name is the board."""

import pytest

from firmware.setup.names import answer

ADDRESS = bytes((192, 168, 4, 1))


def question(name, kind=1, flags=0x0100, questions=1, family=1):
    head = b"\x12\x34" + flags.to_bytes(2, "big") + bytes((0, questions, 0, 0, 0, 0, 0, 0))
    labels = b"".join(bytes((len(part),)) + part.encode() for part in name.split(".") if part)
    return head + labels + bytes((0, 0, kind, 0, family))


@pytest.mark.parametrize("name", ["captive.apple.com", "a", "", "x" * 63 + ".example"])
def test_a_name_is_the_board(name):
    asked = question(name)
    reply = answer(asked, ADDRESS)
    assert reply[:2] == b"\x12\x34"
    assert reply[2] & 0x80
    assert reply[3] == 0
    assert reply[4:12] == bytes((0, 1, 0, 1, 0, 0, 0, 0))
    assert reply[12:].startswith(asked[12:])
    assert reply.endswith(bytes((0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4)) + ADDRESS)


def test_a_name_has_no_other_address():
    reply = answer(question("captive.apple.com", kind=28), ADDRESS)
    assert reply[4:12] == bytes((0, 1, 0, 0, 0, 0, 0, 0))
    assert ADDRESS not in reply


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        bytes(11),
        question("a.b")[:-1],
        question("a.b", flags=0x8180),
        question("a.b", flags=0x2900),
        question("a.b", questions=0),
        question("a.b", questions=2),
        question("a.b")[:12] + b"\xc0\x0c\x00\x01\x00\x01",
        question("a.b")[:12] + b"\x3f" * 40,
        question("a.b") + bytes(500),
        bytes(range(256)) * 2,
    ],
)
def test_what_is_no_question_has_no_answer(asked):
    assert answer(asked, ADDRESS) is None


def test_every_cut_and_every_flipped_byte_is_borne():
    asked = question("captive.apple.com")
    for at in range(len(asked)):
        answer(asked[:at], ADDRESS)
        for bit in range(8):
            answer(asked[:at] + bytes((asked[at] ^ 1 << bit,)) + asked[at + 1 :], ADDRESS)
