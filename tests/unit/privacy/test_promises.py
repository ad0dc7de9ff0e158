"""``site_findings``: each promise of a site can be found broken."""

import pytest

from sightline.config.roles import Grant, Role
from sightline.config.site import SiteConfig
from sightline.core.audit import Verdict
from sightline.privacy.promises import Stored, site_findings

OWNER, VIEWER, OFFICER = Grant(Role.ADMIN), Grant(Role.VIEWER), Grant(Role.PRIVACY_OFFICER)
SOUND = Verdict(True, 12, 12)
RULES = {
    "purpose": "each camera names its purpose",
    "policy": "people are told who answers for the cameras",
    "retention": "each class of data has a retention",
    "listening": "passwords and pictures do not cross a network in the clear",
    "forgotten": "what is too old is gone",
    "roles": "somebody administers, and not everybody",
    "tokens": "API tokens end",
    "audit": "the audit log is whole",
}


def site(purpose="Counting bicycles for the new crossing", policy=True, **people):
    told = {"operator": "City of X", "contact": "traffic@x.example", "notice": "at the crossing"} if policy else {}
    camera = {"source": "rtsp://10.0.0.7/s", "purpose": purpose}
    return SiteConfig.model_validate({"name": "x", "policy": told, "cameras": {"gate": camera}, "people": people})


def stored(verdict=SOUND, held=None, grants=((OWNER,), (VIEWER,)), endless=()):
    return Stored(verdict, held or {"tracks of persons": 0}, grants, endless)


def found(config=None, host="127.0.0.1", said=None):
    return {finding.rule: finding for finding in site_findings(config or site(), host, said or stored())}


def test_a_sound_site_keeps_all_and_each_finding_is_one_sentence():
    findings = found()
    assert set(findings) == set(RULES.values())
    for finding in findings.values():
        assert finding.ok, finding
        assert finding.sentence
        assert "\n" not in finding.sentence


@pytest.mark.parametrize(
    ("word", "rule", "given", "named"),
    [
        ("a placeholder", "purpose", {"config": site(purpose="todo todo")}, "gate"),
        ("a test", "purpose", {"config": site(purpose="testing camera")}, "gate"),
        ("nobody answers", "policy", {"config": site(policy=False)}, "policy.operator"),
        ("in the clear", "listening", {"host": "0.0.0.0"}, "without TLS"),
        ("in the clear, said so", "listening", {"config": site(plain_http=True), "host": "0.0.0.0"}, "without TLS"),
        ("old tracks", "forgotten", {"said": stored(held={"tracks of persons": 3})}, "3 rows of tracks of persons"),
        ("no owner", "roles", {"said": stored(grants=[(Grant(Role.ADMIN, "x"),)])}, "admin of everything"),
        ("nobody at all", "roles", {"said": stored(grants=[])}, "admin of everything"),
        ("everybody is admin", "roles", {"said": stored(grants=[(OWNER,)] * 3)}, "3 admin"),
        ("a token for ever", "tokens", {"said": stored(endless=["old"])}, "old"),
        ("a cut log", "audit", {"said": stored(Verdict(False, 3, 9, 4, "entry 4: the tail was cut"))}, "entry 4"),
    ],
)
def test_broken_promises(word, rule, given, named):
    findings = found(**given)
    assert [name for name, finding in findings.items() if not finding.ok] == [RULES[rule]], word
    assert named in findings[RULES[rule]].sentence


@pytest.mark.parametrize(
    ("people", "named"),
    [
        ({"trusted_proxies": ["10.0.0.5"]}, "10.0.0.5"),
        ({"tls": {"certificate": "/c.pem", "key": "/k.pem"}}, "by TLS"),
    ],
)
def test_other_machines_are_served_safely(people, named):
    finding = found(site(**people), "0.0.0.0")[RULES["listening"]]
    assert finding.ok
    assert named in finding.sentence


def test_before_the_first_start_there_is_nothing_to_check():
    findings = site_findings(site(), "127.0.0.1", None)
    assert all(finding.ok for finding in findings)
    assert "no store yet" in findings[-1].sentence


def test_a_renewed_anchor_is_said_and_an_officer_is_missed():
    renewed = found(said=stored(Verdict(True, 12, 12, renewals=(4,))))[RULES["audit"]]
    assert renewed.ok
    assert "4" in renewed.sentence
    assert "nobody but admins" in found()[RULES["roles"]].sentence
    assert "nobody but" not in found(said=stored(grants=[(OWNER,), (OFFICER,)]))[RULES["roles"]].sentence
