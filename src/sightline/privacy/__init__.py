"""A Frame in, a picture that may leave out: faces and plates blurred, or the whole pixelated."""

from sightline.privacy.redact import Redactor, make_redactor

__all__ = ["Redactor", "make_redactor"]
