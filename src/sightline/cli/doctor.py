"""``sightline doctor``: is this installation sound, part by part, before a city relies on it."""

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

import sightline
from sightline.cli.terminal import answer_json, answers
from sightline.cli.wiring import open_library
from sightline.config import Settings, load_settings
from sightline.config.site import SiteConfig
from sightline.core.errors import SightlineError
from sightline.core.wording import number_of
from sightline.detect import models_for
from sightline.formats.site_yaml import BadSite, read_site
from sightline.models.library import Library
from sightline.models.registry import MODELS
from sightline.privacy.check import privacy_check
from sightline.video.codecs import decodable
from sightline.video.credentials import secret

Level = Literal["ok", "note", "fault"]
WANTED_CODECS: Final = ("h264", "hevc", "mjpeg")
_LEAST_FREE_BYTES: Final = 2 * 1024**3  # a database with a week of twenty cameras, and room to rotate logs
_PROGRAM_BYTES: Final = 550 * 1024**2  # all models loaded, without a stream: FACTS of `sightline bench overhead`
_STREAM_BYTES: Final = 27 * 1024**2  # a 1080p stream with four reference frames
EXTRAS: Final = {"mqtt": ("bus", "aiomqtt"), "postgres": ("postgres", "psycopg"), "oidc": ("oidc", "joserfc")}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part looked at."""

    part: str
    level: Level
    sentence: str


def doctor(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG.yaml]", help="Also what this site's file asks for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Look at the program, its models, the machine and what a site's file needs; exit 1 where something is broken."""
    findings: list[Finding] = []
    site = None
    if config is not None:
        site, found = _file(config)
        findings += found
    settings = site.effective() if site else load_settings()
    findings += examine(settings, site)
    sound = all(finding.level != "fault" for finding in findings)
    if as_json:
        answer_json({"sound": sound, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            answers.print(f"{finding.level:5}  {finding.part}: {finding.sentence}", markup=False, soft_wrap=True)
    if not sound:
        raise typer.Exit(1)


def examine(settings: Settings, site: SiteConfig | None) -> list[Finding]:
    """All findings, in the order people read them."""
    library = open_library(settings)
    parts: Sequence[Callable[[], Iterator[Finding]]] = (
        _program,
        _codecs,
        lambda: _models(library, settings),
        lambda: _machine(len(site.cameras) if site else 0),
        lambda: _privacy(settings, library),
        lambda: _site(site) if site else iter(()),
        lambda: _port(settings, site),
    )
    return [finding for part in parts for finding in part()]


def _file(config: Path) -> tuple[SiteConfig | None, list[Finding]]:
    try:
        site = read_site(config)
    except BadSite as error:
        return None, [Finding("file", "fault", str(fault)) for fault in error.faults]
    except SightlineError as error:
        return None, [Finding("file", "fault", str(error))]
    return site, [Finding("file", "ok", f"site {site.name} with {number_of(len(site.cameras), 'camera')}")]


def _program() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("program", "ok", f"Sightline {sightline.__version__} on Python {version}")


def _codecs() -> Iterator[Finding]:
    known = decodable(WANTED_CODECS)
    missing = [name for name in WANTED_CODECS if name not in known]
    if missing:
        yield Finding("video", "fault", f"this FFmpeg cannot decode {', '.join(missing)}: install the locked packages")
    else:
        yield Finding("video", "ok", f"decodes {', '.join(WANTED_CODECS)}")


def _models(library: Library, settings: Settings) -> Iterator[Finding]:
    wanted = [name for name in models_for(settings.detect.detector) if name in MODELS][:1]
    for name in wanted:
        if not library.installed(name):
            yield Finding("models", "note", f"{name} is not here, motion is used instead: sightline models pull {name}")
    for name in (name for name in MODELS if library.installed(name)):
        try:
            library.verify(name)
        except SightlineError as error:
            yield Finding("models", "fault", str(error))
    here = sum(library.installed(name) for name in MODELS)
    yield Finding("models", "ok", f"{number_of(here, 'model')} in {library.folder}, checksums looked at")


def _machine(cameras: int) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("machine", "ok", number_of(cores, "core"))
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return
    need = _PROGRAM_BYTES + cameras * _STREAM_BYTES
    level: Level = "ok" if need < 0.8 * memory else "fault"
    yield Finding(
        "memory",
        level,
        f"{memory / 1024**3:.1f} GiB; {number_of(cameras, 'camera')} at 1080p take about {need / 1024**3:.1f}",
    )


def _privacy(settings: Settings, library: Library) -> Iterator[Finding]:
    findings = privacy_check(
        settings.privacy, library, settings.page.host, has_token=True
    )  # of a service, people and their roles guard the page
    broken = [finding for finding in findings if not finding.ok]
    for finding in broken:
        remedy = " (until then pictures are pixelated as a whole: sightline models pull, or models import DIR)"
        yield Finding(
            "privacy", "fault", f"{finding.rule}: {finding.sentence}{remedy if 'installed' in finding.sentence else ''}"
        )
    if not broken:
        yield Finding("privacy", "ok", f"{number_of(len(findings), 'promise')} kept; all: sightline privacy check")


def _site(site: SiteConfig) -> Iterator[Finding]:
    yield from _store(site)
    types = [door.type for door in site.doors.sinks]
    uses = [*types, *(["oidc"] if site.people.oidc else []), *(["postgres"] if site.store.address else [])]
    for use in sorted(set(uses) & set(EXTRAS)):
        extra, module = EXTRAS[use]
        if importlib.util.find_spec(module) is None:
            yield Finding(use, "fault", f"expected the extra {extra}: pip install 'sightline[{extra}]'")
    for name, camera in site.cameras.items():
        for stream in (camera.source, camera.sub):
            if stream is not None and stream.password is not None:
                try:
                    secret(stream.password)
                except SightlineError as error:
                    yield Finding("cameras", "fault", f"{name}: {error}")
        path = Path(camera.source.url)
        if "://" not in camera.source.url and camera.source.kind == "stream" and not path.exists():
            yield Finding("cameras", "fault", f"{name}: expected a file or device at {path}, got none")


def _store(site: SiteConfig) -> Iterator[Finding]:
    if site.store.address is not None:
        yield Finding("store", "ok", "in PostgreSQL; whether it answers, `sightline run` says at once")
        return
    folder = site.store.folder
    near = next((one for one in (folder, *folder.resolve().parents) if one.exists()), Path("/"))
    if not os.access(near, os.W_OK):
        yield Finding("store", "fault", f"expected a folder that can be written, got {folder}")
        return
    free = shutil.disk_usage(near).free
    level: Level = "ok" if free > _LEAST_FREE_BYTES else "note"
    yield Finding("store", level, f"{folder} with {free / 1024**3:.1f} GiB free")


def _port(settings: Settings, site: SiteConfig | None) -> Iterator[Finding]:
    host, port = settings.page.host, settings.page.port
    try:
        with socket.create_server((host.strip("[]") or "0.0.0.0", port), reuse_port=False):
            yield Finding("page", "ok", f"{host}:{port} is free")
    except OSError as error:
        yield Finding("page", "note" if site is None else "fault", f"{host}:{port} cannot be had: {error.strerror}")
