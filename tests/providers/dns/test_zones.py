"""Every verdict, from real name servers, over sixty sending domains and every blocklist's every answer."""

import pytest

from nimbus.rules.blocklists import BY_KEY, LISTS, Subject
from nimbus.rules.dns_answers import Kind, Outcome, Question
from nimbus.rules.listings import ask_lists
from nimbus.rules.verdicts import Check
from tests.providers.dns.conftest import ANSWERS
from tests.rules.test_blocklists import CODES
from tests.servers.zones import DOMAINS, ORGANISATIONS, listed_address, listed_name

pytestmark = pytest.mark.servers
# The faults of tests/servers/zones.py take these lists away.
SILENT = {"spamcop", "psbl"}


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_every_domain_gets_its_verdicts(found, domain):
    results = found[domain.name].results

    assert {
        check: f"{results[Check(check)].verdict} {results[Check(check)].code}" for check in domain.verdicts
    } == domain.verdicts


def test_there_are_sixty_domains_at_least():
    assert len({domain.name for domain in DOMAINS}) >= 60


@pytest.mark.parametrize(("domain", "organisation"), ORGANISATIONS.items())
def test_the_organisation_is_found_by_the_tree_walk(found, domain, organisation):
    assert found[domain].organisation == organisation


def test_what_others_published_is_shown_without_control_characters(found):
    texts = [text for each in found.values() for result in each.results.values() for text in result.found]

    assert texts
    assert all(text.isprintable() for text in texts)


@pytest.fixture(scope="module")
def looked(crew):
    """What each list says of whom it lists with each of its answers."""
    checks = [
        (
            (key, code),
            ask_lists([BY_KEY[key]], listed_name(code), [listed_address(code)]),
        )
        for key, code in ANSWERS
    ]
    return {place: answers[0] for place, answers in crew.run(checks)}


@pytest.mark.parametrize(("key", "code", "severity"), CODES)
def test_every_answer_of_every_list_is_understood(looked, key, code, severity):
    seen = looked[key, code]

    if key in SILENT:
        assert seen.is_listed is None
    else:
        assert (seen.is_listed, seen.severity.word, seen.raw) == (True, severity, (code,))


@pytest.mark.parametrize(
    "code", [code for key, code in ANSWERS if (key, code) not in {each[:2] for each in CODES}]
)
def test_an_error_of_a_list_is_never_a_listing(looked, code):
    assert looked["uribl", code].is_listed is None


def test_who_is_on_no_list_is_clean_where_a_list_answers(crew):
    [(_, seen)] = crew.run([(0, ask_lists(LISTS, "ok.test", ["198.18.0.200"]))])

    assert {each.list_key for each in seen if each.is_listed is None} == SILENT
    assert not any(each.is_listed for each in seen)


def test_a_resolver_that_answers_everything_lists_nobody(name_servers, crew):
    for name in ("2.0.0.127", "1.0.0.127", "9.0.18.198"):
        name_servers.faulty.add(f"{name}.psbl.surriel.com. 60 IN A 127.0.0.2")
    crew.memory.forget()
    [(_, (seen,))] = crew.run([(0, ask_lists([BY_KEY["psbl"]], "ok.test", ["198.18.0.9"]))])

    assert (seen.is_listed, seen.raw) == (None, ("127.0.0.2",))


def test_an_answer_of_sixty_kilobytes_comes_whole(real):
    answer = real.ask(Question("huge.test", Kind.TXT))

    assert answer.outcome is Outcome.FOUND
    assert sum(map(len, answer.records)) > 58_000


def test_lists_of_addresses_are_never_asked_about_a_domain(crew):
    lists = [each for each in LISTS if each.subject is Subject.ADDRESS]

    assert list(crew.run([(0, ask_lists(lists, "ok.test", []))])) == [(0, ())]
