"""How the service listens: certificate and key, and no open address by accident."""

import ssl
import stat
from typing import Any, Final

from sightline.api.access import is_loopback
from sightline.config import PageSettings
from sightline.config.people import PeopleSettings, TlsSettings
from sightline.core.errors import BadConfig

_FOR_ALL: Final = stat.S_IROTH | stat.S_IWOTH


def check_listening(page: PageSettings, people: PeopleSettings) -> None:
    """BadConfig where passwords would cross a network in the clear without anybody having said so.

    Other machines are served by TLS, through a trusted reverse proxy, or after ``plain_http``.
    """
    guarded = people.tls is not None or people.trusted_proxies or people.plain_http
    if not is_loopback(page.host) and not guarded:
        allowed = "a loopback address, or people.tls, people.trusted_proxies or people.plain_http for any other"
        raise BadConfig("page.host", page.host, allowed)


def server_options(people: PeopleSettings) -> dict[str, Any]:
    """What ``uvicorn.Config`` needs besides the application; BadConfig for a certificate that cannot be served.

    uvicorn's own reading of X-Forwarded-* is off: it trusts every program on this machine. ``proxy.Proxies`` does it.
    """
    options: dict[str, Any] = {"proxy_headers": False}
    if people.tls is not None:
        _try(people.tls)
        options |= {"ssl_certfile": str(people.tls.certificate), "ssl_keyfile": str(people.tls.key)}
    return options


def _try(tls: TlsSettings) -> None:
    """Load both as the server will (TLS 1.2 or newer, Python's default), so that a fault shows at start."""
    for key, path in (("people.tls.certificate", tls.certificate), ("people.tls.key", tls.key)):
        if not path.is_file():
            raise BadConfig(key, str(path), "a file that is there")
    if tls.key.stat().st_mode & _FOR_ALL:
        raise BadConfig("people.tls.key", str(tls.key), "a file that not everybody on this machine can read (chmod o=)")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls.certificate, tls.key, password="")
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error.strerror or "unreadable"
        allowed = f"a PEM certificate and its own key without a password ({reason})"
        raise BadConfig("people.tls", str(tls.certificate), allowed) from error
