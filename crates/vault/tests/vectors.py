"""Reads docs/vault-format.md's vectors with Python's cryptography: a second implementation of the format.

Written from the document alone. Ends with 0 when every vector is made and opened as written.
"""

import hashlib
import hmac
import pathlib
import re
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "vault-format.md"


def counting(first, length):
    return bytes((first + at) % 256 for at in range(length))


def place(organization, integration, field, purpose, version):
    texts = [it.encode() for it in (organization, integration, field, purpose)]
    return b"kontor place 1" + b"".join(struct.pack(">Q", len(it)) + it for it in texts) + struct.pack(">I", version)


def derive(key, salt, where):
    both = HKDF(algorithm=SHA256(), length=64, salt=salt, info=where).derive(key)
    return both[:32], both[32:]


def seal(key, number, where, value, salt, nonce):
    cipher, commitment = derive(key, salt, where)
    head = b"KV1" + b"\x01" + struct.pack(">I", number) + salt + nonce + commitment
    return head + AESGCM(cipher).encrypt(nonce, value, where)


def unseal(key, where, record):
    assert record[:4] == b"KV1\x01"
    salt, nonce, commitment, body = record[8:24], record[24:36], record[36:68], record[68:]
    cipher, expected = derive(key, salt, where)
    if not hmac.compare_digest(commitment, expected):
        raise InvalidTag
    return AESGCM(cipher).decrypt(nonce, body, where)


def wrap(kek, organization, number, key, nonce):
    return b"KW1" + nonce + AESGCM(kek).encrypt(nonce, key, dek_place(organization, number))


def unwrap(kek, organization, number, wrapped):
    assert wrapped[:3] == b"KW1"
    return AESGCM(kek).decrypt(wrapped[3:15], wrapped[15:], dek_place(organization, number))


def dek_place(organization, number):
    return b"kontor dek 1" + struct.pack(">I", number) + organization.encode()


def refused(what, opened):
    try:
        opened()
    except InvalidTag:
        return
    sys.exit(f"{what} opened, and must not")


def same(what, made, written):
    if made != written:
        sys.exit(f"{what}: made {made}, the document has {written}")


def main():
    lines = re.findall(r"^    ([0-9a-f]{60,}|local-[0-9a-f]{32})$", DOCUMENT.read_text(), re.MULTILINE)
    if len(lines) != 3:
        sys.exit(f"{DOCUMENT} has {len(lines)} vectors and not 3")
    record, wrapped, fingerprint = lines
    key, salt, nonce, kek = counting(7, 32), counting(3, 16), counting(3, 12), counting(0x20, 32)
    words = ("org_1", "int_1", "AccountToken", "credential")
    same("the record", seal(key, 1, place(*words, 1), b"hunter2", salt, nonce).hex(), record)
    same("the value", unseal(key, place(*words, 1), bytes.fromhex(record)), b"hunter2")
    for at in range(len(words)):
        other = tuple(word + ("x" if at == index else "") for index, word in enumerate(words))
        refused(f"the record in {other}", lambda: unseal(key, place(*other, 1), bytes.fromhex(record)))
    refused("the record as version 2", lambda: unseal(key, place(*words, 2), bytes.fromhex(record)))
    same("the wrapped key", wrap(kek, "org_1", 1, key, nonce).hex(), wrapped)
    same("the key", unwrap(kek, "org_1", 1, bytes.fromhex(wrapped)), key)
    refused("another organization's key", lambda: unwrap(kek, "org_2", 1, bytes.fromhex(wrapped)))
    refused("another number's key", lambda: unwrap(kek, "org_1", 2, bytes.fromhex(wrapped)))
    mac = hmac.new(kek, b"kontor kek fingerprint 1", hashlib.sha256).hexdigest()
    same("the fingerprint", "local-" + mac[:32], fingerprint)
    print("3 vectors of docs/vault-format.md made and opened")


main()
