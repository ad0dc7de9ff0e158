"""Signatures of webhooks, after the public Standard Webhooks specification, so that receivers find a library.

Headers: ``webhook-id`` (the same at every repetition), ``webhook-timestamp`` (Unix seconds of this attempt),
``webhook-signature`` (``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from sightline.core.errors import BadConfig, BadData

LEAST_BYTES: Final = 24  # Standard Webhooks: 24 to 64 bytes of key
WINDOW_S: Final = 300  # how far a receiver's clock may be from the time stamp: an older post is a replay
_PREFIX: Final = "whsec_"


def key_of(secret: str) -> bytes:
    """The key: base64 behind ``whsec_``, else the text itself; BadConfig (without it) for fewer than 24 bytes."""
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error as error:
            raise BadConfig("secret", "something else", "base64 behind whsec_") from error
    else:
        key = secret.encode("utf-8")
    if len(key) < LEAST_BYTES:
        raise BadConfig("secret", f"{len(key)} bytes", f"a key of at least {LEAST_BYTES} bytes")
    return key


def signed_headers(key: bytes, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a post."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": _signature(key, message_id, str(timestamp_s), body),
    }


def verify(key: bytes, headers: Mapping[str, str], body: bytes, now_s: int, window_s: int = WINDOW_S) -> str:
    """The id of a post that is genuine and fresh; BadData for any other. headers: names in lower case.

    What a receiver does; a receiver then drops ids that it has taken already, for as long as the window.
    """
    try:
        message_id, stamp = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = headers["webhook-signature"].split(" ")
        age_s = abs(now_s - int(stamp))
    except (KeyError, ValueError) as error:
        raise BadData("webhook: expected webhook-id, -timestamp and -signature, got others") from error
    if age_s > window_s:
        raise BadData(f"webhook: expected a post of the last {window_s} s, got one {age_s} s away")
    expected = _signature(key, message_id, stamp, body).encode()
    # Several signatures may come while a key is changed; all are compared, each in constant time.
    if not sum(hmac.compare_digest(expected, given.encode()) for given in signatures):
        raise BadData("webhook: expected a signature by the shared key, got another")
    return message_id


def _signature(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    content = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
