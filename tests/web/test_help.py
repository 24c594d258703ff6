"""Help comes with the product; a sentence about a failure leads to its paragraph."""

import pytest

from nimbus.rules.connection_failure import FailureCode
from tests.browse import Page
from tests.web.reading import links, words


def test_the_index_leads_to_every_article(alice):
    articles = [link for link in links(alice.get("/help").text) if link.startswith("/help/")]

    assert sorted(articles) == ["/help/app-passwords", "/help/connecting"]
    assert [alice.get(article).status_code for article in articles] == [200, 200]


@pytest.mark.parametrize("slug", ["nothing", "index", "_signing_in", "..%2Fsetup%2Fnew", "connecting.html"])
def test_what_is_no_article_is_not_found(alice, slug):
    assert alice.get(f"/help/{slug}").status_code == 404


def test_every_failure_of_a_connection_test_has_its_paragraph(alice):
    anchors = Page(alice.get("/help/connecting").text).ids

    assert sorted(set(FailureCode) - set(anchors)) == []


def test_the_usual_ports_are_named(alice):
    page = words(alice.get("/help/connecting").text)

    assert "SSL/TLS 465 993" in page
    assert "STARTTLS 587 143" in page
