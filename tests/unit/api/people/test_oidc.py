"""Single sign-on against a provider that a test makes lie, each lie refused. (An honest one: tests/live.)"""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("joserfc", reason="needs the extra oidc")
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from sightline.api.people.oidc import Oidc, ProviderUnavailable, grants_of_claims
from sightline.api.people.people import SignInRefused
from sightline.config.people import OidcSettings
from sightline.config.roles import Grant, Role
from sightline.core.clock import ManualClock
from sightline.core.errors import BadConfig

NOW_S = 1_790_000_000
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
PUBLIC = "http://127.0.0.1:8600"


class Provider:
    """A provider on a free port that answers what the test says; remembers what it was asked."""

    def __init__(self, address):
        self.address = address
        self.claims = {}
        self.key, self.header = KEY, {"alg": "RS256", "kid": "one"}
        self.keys = KeySet([KEY]).as_dict(private=False)
        self.document = {}
        self.token_status = 200
        self.form, self.authorization, self.asked = {}, "", []

    def answer(self, path):
        """(status, JSON)."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            own = {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize?tenant=1",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
            }
            return 200, own | self.document
        if path == "/keys":
            return 200, self.keys
        if path == "/token" and self.token_status == 200:
            usual = {"iss": self.address, "aud": "sight", "sub": "7", "iat": NOW_S, "exp": NOW_S + 300}
            claims = {name: one for name, one in (usual | self.claims).items() if one is not None}
            return 200, {"id_token": jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])}
        return self.token_status if path == "/token" else 404, {"error": "invalid_grant"}


@contextmanager
def running():
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, value = provider.answer(self.path)
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            provider.form = {name: values[0] for name, values in parse_qs(sent).items()}
            provider.authorization = self.headers.get("authorization", "")
            self.do_GET()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield provider
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def server():
    with running() as provider:
        yield provider


@pytest.fixture
def provider(server):
    fresh = Provider(server.address)
    server.__dict__.update(fresh.__dict__)
    return server


@pytest.fixture
def clock():
    return ManualClock(NOW_S * 1_000_000_000)


@pytest.fixture
def party(provider, clock):
    def make(**options):
        roles = {"ops": [{"role": "operator", "site": "harbour"}], "eyes": [{"role": "viewer"}]}
        given = {"issuer": provider.address, "client_id": "sight", "roles": roles} | options
        return Oidc(OidcSettings(**given), PUBLIC, clock)

    return make


def go(oidc, provider, *, answer=None, cookie=None, **claims):
    """There and back; claims of the id token beside the usual ones."""
    way = oidc.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(way.address).query).items()}
    provider.claims = {"nonce": asked["nonce"], "groups": ["ops", "others"]} | claims
    back = {"state": asked["state"], "code": "c0de", "iss": provider.address} | (answer or {})
    return oidc.finish({name: text for name, text in back.items() if text is not None}, cookie or way.cookie)


def test_an_honest_answer_says_who_it_is(party, provider):
    found = go(party(), provider, preferred_username="Ann")
    assert found.subject == f"{provider.address}|7"
    assert found.name == "Ann"
    assert found.grants == (Grant(Role.OPERATOR, "harbour"),)


def test_the_question_is_as_it_should_be_and_the_code_is_bound_to_it(party, provider):
    oidc = party()
    way = oidc.begin()
    parts = urlsplit(way.address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked["tenant"] == "1"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{PUBLIC}/api/v1/oidc/callback"
    assert asked["code_challenge_method"] == "S256"
    go(oidc, provider)
    assert provider.form["grant_type"] == "authorization_code"
    assert len(provider.form["code_verifier"]) >= 43
    verifier = way.cookie.split(".")[3]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert verifier not in way.address


@pytest.mark.parametrize(
    ("word", "claims"),
    [
        ("another question's nonce", {"nonce": "another"}),
        ("no nonce", {"nonce": None}),
        ("another issuer", {"iss": "https://evil.example"}),
        ("for another service", {"aud": "another"}),
        ("for others too, without a party", {"aud": ["sight", "another"]}),
        ("of another party", {"azp": "another"}),
        ("over", {"exp": NOW_S - 61}),
        ("without an end", {"exp": None}),
        ("from the future", {"iat": NOW_S + 3600}),
        ("not yet", {"nbf": NOW_S + 3600}),
        ("nobody", {"sub": None}),
        ("an empty subject", {"sub": ""}),
        ("a number as subject", {"sub": 7}),
        ("a subject too long to keep", {"sub": "x" * 400}),
    ],
)
def test_an_id_token_that_lies(word, claims, party, provider):
    with pytest.raises(SignInRefused):
        go(party(), provider, **claims)


def forged(provider, lie):
    """An id token without a signature, or with one by the provider's public key, taken for a shared secret."""

    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    usual = {"iss": provider.address, "aud": "sight", "sub": "7", "iat": NOW_S, "exp": NOW_S + 300} | provider.claims
    header = {"alg": "none"} if lie == "not signed" else {"alg": "HS256", "kid": "one"}
    signed = f"{part(json.dumps(header).encode())}.{part(json.dumps(usual).encode())}"
    signature = hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256") if header["alg"] == "HS256" else b""
    return {"id_token": f"{signed}.{part(signature)}"}


@pytest.mark.parametrize("lie", ["another key", "shared secret", "not signed", "not a token"])
def test_an_id_token_that_nobody_signed(lie, party, provider, monkeypatch):
    oidc = party()
    if lie == "another key":
        provider.key = OTHER
    else:
        usual = provider.answer

        def answer(path):
            said = {"id_token": "a.b.c"} if lie == "not a token" else forged(provider, lie)
            return (200, said) if path == "/token" else usual(path)

        monkeypatch.setattr(provider, "answer", answer)
    with pytest.raises(SignInRefused):
        go(oidc, provider)


def test_a_new_key_of_the_provider_is_fetched_once_a_minute(party, provider, clock):
    oidc = party()
    go(oidc, provider)
    new = RSAKey.generate_key(2048, {"kid": "two"}, private=True)
    provider.key, provider.header = new, {"alg": "RS256", "kid": "two"}
    provider.keys = KeySet([KEY, new]).as_dict(private=False)
    before = provider.asked.count("/keys")
    for _ in range(3):
        with pytest.raises(SignInRefused):
            go(oidc, provider)
    assert provider.asked.count("/keys") == before, "a stranger cannot make it ask again and again"
    clock.advance(61)
    assert go(oidc, provider, iat=NOW_S, exp=NOW_S + 300)
    assert provider.asked.count("/keys") == before + 1


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("another state", {"state": "another"}),
        ("no state", {"state": None}),
        ("another provider's", {"iss": "https://evil.example"}),
        ("refused there", {"code": None, "error": "access_denied"}),
        ("an error with lines", {"code": None, "error": "a\r\nb<script>"}),
        ("a code too long", {"code": "x" * 5000}),
    ],
)
def test_a_way_back_that_is_not_ours(word, answer, party, provider):
    with pytest.raises(SignInRefused) as refused:
        go(party(), provider, answer=answer)
    assert "\n" not in str(refused.value)
    assert "<" not in str(refused.value)


@pytest.mark.parametrize("cookie", ["none", "of another program", "cut", "late"])
def test_a_browser_that_was_not_sent_from_here(cookie, party, provider, clock):
    oidc = party()
    own = oidc.begin().cookie
    given = {"none": "x", "of another program": party().begin().cookie, "cut": own[:-1]}.get(cookie)
    if cookie == "late":
        way = oidc.begin()
        state = parse_qs(urlsplit(way.address).query)["state"][0]
        clock.advance(601)
        with pytest.raises(SignInRefused, match="10 minutes"):
            oidc.finish({"state": state, "code": "c"}, way.cookie)
        return
    with pytest.raises(SignInRefused, match="sent from here"):
        go(oidc, provider, cookie=given)


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("another issuer's document", {"document": {"issuer": "https://evil.example"}}),
        ("an endpoint in the clear", {"document": {"token_endpoint": "http://id.example/token"}}),
        ("an endpoint that is a file", {"document": {"jwks_uri": "file:///etc/passwd"}}),
        ("no endpoint", {"document": {"authorization_endpoint": None}}),
        ("no token", {"token_status": 500}),
        ("a redirect", {"token_status": 302}),
    ],
)
def test_a_provider_that_does_not_work(word, change, party, provider):
    for name, value in change.items():
        setattr(provider, name, value)
    with pytest.raises(ProviderUnavailable) as refused:
        go(party(), provider)
    assert "expected" in str(refused.value)


def test_a_code_that_the_provider_refuses(party, provider):
    provider.token_status = 400
    with pytest.raises(SignInRefused, match="code"):
        go(party(), provider)


def test_a_provider_that_is_not_there(party):
    with pytest.raises(ProviderUnavailable, match="ConnectError"):
        party(issuer="http://127.0.0.1:9").begin()


def test_the_clients_secret_comes_from_a_file_and_goes_where_it_should(party, provider, tmp_path):
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    go(party(client_secret_file=path), provider)
    assert base64.b64decode(provider.authorization.removeprefix("Basic ")) == b"sight:s3cret"
    assert "client_secret" not in provider.form
    provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    go(party(client_secret_file=path), provider)
    assert provider.form["client_secret"] == "s3cret"
    path.write_text("")
    with pytest.raises(BadConfig):
        party(client_secret_file=path)


@pytest.mark.parametrize("groups", [["others"], None, {"ops": True}, [], 7])
def test_who_has_no_role_gets_none(groups, party, provider):
    assert go(party(), provider, groups=groups).grants == ()


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        ("groups", {"groups": "ops"}, 1),
        ("groups", {"groups": ["ops", "eyes", "ops"]}, 2),
        ("groups", {"groups": ["ops", 7, None, ["eyes"]]}, 1),
        ("realm_access.roles", {"realm_access": {"roles": ["eyes"]}}, 1),
        ("https://id.example/roles", {"https://id.example/roles": ["ops"]}, 1),
        ("realm_access.roles", {"realm_access": "ops"}, 0),
        ("groups", {"groups": ["OPS"]}, 0),
    ],
)
def test_claims_give_roles(claim, claims, roles):
    given = {"ops": [{"role": "operator", "site": "harbour"}], "eyes": [{"role": "viewer"}]}
    settings = OidcSettings(issuer="https://id.example", client_id="s", claim=claim, roles=given)
    assert len(grants_of_claims(settings, claims)) == roles
