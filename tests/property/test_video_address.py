"""A camera's name is safe and holds no credential, for any address."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.video import camera_name, kind

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
SECRET = st.text(st.sampled_from("Zz9!$%&'()*+,;=:@"), min_size=1, max_size=12).map(lambda text: f"Q7x{text}")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_names_are_safe(url: str) -> None:
    assert SAFE.match(camera_name(url))
    assert kind(url) in ("file", "live")


@settings(deadline=None)
@given(SECRET, st.sampled_from(["rtsp", "rtmp", "http", "https", "rtsps"]))
def test_names_hold_no_password(secret: str, scheme: str) -> None:
    name = camera_name(f"{scheme}://user:{secret}@10.0.0.7/main")
    assert name == "10.0.0.7-main"
