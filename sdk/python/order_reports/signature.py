"""Verifies callbacks (Standard Webhooks 1.0)."""

import base64
import hashlib
import hmac
import re
import time

from .errors import VerificationError

_TOLERANCE_SECONDS = 300


def verify_signature(headers, body, secrets, now=None):
    """
    headers: a mapping, names in whichever case.
    body: the bytes as they came, before any JSON parser.
    secrets: `whsec_…`; one that fits is enough. Ed25519 (`v1a`) is not in the standard library.

    Gives the id of the event, the same each time that it comes. Raises VerificationError.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, timestamp, signatures = (given.get(f"webhook-{name}") or "" for name in ("id", "timestamp", "signature"))
    if not id or not signatures or not re.fullmatch("[1-9][0-9]{0,11}", timestamp):
        raise VerificationError("A webhook header is missing, or is none.")
    if abs((time.time() if now is None else now) - int(timestamp)) > _TOLERANCE_SECONDS:
        raise VerificationError("The timestamp is too old, or from the future.")
    content = f"{id}.{timestamp}.".encode() + body
    parts = [part.encode(errors="replace") for part in signatures.split(" ")]
    for secret in secrets:
        if not secret.startswith("whsec_"):
            raise ValueError("A secret begins with whsec_.")
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
        expected = b"v1," + base64.b64encode(digest)
        if any([hmac.compare_digest(part, expected) for part in parts]):
            return id
    raise VerificationError("No signature is by a secret that is known.")
