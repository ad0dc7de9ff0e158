"""A site's file: read with every fault at its line and the nearest known key, changed without losing its comments."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sightline.config.site import SiteConfig
from sightline.core.errors import BadConfig, without_credentials
from sightline.formats.atomic import write_atomically

MOST_BYTES: Final = 16 * 1024 * 1024  # a thousand cameras with all their rules take less than three
_MOST_NODES: Final = 500_000  # with every alias counted as often as it is used: a few lines may else stand for billions
_MOST_FAULTS: Final = 20  # said of one file
_SECRET_KEYS: Final = ("password", "token", "secret", "address")  # their values are not repeated


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: line from 1 (0 = nowhere in particular), key with dots, sentence.

    missing: the key that should be there and is not.
    """

    line: int
    key: str
    sentence: str
    missing: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return without_credentials(f"{place}{self.key}: {self.sentence}" if self.key else f"{place}{self.sentence}")


class BadSite(BadConfig):
    """A site's file that cannot work; faults: all that was found, at most twenty."""

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        super().__init__(str(path), "", "")
        self.faults = tuple(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        self.args = (f"{path} {faults[0]}{more}",)


def read_site(path: Path) -> SiteConfig:
    """The site of a file; BadSite with all its faults, BadConfig where it cannot be read."""
    return _checked(path, _parsed(path, _text(path)))


def change_site(
    path: Path, change: Callable[[CommentedMap], None], check: Callable[[SiteConfig], None] | None = None
) -> SiteConfig:
    """Change a site's file: read anew, changed, checked as a whole, written in one step with its comments.

    change gets the file's members; check raises for a site that cannot run here. BadSite, and the file as it was, where
    the outcome would not be one.
    """
    document = _parsed(path, _text(path))
    change(document)
    site = _checked(path, document)
    if check is not None:
        check(site)
    written = io.StringIO()
    _yaml().dump(document, written)
    write_atomically(path, written.getvalue(), mode=path.stat().st_mode & 0o777)
    return site


def line_of(path: Path, *keys: str | int) -> int:
    """The line, from 1, of a place in a site's file; that of the nearest key above it where it is not there."""
    return _line(_parsed(path, _text(path)), keys)


def plain(value: Any) -> Any:
    """A value as the file's writer takes it: shapes on one line, the rest in blocks."""
    if isinstance(value, dict):
        return CommentedMap({str(key): plain(one) for key, one in value.items()})
    if isinstance(value, list | tuple):
        made = CommentedSeq([plain(one) for one in value])
        if _is_shape(value):
            made.fa.set_flow_style()
        return made
    return value


def _is_shape(value: object) -> bool:
    """Whether it is a number, a point, or points: what reads best on one line."""
    if isinstance(value, list | tuple):
        return all(_is_shape(one) for one in value)
    return isinstance(value, int | float)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadConfig("CONFIG", str(path), f"a file that can be read ({error.strerror})") from error
    if len(data) > MOST_BYTES:
        raise BadSite(path, [Fault(0, "", f"expected at most {MOST_BYTES // 1024 // 1024} MiB, got more")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadSite(path, [Fault(line, "", "expected text in UTF-8, got other bytes")]) from error


def _parsed(path: Path, text: str) -> CommentedMap:
    try:
        document = _yaml().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        what = " ".join(str(error.problem or "something else").split())
        raise BadSite(path, [Fault(line, "", f"expected YAML, got {what}")]) from error
    except (YAMLError, ValueError, RecursionError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else "letters that are none of YAML's"
        raise BadSite(path, [Fault(0, "", f"expected YAML, got {what}")]) from error
    if not isinstance(document, CommentedMap):
        got = "nothing" if document is None else type(document).__name__
        raise BadSite(path, [Fault(0, "", f"expected keys such as name and cameras, got {got}")])
    if _nodes(document) > _MOST_NODES:
        raise BadSite(path, [Fault(0, "", f"expected at most {_MOST_NODES} values, aliases counted, got more")])
    return document


def _nodes(document: Any) -> int:
    """Values of a document with every alias counted as often as it is used; stops when there are too many."""
    count, waiting = 0, [document]
    while waiting and count <= _MOST_NODES:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count


def _checked(path: Path, document: CommentedMap) -> SiteConfig:
    try:
        site = SiteConfig.model_validate(document)
    except ValidationError as error:
        faults = [_fault(document, one) for one in error.errors(include_url=False)[:_MOST_FAULTS]]
        misspelt = {fault.sentence for fault in faults}
        faults = [fault for fault in faults if f"unknown key; did you mean {fault.missing}?" not in misspelt]
        raise BadSite(path, sorted(faults, key=lambda fault: fault.line)) from error
    try:
        site.effective()
    except BadConfig as error:
        line = _line(document, ("settings", *error.key.removeprefix("settings.").split(".")))
        raise BadSite(path, [Fault(line, "", str(error))]) from error
    return site


def _fault(document: CommentedMap, error: Any) -> Fault:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    key = ".".join(str(part) for part in _without_tags(document, loc))
    message = str(error["msg"])
    if error["type"] == "extra_forbidden":
        known = sorted(_known_keys(SiteConfig, loc[:-1]))
        near = get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
        return Fault(_line(document, loc), key, f"unknown key; {hint}")
    if error["type"] == "missing":
        return Fault(_line(document, loc[:-1]), key, "expected a value, got none", missing=str(loc[-1]))
    message = message.removeprefix("Value error, ")
    message = message.replace("Input should be", "expected", 1)
    if "expected" not in message:
        message = f"expected {message[:1].lower()}{message[1:]}"
    if isinstance(error.get("input"), str | int | float) and "got" not in message:
        hidden = any(word in key.lower() for word in _SECRET_KEYS)
        message += f", got {'something else' if hidden else repr(error['input'])[:100]}"
    return Fault(_line(document, loc), key, message)


def _walk(document: Any, loc: Sequence[str | int]) -> Iterator[tuple[Any, Any]]:
    """The containers on the way to a place, each with the key taken in it; tags of pydantic's unions are left out."""
    for part in loc:
        in_map = isinstance(document, dict) and part in document
        in_list = isinstance(document, list) and isinstance(part, int) and part < len(document)
        if in_map or in_list:
            yield document, part
            document = document[part]


def _line(document: Any, loc: Sequence[str | int]) -> int:
    line = 0
    for container, part in _walk(document, loc):
        try:
            line = (container.lc.key(part) if isinstance(container, CommentedMap) else container.lc.item(part))[0] + 1
        except (AttributeError, KeyError, TypeError):
            continue  # what a change put in has no line
    return line


def _without_tags(document: Any, loc: Sequence[str | int]) -> list[str | int]:
    kept = [part for _, part in _walk(document, loc)]
    return kept if kept and kept[-1] == loc[-1] else [*kept, *loc[-1:]]


def _known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> set[str]:
    """The keys that a mapping at a place may have."""
    here: list[type[BaseModel]] = [model]
    for part in loc:
        fields = [field for one in here for name, field in one.model_fields.items() if part in (name, field.alias)]
        tagged = [one for one in here if _tag(one) == part]
        if tagged and len(here) > 1:
            here = tagged
        elif fields:
            here = [found for field in fields for found in _models(field.annotation)]
    return {field.alias or name for one in here for name, field in one.model_fields.items()}


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("type")
    return get_args(field.annotation)[0] if field and get_origin(field.annotation) is Literal else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in get_args(annotation) for found in _models(part)]
