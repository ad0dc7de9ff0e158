"""Does this installation keep its promises: what ``sightline privacy check`` reports."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import cv2
import numpy as np

import sightline
from sightline.config import PrivacySettings
from sightline.config.site import SiteConfig
from sightline.core.errors import BadConfig, ModelUnavailable
from sightline.core.frame import Frame
from sightline.core.values import U8, Tracks
from sightline.core.vocabulary import CODE
from sightline.core.wording import number_of
from sightline.models.library import Library
from sightline.models.model import Model
from sightline.models.registry import MODELS
from sightline.privacy.faces import MODELS as FACE_MODELS
from sightline.privacy.masks import checked_masks
from sightline.privacy.obscure import Polygon
from sightline.privacy.promises import Finding as Finding
from sightline.privacy.promises import Stored, site_findings
from sightline.privacy.redact import PLATE_MODEL, Redactor, make_redactor
from sightline.privacy.second_look import FRESH_MODELS, SECOND_MODELS
from sightline.privacy.source_rules import source_breaches

TASKS: Final = ("detect", "vehicle attributes", "person attributes", "faces", "plates")
# Words in names of models that say who somebody is or read plates; such a model is refused, not used and not kept.
FORBIDDEN: Final = (
    "arcface", "facenet", "sface", "face-recognition", "face_recognition", "facereid", "face-reid", "reid", "re-id",
    "reidentification", "osnet", "license-plate-recognition", "plate-recognition", "lprnet", "lpr_", "crnn", "emotions",
)  # fmt: skip
_MODEL_FILES: Final = (".onnx", ".xml", ".bin", ".pt", ".pth", ".tflite", ".engine")
_MOST_FILES: Final = 20_000  # of the library's folder looked at
_DETAIL_LEFT: Final = 0.1  # of what was drawn; blurred beyond reading it is below 0.05
_SIZE: Final = (640, 360)
_CAR: Final = (60, 120, 260, 260)
_PERSON: Final = (440, 60, 500, 240)


@dataclass(frozen=True, slots=True)
class Site:
    """A site to be checked besides the installation; stored: None before its first start."""

    config: SiteConfig
    stored: Stored | None


def privacy_check(
    settings: PrivacySettings,
    library: Library,
    listen_host: str,
    *,
    has_token: bool = False,
    masks: Mapping[str, Sequence[Polygon]] | None = None,
    models: Mapping[str, Model] = MODELS,
    site: Site | None = None,
) -> list[Finding]:
    """The findings on an installation, in a fixed order; changes nothing.

    listen_host, has_token: where pages are served and whether they ask for a token; masks: polygons per camera; site:
    what its file and its store say, whose people take the place of the token.
    """
    if site is not None:
        masks = {name: camera.masks for name, camera in site.config.cameras.items()}
    return [
        *_models_ready(library),
        _redaction_works(make_redactor(library, settings, threads=1)),
        _failure_pixelates(settings),
        _no_forbidden_model(library, models),
        _source_rules(Path(sightline.__file__).parent),
        *([_pages_guarded(listen_host, has_token)] if site is None else []),
        _masks_valid(masks or {}),
        *(site_findings(site.config, listen_host, site.stored) if site is not None else []),
    ]


def _models_ready(library: Library) -> Iterator[Finding]:
    wanted = {
        "faces are found": FACE_MODELS,
        "plates are found": (PLATE_MODEL,),
        "a second look at every picture": SECOND_MODELS,
        "a fresh look between analyses": FRESH_MODELS,
    }
    for rule, names in wanted.items():
        sound = []
        fault = f"none of {', '.join(names)} is installed" if len(names) > 1 else f"{names[0]} is not installed"
        for name in names:
            if library.installed(name):
                try:
                    library.verify(name)
                    sound.append(name)
                except ModelUnavailable as error:
                    fault = str(error)
        yield Finding(rule, bool(sound), f"{sound[0]} is installed and verified" if sound else fault)


def _drawn() -> U8:
    """A grey street with fine random marks where a car's plate, a person's face and nobody are."""
    random = np.random.default_rng(7)
    picture = np.full((_SIZE[1], _SIZE[0], 3), 128, np.uint8)
    for left, top, right, bottom in _patches().values():
        size = (right - left, bottom - top)
        marks = random.integers(0, 2, (size[1] // 2, size[0] // 2), np.uint8) * np.uint8(200) + np.uint8(20)
        picture[top:bottom, left:right] = cv2.resize(marks, size, interpolation=cv2.INTER_NEAREST)[..., None]
    return picture


def _patches() -> dict[str, tuple[int, int, int, int]]:
    return {"plate": (130, 220, 190, 236), "face": (458, 64, 482, 92), "street": (300, 290, 360, 330)}


def _tracks() -> Tracks:
    boxes = np.array([_CAR, _PERSON], np.float32)
    labels = np.array([CODE["car"], CODE["pedestrian"]], np.int16)
    return Tracks(
        boxes, np.ones(2, np.float32), labels, np.array([1, 2]), np.ones(2, np.float32), np.zeros(2, np.bool_)
    )


def _detail(part: U8) -> np.ndarray:
    return np.asarray(cv2.Laplacian(np.ascontiguousarray(part[..., 0]), cv2.CV_32F))


def _left(before: U8, after: U8) -> dict[str, float]:
    """Share of the drawn detail that is left in each patch."""
    shares = {}
    for name, (left, top, right, bottom) in _patches().items():
        was, now = (_detail(picture[top:bottom, left:right]) for picture in (before, after))
        shares[name] = float(abs((was * now).sum()) / (was * was).sum())
    return shares


def _redaction_works(redactor: Redactor) -> Finding:
    rule = "faces and plates are blurred"
    before = _drawn()
    made = redactor(Frame("privacy check", 1, 0, before), _tracks())
    left = _left(before, made.pixels)
    if made.pixelated:
        gone = max(left.values()) <= _DETAIL_LEFT
        how = "whole pictures are pixelated" if gone else "whole pictures should be pixelated but show detail"
        return Finding(rule, gone, f"{how}, because: {made.reason.removeprefix('pixelated: ')}")
    if max(left["plate"], left["face"]) > _DETAIL_LEFT:
        return Finding(rule, False, f"a drawn plate and face were blurred only in part: {left}")
    if left["street"] < 1 - _DETAIL_LEFT:
        return Finding(rule, False, f"a drawn picture was altered where nobody is: {left}")
    return Finding(
        rule, True, "a drawn plate and face were blurred beyond reading, the street beside them was not touched"
    )


class _Failing:
    """A finder whose model fails."""

    def __call__(self, frame: Frame, what: object) -> np.ndarray:
        raise RuntimeError("planted by the privacy check")


def _failure_pixelates(settings: PrivacySettings) -> Finding:
    rule = "a failure pixelates the whole picture"
    before = _drawn()
    made = Redactor(_Failing(), _Failing(), settings)(Frame("privacy check", 1, 0, before), _tracks())
    kept = made.pixelated and bool(made.reason) and max(_left(before, made.pixels).values()) <= _DETAIL_LEFT
    return Finding(rule, kept, "a planted failure was answered with " + ("pixels" if kept else "a picture with detail"))


def _no_forbidden_model(library: Library, models: Mapping[str, Model]) -> Finding:
    rule = "no model that says who somebody is or reads plates"
    found = [name for name, model in models.items() if model.task not in TASKS or _forbidden(name)]
    if library.folder.is_dir():
        files = islice(library.folder.rglob("*"), _MOST_FILES)
        found += [path.name for path in files if path.suffix in _MODEL_FILES and _forbidden(path.name)]
    listed = ", ".join(sorted(set(found))[:5])
    return Finding(rule, not found, f"found {listed}" if found else "none in the registry and none in the model folder")


def _forbidden(name: str) -> bool:
    return any(word in name.lower() for word in FORBIDDEN)


def _source_rules(package: Path) -> Finding:
    rule = "raw pictures stay inside"
    breaches = source_breaches(package)
    if breaches:
        return Finding(rule, False, f"the program's source breaks it: {'; '.join(breaches[:3])}")
    return Finding(
        rule, True, "only the parts that need raw pictures import them, and only the privacy stage lets one out"
    )


def _pages_guarded(host: str, has_token: bool) -> Finding:
    rule = "pages are served to this machine only, or with a token"
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    guard = "this machine only" if loopback else "others with a token" if has_token else "others without a token"
    return Finding(rule, loopback or has_token, f"served on {host} to {guard}")


def _masks_valid(masks: Mapping[str, Sequence[Polygon]]) -> Finding:
    rule = "masks can be drawn"
    for camera, polygons in masks.items():
        try:
            checked_masks(camera, polygons)
        except BadConfig as error:
            return Finding(rule, False, str(error))
    number = sum(len(polygons) for polygons in masks.values())
    return Finding(rule, True, f"{number_of(number, 'mask')} on {number_of(len(masks), 'camera')}, none of them wrong")
