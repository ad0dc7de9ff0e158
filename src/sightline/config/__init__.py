"""Every setting of Sightline, and the layout of a site's configuration file."""

from sightline.config.settings import (
    CountSettings,
    DescribeSettings,
    DetectSettings,
    ModelSettings,
    PageSettings,
    PipelineSettings,
    PrivacySettings,
    RateSettings,
    Section,
    Settings,
    TrackSettings,
    VideoSettings,
    load_settings,
)

__all__ = [
    "CountSettings",
    "DescribeSettings",
    "DetectSettings",
    "ModelSettings",
    "PageSettings",
    "PipelineSettings",
    "PrivacySettings",
    "RateSettings",
    "Section",
    "Settings",
    "TrackSettings",
    "VideoSettings",
    "load_settings",
]
