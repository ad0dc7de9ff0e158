"""HTTP, WebSocket and the pages; sees the pipeline only through its ports."""

from sightline.api.access import with_token
from sightline.api.app import create_app
from sightline.api.server import Served, access_lines, serve

__all__ = ["Served", "access_lines", "create_app", "serve", "with_token"]
