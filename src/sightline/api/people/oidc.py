"""Signing in with an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce."""

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx

from sightline.api.people.opaque import same
from sightline.api.people.people import SignInRefused
from sightline.config.people import OidcSettings
from sightline.config.roles import Grant
from sightline.core.clock import Clock
from sightline.core.errors import BadConfig, SightlineError

log = logging.getLogger(__name__)

# Signatures by a key pair only: with a shared secret or "none" a token could be made by others than the provider.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
CALLBACK: Final = "/api/v1/oidc/callback"
WAY_S: Final = 600  # from the click to the provider's answer: time to find the second factor
_LEEWAY_S: Final = 60  # by which the provider's clock may differ
_KEYS_S: Final = 3600.0  # the provider's document and keys are fetched anew after so long
_RENEW_S: Final = 60.0  # and for a key nobody knows, at most so often
_MOST_BYTES: Final = 1_048_576  # of an answer of the provider
_MOST_CHARACTERS: Final = 4096  # of a parameter in the way back


class ProviderUnavailable(SightlineError):
    """The identity provider does not answer, or not in the way OpenID Connect says."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way to the provider: the address to send the browser to, and what its cookie keeps meanwhile."""

    address: str = field(repr=False)
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. subject: issuer and subject, which never change; name: for people to read;
    grants: what the claim gives, none for somebody who has no business here.
    """

    subject: str
    name: str
    grants: tuple[Grant, ...]


class Oidc:
    """A relying party (OpenID Connect Core 1.0, 3.1; PKCE: RFC 7636; issuer in the answer: RFC 9207).

    Keeps nothing per visitor: state, nonce and verifier travel in a cookie that only this program can sign, so that
    nobody can use up its memory. Methods wait for the provider, up to ``timeout_s`` per request.
    """

    def __init__(self, settings: OidcSettings, public_address: str, clock: Clock) -> None:
        """BadConfig where the extra is not installed or the secret cannot be read."""
        try:
            import joserfc.jwt  # noqa: F401 - an extra
        except ModuleNotFoundError as error:
            raise BadConfig("people.oidc", settings.issuer, "the extra oidc to be installed") from error
        self._settings = settings
        self._redirect = public_address + CALLBACK
        self._clock = clock
        self._secret = _secret_of(settings)
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._known: tuple[dict[str, Any], dict[str, Any]] | None = None  # the provider's document and keys
        self._known_ns = 0

    def begin(self) -> Way:
        """Where to send the browser; ProviderUnavailable where the provider does not answer."""
        document, _ = self._provider()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = document["authorization_endpoint"]
        joint = "&" if urlsplit(endpoint).query else "?"
        until = self._clock.now_ns() // 1_000_000_000 + WAY_S
        kept = f"{until}.{state}.{nonce}.{verifier}"
        return Way(f"{endpoint}{joint}{urlencode(asked)}", f"{kept}.{self._signed(kept)}")

    def finish(self, answer: Mapping[str, str], cookie: str | None) -> Identity:
        """Whom the provider's answer vouches for.

        SignInRefused for an answer that is not of this browser's own way, or that the provider does not stand by;
        ProviderUnavailable where the provider fails.
        """
        state, nonce, verifier = self._way_of(cookie)
        if not same(answer.get("state", "")[:_MOST_CHARACTERS], state):
            raise SignInRefused("single sign-on: expected the answer to this browser's own question, got another")
        document, _ = self._provider()
        if answer.get("iss", document["issuer"]) != document["issuer"]:
            raise SignInRefused("single sign-on: expected an answer of the configured provider, got another's")
        code = answer.get("code", "")
        if not 0 < len(code) <= _MOST_CHARACTERS:
            word = "".join(one for one in answer.get("error", "none")[:40] if one.isalnum() or one == "_")
            raise SignInRefused(f"single sign-on: expected a code of the provider, got {word}")
        claims = self._claims(self._redeem(document, code, verifier), document["issuer"], nonce)
        grants = grants_of_claims(self._settings, claims)
        name = claims.get(self._settings.name_claim)
        subject = f"{document['issuer']}|{claims['sub']}"
        if len(subject) > 300:  # the store's column
            raise SignInRefused("single sign-on: expected issuer and subject of at most 300 characters, got more")
        return Identity(subject, name if isinstance(name, str) and name else str(claims["sub"]), grants)

    def _way_of(self, cookie: str | None) -> tuple[str, str, str]:
        kept, _, signature = (cookie or "").rpartition(".")
        words = kept.split(".")
        if len(words) != 4 or not same(signature, self._signed(kept)):
            raise SignInRefused("single sign-on: expected a browser that was sent from here, got another")
        if self._clock.now_ns() // 1_000_000_000 >= int(words[0]):
            raise SignInRefused(f"single sign-on: expected an answer within {WAY_S // 60} minutes, got a later one")
        return words[1], words[2], words[3]

    def _signed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _redeem(self, document: dict[str, Any], code: str, verifier: str) -> str:
        """The id token for the code."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect}
        form |= {"code_verifier": verifier, "client_id": self._settings.client_id}
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic: tuple[str, str] | None = None
        if self._secret is not None and "client_secret_basic" not in methods:
            form["client_secret"] = self._secret
        elif self._secret is not None:
            basic = (self._settings.client_id, self._secret)
        token = self._ask("POST", document["token_endpoint"], form, basic).get("id_token")
        if not isinstance(token, str):
            raise ProviderUnavailable("single sign-on: expected an id token of the provider, got none")
        return token

    def _claims(self, token: str, issuer: str, nonce: str) -> dict[str, Any]:
        """The id token's claims, proved (OpenID Connect Core 1.0, 3.1.3.7)."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now_s = self._clock.now_ns() // 1_000_000_000
        registry = jwt.JWTClaimsRegistry(
            now=now_s,
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        for last in (False, True):
            _, keys = self._provider(anew=last)
            try:
                claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims  # type: ignore[arg-type]
                break
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if last:  # also after asking whether the provider has new keys
                    raise _not_proved(error) from error
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise _not_proved(error) from error
        audience = claims["aud"]
        party = claims.get("azp", self._settings.client_id)
        if party != self._settings.client_id or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
        ):
            raise SignInRefused("single sign-on: expected an id token for this service, got one for another")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise SignInRefused("single sign-on: expected a subject, got none")
        return dict(claims)

    def _provider(self, anew: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """The provider's document and keys, remembered."""
        with self._lock:
            age_s = (self._clock.monotonic_ns() - self._known_ns) / 1e9
            if self._known is None or age_s > (_RENEW_S if anew else _KEYS_S):
                document = self._ask("GET", f"{self._settings.issuer}/.well-known/openid-configuration")
                said = document.get("issuer")
                if not isinstance(said, str) or said.rstrip("/") != self._settings.issuer:
                    raise ProviderUnavailable(
                        f"single sign-on: expected a document of {self._settings.issuer}, got another"
                    )
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _checked_endpoint(name, document.get(name))
                self._known = document, self._ask("GET", document["jwks_uri"])
                self._known_ns = self._clock.monotonic_ns()
            return self._known

    def _ask(
        self, method: str, address: str, form: dict[str, str] | None = None, basic: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """A JSON object of the provider; no redirect is followed."""
        host = urlsplit(address).hostname
        try:
            with (
                httpx.Client(timeout=self._settings.timeout_s, follow_redirects=False) as client,
                client.stream(method, address, data=form, auth=basic, headers={"accept": "application/json"}) as answer,
            ):
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise ProviderUnavailable(f"single sign-on: expected at most 1 MiB of {host}, got more")
            read = json.loads(body) if answer.status_code == 200 else None
            if answer.status_code == 400 and method == "POST":  # RFC 6749, 5.2: the code is used, over or another's
                raise SignInRefused("single sign-on: expected a code that is good, got one the provider refuses")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            raise ProviderUnavailable(f"single sign-on: expected JSON of {host}, got {type(error).__name__}") from error
        if not isinstance(read, dict):
            raise ProviderUnavailable(f"single sign-on: expected JSON of {host}, got status {answer.status_code}")
        return read


def grants_of_claims(settings: OidcSettings, claims: Mapping[str, Any]) -> tuple[Grant, ...]:
    """The roles that the claim's values give: a text or a list of texts, of which unknown ones give nothing."""
    found: Any = claims.get(settings.claim)
    if found is None and "." in settings.claim:
        found = claims
        for name in settings.claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    values = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    given = [settings.roles.get(value, ()) for value in values if isinstance(value, str)]
    return tuple(dict.fromkeys(one.grant() for grants in given for one in grants))


def _not_proved(error: Exception) -> SignInRefused:
    log.warning("single sign-on: an id token was refused (%s)", type(error).__name__)
    return SignInRefused("single sign-on: expected an id token that proves who somebody is, got another")


def _checked_endpoint(name: str, address: object) -> None:
    parts = urlsplit(address if isinstance(address, str) else "")
    near = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (near or (parts.scheme == "https" and parts.hostname)):
        raise ProviderUnavailable(f"single sign-on: expected an https address as the provider's {name}, got another")


def _secret_of(settings: OidcSettings) -> str | None:
    path = settings.client_secret_file
    if path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig("people.oidc.client_secret_file", str(path), "a text file that can be read") from error
    if not secret:
        raise BadConfig("people.oidc.client_secret_file", str(path), "a secret on its first line")
    return secret
