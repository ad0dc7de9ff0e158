"""Who asks: a signed-in person or a machine with a token, what they may, and which request is theirs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal

from sightline.config.roles import Grant, Role, permitted


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was let in. expires_ns: when this ends in any case, UTC; csrf_hash: of a session only."""

    user_id: int
    name: str
    grants: tuple[Grant, ...]
    kind: Literal["session", "token"]
    key: str = field(repr=False)  # what the store keeps of the session or token
    expires_ns: int
    csrf_hash: str = field(default="", repr=False)
    token_name: str = ""

    @property
    def who(self) -> str:
        """The name in the audit log."""
        return f"{self.name} (token {self.token_name})" if self.kind == "token" else self.name

    def may(self, any_of: Iterable[Role], site: str, camera: str | None = None) -> bool:
        """Whether one of the roles holds there; camera None asks for the whole site."""
        return permitted(self.grants, any_of, site, camera)


class Asking:
    """Whose request the running code serves: follows a request into its tasks and worker threads, never into others."""

    def __init__(self) -> None:
        self._now: ContextVar[Principal | None] = ContextVar("asking", default=None)

    @property
    def principal(self) -> Principal | None:
        """Who asks; None outside a request and in one that needs nobody."""
        return self._now.get()

    @contextmanager
    def by(self, principal: Principal | None) -> Iterator[None]:
        """The block serves this caller."""
        token = self._now.set(principal)
        try:
            yield
        finally:
            self._now.reset(token)
