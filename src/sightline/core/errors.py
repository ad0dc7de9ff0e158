"""The errors Sightline shows to people, each one sentence with what was expected and what came, and its exit code."""

import re

_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^/?#\s]*)@", re.IGNORECASE)
_SECRET_QUERY = re.compile(
    r"(?P<key>[?&;](?:[^=&;\s]*(?:pass|pwd|token|key|secret|auth|sig)[^=&;\s]*)=)[^&;\s'\"]*", re.IGNORECASE
)


def without_credentials(text: str) -> str:
    """The text with user and password of every URL, and secrets in their query, replaced by ``***``.

    Greedy up to the last ``@`` before the path, because passwords of cameras do contain ``@``.
    """
    return _SECRET_QUERY.sub(r"\g<key>***", _CREDENTIALS.sub(r"\g<scheme>***@", text))


class SightlineError(Exception):
    """A failure that a person can act on; the message is one sentence without credentials."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(without_credentials(message))


class BadConfig(SightlineError):
    """A setting or argument that cannot work: names the key, the value and what is allowed."""

    exit_code = 2

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"{key}: expected {allowed}, got {value!r}")
        self.key = key


class SourceUnavailable(SightlineError):
    """A source that cannot be opened or read: missing, not a video, refused, silent."""

    exit_code = 3


class SourceLost(SourceUnavailable):
    """A source that worked and stopped; a live one is tried again by the reconnect ladder."""


class ModelUnavailable(SightlineError):
    """A model that is not here, cannot be fetched, or whose file is not the published one."""

    exit_code = 3


class BadData(SightlineError):
    """A data file that breaks its format: names file and line."""

    exit_code = 2
