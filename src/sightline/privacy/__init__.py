"""A Frame in, a picture that may leave out: faces and plates blurred, or the whole pixelated."""

from sightline.privacy.check import Finding, privacy_check
from sightline.privacy.redact import Redactor, make_redactor, missing_models

__all__ = ["Finding", "Redactor", "make_redactor", "missing_models", "privacy_check"]
