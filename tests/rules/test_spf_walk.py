"""Following an SPF record: what counts, what it lets send, and where it ends."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.dns_answers import Outcome
from nimbus.rules.spf import Qualifier, SpfSyntaxError, is_spf, parse_spf
from nimbus.rules.spf_walk import SpfProblem, walk_spf
from tests.rules.answering import answered


def walked(record, **zone):
    records = {f"{name.replace('_', '.')} TXT": [text] for name, text in zone.items()}
    return answered(walk_spf("acme.test"), {"acme.test TXT": [record]} | records)


def includes(number):
    """A record with that many includes, each of them there."""
    names = [f"i{n}.test" for n in range(number)]
    record = " ".join(["v=spf1", *(f"include:{name}" for name in names), "-all"])
    return {"acme.test TXT": [record]} | {f"{name} TXT": ["v=spf1 -all"] for name in names}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v=spf1", True), ("V=SPF1 -all", True), ("v=spf10 -all", False), ("v=spf1-all", False), ("", False)],
)
def test_only_the_exact_version_is_spf(text, is_one):
    assert is_spf(text) is is_one


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 incldue:x.test",
        "v=spf1 include",
        "v=spf1 include:",
        "v=spf1 all:x.test",
        "v=spf1 ip4:x.test",
        "v=spf1 ip4:2001:db8::1",
        "v=spf1 ip4/192.0.2.1",
        "v=spf1 ip6:192.0.2.1",
        "v=spf1 a/33",
        "v=spf1 a//129",
        "v=spf1 a/x",
        "v=spf1 redirect=",
        "v=spf1 redirect=a.test redirect=b.test",
        "v=spf1 exists",
    ],
)
def test_a_record_with_a_mistake_is_refused_whole(record):
    with pytest.raises(SpfSyntaxError):
        parse_spf(record)


def test_terms_are_read_in_any_case_and_unknown_modifiers_are_let_be():
    terms = parse_spf("v=spf1 +A:Mail.Acme.test/24//64 ?MX ip6:2001:db8::/32 exp=x.test op=y ~ALL")

    assert [term.name for term in terms] == ["a", "mx", "ip6", "exp", "op", "all"]
    assert (terms[0].target, terms[0].v4_length, terms[0].v6_length) == ("mail.acme.test", 24, 64)
    assert (terms[1].v4_length, terms[1].v6_length, terms[1].qualifier) == (32, 128, Qualifier.NEUTRAL)
    assert parse_spf("v=spf1 a/32//128")[0].v4_length == 32


@pytest.mark.parametrize(
    ("zone", "problem"),
    [
        ({}, SpfProblem.NONE),
        ({"acme.test TXT": ["google-site-verification=1"]}, SpfProblem.NONE),
        ({"acme.test TXT": ["v=spf1 -all", "V=spf1 ~all"]}, SpfProblem.TWO_RECORDS),
        ({"acme.test TXT": ["v=spf1 foo -all"]}, SpfProblem.SYNTAX),
        ({"acme.test TXT": ["v=spf1 include:none.test -all"]}, SpfProblem.EMPTY_INCLUDE),
        ({"acme.test TXT": ["v=spf1 include:acme.test -all"]}, SpfProblem.LOOP),
        (
            {"acme.test TXT": ["v=spf1 include:b.test"], "b.test TXT": ["v=spf1 redirect=acme.test"]},
            SpfProblem.LOOP,
        ),
        (includes(10), None),
        (includes(11), SpfProblem.TOO_MANY_LOOKUPS),
        ({"acme.test TXT": ["v=spf1 a:n1.test a:n2.test -all"]}, None),
        ({"acme.test TXT": ["v=spf1 a:n1.test a:n2.test mx:n3.test -all"]}, SpfProblem.TOO_MANY_VOID),
    ],
)
def test_a_record_is_worth_nothing_for_these_reasons(zone, problem):
    assert answered(walk_spf("acme.test"), zone).problem == problem


@pytest.mark.parametrize(("hosts", "problem"), [(10, None), (11, SpfProblem.TOO_MANY_HOSTS)])
def test_a_domain_s_mail_servers_may_be_ten(hosts, problem):
    zone = {"acme.test TXT": ["v=spf1 mx -all"], "acme.test MX": [f"5 m{n}.test" for n in range(hosts)]}

    assert answered(walk_spf("acme.test"), zone).problem == problem


def test_every_term_that_asks_dns_counts_and_no_other():
    walk = walked(
        "v=spf1 a mx ptr exists:%{i}.x.test include:i.test ip4:192.0.2.0/24 -all", i_test="v=spf1 a ~all"
    )

    assert walk.lookups == 6
    assert walked("v=spf1 redirect=i.test", i_test="v=spf1 a -all").lookups == 2


def test_what_follows_all_is_never_looked_at():
    walk = walked("v=spf1 -all a mx include:nowhere.test redirect=nowhere.test")

    assert (walk.lookups, walk.end, walk.problem) == (0, Qualifier.FAIL, None)


def test_a_redirect_gives_the_end_and_an_include_does_not():
    assert walked("v=spf1 redirect=i.test", i_test="v=spf1 ~all").end is Qualifier.SOFT_FAIL
    assert walked("v=spf1 include:i.test", i_test="v=spf1 ~all").end is None


def test_addresses_are_let_through_by_number_by_name_and_by_mail_server():
    zone = {
        "acme.test TXT": ["v=spf1 ip4:192.0.2.0/25 a/31 mx include:i.test -ip4:203.0.113.1 -all"],
        "acme.test A": ["198.51.100.4"],
        "acme.test MX": ["10 mx.test"],
        "mx.test AAAA": ["2001:db8::7"],
        "i.test TXT": ["v=spf1 ip6:2001:db8:1::/48 -all"],
    }
    walk = answered(walk_spf("acme.test"), zone)
    let = [
        ipaddress.ip_address(text) for text in ("192.0.2.9", "198.51.100.5", "2001:db8::7", "2001:db8:1::1")
    ]
    others = [
        ipaddress.ip_address(text) for text in ("192.0.2.200", "198.51.100.6", "203.0.113.1", "2001:db8::8")
    ]

    assert all(map(walk.lets, let))
    assert not any(map(walk.lets, others))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT])
def test_a_silent_name_server_leaves_the_walk_partial_and_voids_uncounted(outcome):
    zone = {
        "acme.test TXT": ["v=spf1 include:i.test a:h.test -all"],
        "i.test TXT": outcome,
        "h.test A": outcome,
    }
    walk = answered(walk_spf("acme.test"), zone)

    assert walk.is_partial
    assert (walk.voids, walk.problem) == (0, None)


def test_a_record_without_end_is_not_followed_for_ever():
    zone = {f"n{n}.test TXT": [f"v=spf1 include:n{n + 1}.test include:n{n + 2}.test -all"] for n in range(60)}
    walk = answered(walk_spf("n0.test"), zone)

    assert walk.problem is SpfProblem.TOO_MANY_LOOKUPS
    assert walk.lookups == 31


@given(st.text("v=spf1 :/+-~?%{}abcdilnmprtx46.\x00é<", max_size=60))
def test_no_text_breaks_the_reader(text):
    walk = walked(f"v=spf1 {text}")

    assert walk.problem is not None or walk.terms is not None


@given(
    st.lists(
        st.sampled_from(["a", "mx", "include:i.test", "ptr", "exists:i.test", "ip4:192.0.2.1"]), max_size=14
    )
)
def test_one_more_term_never_makes_look_ups_fewer(terms):
    fewer = walked(" ".join(["v=spf1", *terms[:-1]]), i_test="v=spf1 -all").lookups

    assert walked(" ".join(["v=spf1", *terms]), i_test="v=spf1 -all").lookups >= fewer
