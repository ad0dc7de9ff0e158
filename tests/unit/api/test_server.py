"""Serving from a thread: ports, addresses, clean stop."""

import socket
import urllib.request

import pytest

from sightline.api import create_app, serve
from sightline.config import PageSettings
from sightline.core.errors import BadConfig


def test_free_port_and_clean_stop(ports):
    settings = PageSettings(port=0)
    told = []
    served = serve(create_app(ports, settings), settings, ready=told.append)
    assert told == [served.url]
    with urllib.request.urlopen(f"{served.url}healthz") as answer:
        assert answer.status == 200
    served.stop()
    served.stop()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"{served.url}healthz")
    again = PageSettings(port=served.port)
    with serve(create_app(ports, again), again) as second:
        assert second.port == served.port


def test_port_in_use(ports):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = PageSettings(port=taken.getsockname()[1])
        with pytest.raises(BadConfig, match=r"page\.port: expected a free port .*in use, got"):
            serve(create_app(ports, settings), settings)


def test_address_of_another_machine(ports):
    settings = PageSettings(port=0, host="192.0.2.1", token="0123456789abcdef")
    with pytest.raises(BadConfig, match=r"page\.host: expected an address of this machine, got '192\.0\.2\.1'"):
        serve(create_app(ports, settings), settings)
