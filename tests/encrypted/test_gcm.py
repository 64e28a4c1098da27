"""AES-GCM in all its forms: the standards' examples, and each against the others."""

import os
import random

import pytest
import under_micropython

from dsmr import aes, gcm, keys, openssl
from sim import encryption

KEY = "feffe9928665731c6d6a8f9467308308"


def test_aes_does_the_example_of_the_standard():
    """FIPS 197, appendix C.1."""
    key = bytes(range(16))
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    found = aes.aes(key, 1).encrypt(block)
    assert found.hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"


def test_aes_writes_where_it_reads():
    data = bytearray(os.urandom(256))
    expected = aes.aes(bytes(16), 1).encrypt(data)
    assert aes.aes(bytes(16), 1).encrypt(data, data) is data
    assert data == expected


@pytest.mark.parametrize("key, mode", [(bytes(15), 1), (bytes(32), 1), (bytes(16), 2)])
def test_aes_of_another_kind_is_refused(key, mode):
    with pytest.raises(ValueError):
        aes.aes(key, mode)


def test_the_simulation_does_an_example_of_gcm():
    """Test case 4 of the GCM specification by McGrew and Viega, appendix B."""
    plaintext = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    data = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    ciphertext, tag = encryption.seal(plaintext, nonce, data, bytes.fromhex(KEY))
    assert ciphertext.hex().startswith("42831ec2217774244b7221b784d0d49c")
    assert ciphertext.hex().endswith("1ba30b396a0aac973d58e091")
    assert tag.hex() == "5bc94fbc3221a5db94fae95ae7121a47"


@pytest.fixture(params=(keys.plain, openssl.Gcm), ids=("plain", "cryptography"))
def form(request):
    """Each way in which a PC decrypts, from both keys as bytes."""
    return lambda key, authentication: request.param(
        key, b"\x30" + authentication if authentication else b""
    )


SIZES = (*range(1, 50), *range(220, 260), 480, 495, 496, 497, 1500, 11520)


def test_frames_of_all_sizes_are_decrypted_where_they_stand(form):
    random.seed(20261127)
    for size in SIZES:
        key, authentication, title = (random.randbytes(size) for size in (16, 16, 8))
        if size % 5 == 0:
            authentication = b""
        plaintext = random.randbytes(size)
        frame = encryption.wrap(plaintext, random.randrange(1 << 32), title, key, authentication)
        buffer = bytearray(frame + b"behind")
        assert form(key, authentication).decrypt(buffer, len(frame))
        assert buffer[18 : 18 + size] == plaintext
        assert buffer[:18] == frame[:18] and buffer[18 + size :] == frame[18 + size :] + b"behind"


def test_one_decrypts_many_frames(form):
    cipher = form(encryption.KEY, encryption.AUTHENTICATION_KEY)
    for counter in range(300):
        frame = bytearray(encryption.wrap(b"telegram %d" % counter, counter))
        assert cipher.decrypt(frame, len(frame))
        assert frame[18:-12] == b"telegram %d" % counter


def test_a_frame_with_any_bit_changed_stays_as_it_was(form):
    cipher = form(encryption.KEY, encryption.AUTHENTICATION_KEY)
    frame = encryption.wrap(b"a telegram", 7)
    # What the tag covers: system title, frame counter, ciphertext and itself.
    for at in (*range(2, 10), *range(14, len(frame))):
        for bit in range(8):
            changed = bytearray(frame)
            changed[at] ^= 1 << bit
            before = bytes(changed)
            assert not cipher.decrypt(changed, len(changed))
            assert changed == before


def test_make_takes_what_is_installed(monkeypatch):
    assert isinstance(keys.make(KEY, "none"), openssl.Gcm)
    monkeypatch.setitem(__import__("sys").modules, "dsmr.openssl", None)
    monkeypatch.delattr("dsmr.openssl")
    assert isinstance(keys.make(KEY, "none"), gcm.Gcm)


@pytest.mark.parametrize(
    "wrong", ["", "none", KEY[:-1], KEY + "00", KEY[:-1] + "g", KEY[:-2] + "é"]
)
def test_what_is_no_key_is_refused(wrong):
    with pytest.raises(ValueError):
        keys.make(wrong, KEY)


def test_both_forms_of_the_loops_do_the_same(interpreter):
    output = under_micropython.run_script("gcm_forms.py", 20261127, 700, interpreter=interpreter)
    assert output.split() == [b"compared", b"2100"]
