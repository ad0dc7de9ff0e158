"""Builds the stages of a worker from the settings and what is installed; says in sentences what is missing."""

import os
from dataclasses import dataclass

from sightline.cli.terminal import progress, say
from sightline.config import Settings
from sightline.core.errors import BadConfig, ModelUnavailable
from sightline.describe import Describer
from sightline.detect import make_detector, make_namer, models_for
from sightline.models.library import Library
from sightline.models.registry import MODELS
from sightline.pipeline.counting import Counting
from sightline.pipeline.order import Stages
from sightline.privacy import Redactor, make_redactor
from sightline.privacy.redact import missing_models
from sightline.track import Tracker

# What the describer works with; fetched at first use.
DESCRIBING_MODELS = ("vehicle-attributes-recognition-barrier-0039", "person-attributes-recognition-crossroad-0230")


def open_library(settings: Settings) -> Library:
    """The library in the folder of the settings."""
    chosen = settings.inference
    return Library(chosen.folder, connect_timeout_s=chosen.connect_timeout_s, device=chosen.device)


@dataclass(frozen=True, slots=True)
class Built:
    """The stages of one worker, and sentences a person should read about them: redaction_notes, what is missing to
    blur faces and plates; notes, all else.
    """

    stages: Stages
    redact: Redactor
    detector: str
    notes: tuple[str, ...]
    redaction_notes: tuple[str, ...]


def fetch_missing(library: Library, settings: Settings) -> None:
    """Fetch the models the settings need that are not here; says so, and goes on without what cannot be had."""
    for name in _wanted(settings, library):
        if library.installed(name) or MODELS[name].origin == "import only":
            continue
        say(f"fetching model {name} from its official address ...")
        try:
            with progress() as bar:
                task = bar.add_task(name, total=None)
                library.pull(name, lambda _, done, total: bar.update(task, completed=done, total=total))  # noqa: B023
        except ModelUnavailable as error:
            say(f"{error}")
            say("going on without the models that are missing; `sightline models import DIR` brings them from a folder")
            return  # without a connection the others would only wait in vain


def _wanted(settings: Settings, library: Library) -> list[str]:
    """Models that the settings make use of, what finds and what redacts first; one that names classes is enough."""
    finder, *namers = models_for(settings.detect.detector) or ("",)
    if any(library.installed(name) for name in MODELS if MODELS[name].family in ("yolox", "nanodet")):
        namers = []
    describing = DESCRIBING_MODELS if finder and settings.pipeline.describe else ()
    return [name for name in (finder, *missing_models(library), *namers, *describing) if name in MODELS]


def build(library: Library, settings: Settings) -> Built:
    """All stages of one worker; BadConfig for an unknown detector, ModelUnavailable for a named one not here."""
    threads = settings.inference.threads or _cores()
    name = settings.detect.detector
    if name not in ("street", "motion") and name not in MODELS:
        raise BadConfig("detector", name, "street, motion, or a detection model of `sightline models list`")
    detector = make_detector(name, library, settings.detect, threads=threads)
    describer = None
    if settings.pipeline.describe and name != "motion":
        namer = make_namer(library, threads=threads)
        describer = Describer(library, settings.describe, namer, threads=threads)
    redactor = make_redactor(library, settings.privacy, threads=threads)
    notes = (*detector.notes, *(describer.notes if describer else ()))
    redaction_notes = tuple(redactor.notes) if redactor.ready else (redactor.reason,)
    stages = Stages(
        detect=detector,
        follow=Tracker(settings.track),
        describe=describer,
        counting=Counting(settings.count),
        others=(detector.forget,),
    )
    return Built(stages, redactor, detector.name, notes, redaction_notes)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
