"""The errors Sightline shows to people, each one sentence with what was expected and what came, and its exit code."""

import re

# User and password: up to the last @ of the word, or, where a password holds a space, of the line. Cameras allow any
# character in a password, also those that a URL should escape.
_CREDENTIALS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:[^\s/@:]*:\S*@|[^\s/]*@|[^\s/@:]*:[^\n@]*@)", re.IGNORECASE
)
_SECRET_QUERY = re.compile(
    r"(?P<key>[?&;](?:[^=&;\s]*(?:pass|pwd|token|key|secret|auth|sig)[^=&;\s]*)=)[^&;\s'\"]*", re.IGNORECASE
)
# Some cameras take the password in the path: /user=admin_password=SECRET_channel=1
_SECRET_PATH = re.compile(r"(?P<key>(?:pass(?:word|wd)?|pwd)=)(?:(?!_\w+=)[^&;/\s'\"])*", re.IGNORECASE)


def without_credentials(text: str) -> str:
    """The text with user and password of every URL, and secrets in query or path, replaced by ``***``.

    In doubt too much is replaced, never too little.
    """
    masked = _SECRET_QUERY.sub(r"\g<key>***", _CREDENTIALS.sub(r"\g<scheme>***@", text))
    return _SECRET_PATH.sub(r"\g<key>***", masked)


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
