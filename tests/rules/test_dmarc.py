"""Finding a DMARC policy and the organisational domain by RFC 9989, and judging it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.dmarc import check_dmarc, walk_dmarc, walked_names
from nimbus.rules.dmarc_record import Policy, is_dmarc, parse_dmarc
from nimbus.rules.dns_answers import Outcome
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered

FULL = "v=DMARC1; p=reject; rua=mailto:d@acme.test"


def zone_of(**records):
    """Records by the name whose policy they are, its dots written as underscores."""
    return {
        f"_dmarc.{name.replace('_', '.')} TXT": found if isinstance(found, Outcome | list) else [found]
        for name, found in records.items()
    }


def walked(domain, **records):
    return answered(walk_dmarc(domain), zone_of(**records))


def checked(domain, *, exists=True, more=(), **records):
    walk = walked(domain, **records)
    return answered(check_dmarc(walk, exists=exists), dict(more))


@pytest.mark.parametrize(
    ("record", "verdict", "code"),
    [
        (FULL, Verdict.PASS, "found"),
        ("v=DMARC1;p=quarantine;rua=mailto:d@acme.test!10m", Verdict.PASS, "found"),
        ("v=DMARC1; p=none; rua=mailto:d@acme.test", Verdict.WARN, "policy_none"),
        ("v=DMARC1; p=reject", Verdict.WARN, "no_reports"),
        ("v=DMARC1; rua=mailto:d@acme.test", Verdict.WARN, "no_policy"),
        (f"{FULL}; t=y", Verdict.WARN, "test_mode"),
        ("v=DMARC1; p=maybe", Verdict.FAIL, "syntax"),
        ("v=DMARC1; p=reject; p=none", Verdict.FAIL, "syntax"),
        ("v=DMARC1; p=reject; sp", Verdict.FAIL, "syntax"),
        ("v=DMARC1; p=reject; psd=x", Verdict.FAIL, "syntax"),
        ("v=DMARC1; p=reject; adkim=x", Verdict.FAIL, "syntax"),
        ([FULL, FULL], Verdict.FAIL, "two_records"),
        ("v=dmarc1; p=reject", Verdict.FAIL, "none"),
        ("p=reject; v=DMARC1", Verdict.FAIL, "none"),
        ([FULL, "v=spf1 -all"], Verdict.PASS, "found"),
        (Outcome.FAILED, Verdict.UNKNOWN, "no_answer"),
        (Outcome.TIMED_OUT, Verdict.UNKNOWN, "no_answer"),
    ],
)
def test_verdicts(record, verdict, code):
    result = checked("acme.test", acme_test=record)

    assert (result.verdict, result.code) == (verdict, code)


def test_the_record_to_paste_is_offered_where_none_counts():
    paste = checked("acme.test").paste

    assert paste == ("_dmarc.acme.test", "TXT", "v=DMARC1; p=quarantine; rua=mailto:dmarc@acme.test")
    assert checked("acme.test", acme_test=FULL).paste is None


@pytest.mark.parametrize(
    ("published", "better"),
    [
        (
            "v=DMARC1; p=none; sp=reject; rua=mailto:me@acme.test",
            "v=DMARC1; p=quarantine; sp=reject; rua=mailto:me@acme.test",
        ),
        ("v=DMARC1; p=reject; adkim=s", "v=DMARC1; p=reject; adkim=s; rua=mailto:dmarc@acme.test"),
        (
            "v=DMARC1; rua=mailto:d@acme.test; t=y; pct=20; p=reject",
            "v=DMARC1; p=reject; rua=mailto:d@acme.test",
        ),
        ("v=DMARC1; rua=mailto:d@acme.test", "v=DMARC1; p=quarantine; rua=mailto:d@acme.test"),
        (f"v=DMARC1; p=none; x={'y' * 900}", "v=DMARC1; p=quarantine; rua=mailto:dmarc@acme.test"),
    ],
)
def test_a_record_that_could_be_better_is_offered_better_with_what_else_it_says(published, better):
    assert checked("acme.test", acme_test=published).paste == ("_dmarc.acme.test", "TXT", better)
    assert checked("acme.test", acme_test=better).verdict is Verdict.PASS


def test_a_subdomain_that_inherits_no_policy_is_offered_a_record_of_its_own():
    paste = checked("mail.acme.test", acme_test="v=DMARC1; p=reject; sp=none; rua=mailto:d@acme.test").paste

    assert paste == (
        "_dmarc.mail.acme.test",
        "TXT",
        "v=DMARC1; p=quarantine; rua=mailto:dmarc@mail.acme.test",
    )


def test_a_tag_that_was_removed_is_named_and_changes_nothing():
    result = checked("acme.test", acme_test=f"{FULL}; pct=20")

    assert result.verdict is Verdict.PASS
    assert "“pct”" in result.sentence


def test_reports_to_others_must_be_wanted_there():
    record = "v=DMARC1; p=reject; rua=mailto:d@reports.test"
    wanted = {"acme.test._report._dmarc.reports.test TXT": ["v=DMARC1"]}
    silent = {"acme.test._report._dmarc.reports.test TXT": Outcome.TIMED_OUT}

    assert checked("acme.test", acme_test=record).code == "reports_refused"
    assert checked("acme.test", acme_test=record, more=wanted).verdict is Verdict.PASS
    assert checked("acme.test", acme_test=record, more=silent).verdict is Verdict.PASS


@pytest.mark.parametrize(("unwanted", "verdict"), [(5, Verdict.WARN), (6, Verdict.PASS)])
def test_of_many_receivers_of_reports_five_are_asked(unwanted, verdict):
    addresses = ",".join(f"mailto:d@r{n}.test" for n in range(1, 7))
    wanted = {f"acme.test._report._dmarc.r{n}.test TXT": ["v=DMARC1"] for n in range(1, 7) if n != unwanted}

    assert (
        checked("acme.test", acme_test=f"v=DMARC1; p=reject; rua={addresses}", more=wanted).verdict is verdict
    )


def test_a_long_name_is_shortened_to_its_last_seven_labels():
    assert walked_names("a.b.c.d.e.f.g.h") == [
        "a.b.c.d.e.f.g.h",
        *(".".join("bcdefgh"[at:]) for at in range(7)),
    ]
    assert walked_names("a.b.c.d.e.f.g.h.i")[:2] == ["a.b.c.d.e.f.g.h.i", "c.d.e.f.g.h.i"]
    assert walked_names("test") == ["test"]


@pytest.mark.parametrize(
    ("records", "organisation", "policy_of"),
    [
        ({}, "a.mail.acme.test", None),
        ({"acme_test": FULL}, "acme.test", "acme.test"),
        ({"mail_acme_test": FULL, "acme_test": FULL}, "acme.test", "acme.test"),
        ({"a_mail_acme_test": FULL, "acme_test": FULL}, "acme.test", "a.mail.acme.test"),
        ({"mail_acme_test": f"{FULL}; psd=n", "acme_test": FULL}, "mail.acme.test", "mail.acme.test"),
        ({"test": f"{FULL}; psd=y", "acme_test": FULL}, "acme.test", "acme.test"),
        ({"test": f"{FULL}; psd=y"}, "acme.test", "test"),
        ({"test": FULL}, "test", "test"),
        ({"acme_test": [FULL, FULL]}, "a.mail.acme.test", None),
        ({"acme_test": [FULL, FULL], "mail_acme_test": FULL}, "mail.acme.test", "mail.acme.test"),
    ],
)
def test_the_walk_ends_at_the_organisational_domain(records, organisation, policy_of):
    walk = walked("a.mail.acme.test", **records)

    assert walk.organisation == organisation
    assert (walk.record and walk.record.name) == policy_of


def test_a_public_suffix_s_own_record_leaves_it_its_own_organisation():
    assert walked("test", test=f"{FULL}; psd=y").organisation == "test"


def test_subdomains_have_their_own_policies():
    record = parse_dmarc("acme.test", "v=DMARC1; p=reject; sp=quarantine; np=none")

    assert record.for_domain("acme.test") is Policy.REJECT
    assert record.for_domain("m.acme.test") is Policy.QUARANTINE
    assert record.for_domain("m.acme.test", exists=False) is Policy.NONE
    assert parse_dmarc("acme.test", FULL).for_domain("m.acme.test", exists=False) is Policy.REJECT


def test_an_inherited_policy_says_where_it_is_from():
    result = checked("m.acme.test", acme_test="v=DMARC1; p=reject; sp=none; rua=mailto:d@acme.test")

    assert (result.verdict, result.code) == (Verdict.WARN, "policy_none")
    assert result.sentence.endswith("(from acme.test)")


def test_silence_on_the_way_up_makes_an_inherited_policy_unknown():
    assert checked("m.acme.test", m_acme_test=Outcome.TIMED_OUT, acme_test=FULL).verdict is Verdict.UNKNOWN
    assert checked("m.acme.test", m_acme_test=FULL, acme_test=Outcome.TIMED_OUT).verdict is Verdict.PASS


@given(st.text("v=DMARC1;psnprtua:@!0 \t,\x00é", max_size=60))
def test_no_text_breaks_the_reader(text):
    assert is_dmarc(f"v=DMARC1; {text}")
    assert checked("acme.test", acme_test=f"v=DMARC1; {text}").verdict in set(Verdict)
