"""What the gate asks and answers, added to the OpenAPI document, so that the contract says who may do what."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI

from sightline.api.access import SAFE_METHODS
from sightline.api.people.gate import CSRF_HEADER, PLAIN_COOKIE
from sightline.api.people.needs import Need, Reach, Rulebook

_FAILURE: Final = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_WORDS: Final = {
    400: "The Host is not one of this service, or the body is no JSON.",
    401: "No session or token that is valid.",
    403: "A role that is missing, a change without the session's word, or another site's page.",
    404: "Nothing there that the caller may see.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A value that cannot work.",
    429: "Too many requests; Retry-After says when.",
    503: "The store or the audit log does not work now.",
}
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token, made on the page."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": PLAIN_COOKIE,
        "description": f"A person's session (under TLS `__Host-sightline`); changes carry its word as {CSRF_HEADER}.",
    },
}


def describe(app: FastAPI, rules: Rulebook) -> None:
    """Let the application's document say of each route which roles it wants, and what it may be refused with."""
    needs = {(method, rule.path): rule.need for rule in rules.routes for method in rule.methods}
    usual = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = usual()
            document.setdefault("components", {})["securitySchemes"] = dict(_SCHEMES)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _add(operation, method.upper(), needs.get((method.upper(), path)))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _add(operation: dict[str, Any], method: str, need: Need | None) -> None:
    if need is None:
        return
    statuses = {400, 429}
    if not need.is_open:
        statuses |= {401, 403, 503}
        operation["security"] = [{"session": []}] if need.session else [{"session": []}, {"token": []}]
        roles = " or ".join(sorted(need.any_of)) or "anybody signed in"
        operation["description"] = f"{operation.get('description', '')}\n\nFor: {roles} ({_where(need)}).".strip()
    if need.reach is Reach.CAMERA:
        statuses |= {404}
    if method not in SAFE_METHODS:
        statuses |= {401, 403, 413, 415, 422, 503}
    answers: Mapping[int, str] = {status: _WORDS[status] for status in sorted(statuses)}
    for status, words in answers.items():
        refusal = {"description": words, "content": {"application/json": {"schema": _FAILURE}}}
        operation.setdefault("responses", {}).setdefault(str(status), refusal)


def _where(need: Need) -> str:
    if need.reach is Reach.SITE:
        return "at the whole site" if need.any_of else "with a session" if need.session else "or any token"
    return "at the camera" if need.reach is Reach.CAMERA else "at one camera at least; what is shown depends on it"
