"""Random secrets that people and machines show: sessions, API tokens, invitations; and what is kept of them."""

import hashlib
import hmac
import secrets
from typing import Final

TOKEN_PREFIX: Final = "sightline_"  # noqa: S105 - lets secret scanners of code hosts find one that got lost
BYTES: Final = 32
LONGEST: Final = 200  # characters of anything that could be such a secret; longer ones are not looked up


def new_secret() -> str:
    """256 random bits as 43 characters that need no quoting in addresses, headers and cookies."""
    return secrets.token_urlsafe(BYTES)


def new_api_token() -> str:
    """A secret that says what it is for."""
    return TOKEN_PREFIX + new_secret()


def kept(secret: str) -> str:
    """What the store keeps: SHA-256 in hex. Slow hashing is for passwords; 256 random bits cannot be tried out."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(given: str, wanted: str) -> bool:
    """Equality in a time that does not depend on where they differ."""
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))


def csrf_of(session: str) -> str:
    """The word a page must send with changes: made from the session's secret, which scripts cannot read."""
    return hmac.new(session.encode(), b"sightline csrf", hashlib.sha256).hexdigest()
