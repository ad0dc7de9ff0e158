"""People of the service: signing in, roles by site and camera, API tokens, and the gate that asks every request."""

from sightline.api.people.gate import SessionGate
from sightline.api.people.install import install
from sightline.api.people.needs import ROLES_OF_ROUTES, Need, Rulebook, needs, open_to_all
from sightline.api.people.people import People
from sightline.api.people.scoped import ScopedPorts
from sightline.api.people.session_routes import Caller
from sightline.api.people.tls import check_listening, server_options

__all__ = [
    "ROLES_OF_ROUTES",
    "Caller",
    "Need",
    "People",
    "Rulebook",
    "ScopedPorts",
    "SessionGate",
    "check_listening",
    "install",
    "needs",
    "open_to_all",
    "server_options",
]
