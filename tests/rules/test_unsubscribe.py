"""What a message says about unsubscribing: one click only where everybody's mail service can reach it."""

import pytest

from nimbus.rules.unsubscribe import (
    list_unsubscribe,
    one_click_base,
    opt_out_html,
    opt_out_line,
    unsubscribe_token,
)


@pytest.mark.parametrize(
    ("base_url", "base"),
    [
        ("https://nimbus.acme.com", "https://nimbus.acme.com"),
        ("https://nimbus.acme.com:8443/", "https://nimbus.acme.com:8443"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("http://nimbus.acme.com", None),
        ("https://localhost", None),
        ("https://nimbus", None),
        ("https://nimbus.local", None),
        ("https://mail.example", None),
        ("https://127.0.0.1:8000", None),
        ("https://10.0.0.7", None),
        ("https://[::1]", None),
        ("", None),
    ],
)
def test_one_click_needs_a_public_https_address(base_url, base):
    assert one_click_base(base_url) == base


def test_both_forms_are_written_with_a_link():
    assert list_unsubscribe("ava@acme.com", "x", "https://n.acme.com/u/x") == {
        "List-Unsubscribe": "<https://n.acme.com/u/x>, <mailto:ava@acme.com?subject=unsubscribe%20x>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_without_a_link_only_the_form_by_mail_is_written_and_an_address_ends_it_nowhere():
    assert list_unsubscribe("a>,<b?c%d@acme.com", "x", None) == {
        "List-Unsubscribe": "<mailto:a%3E%2C%3Cb%3Fc%25d@acme.com?subject=unsubscribe%20x>"
    }


def test_the_way_out_reads_the_same_in_text_and_in_html():
    assert opt_out_line("https://n.acme.com/u/x") == "No more mail from me: https://n.acme.com/u/x"
    assert opt_out_html("https://n.acme.com/u/x?a&b") == (
        '<p><a href="https://n.acme.com/u/x?a&amp;b">No more mail from me</a></p>'
    )
    assert opt_out_html(None) == f"<p>{opt_out_line(None)}</p>"


@pytest.mark.parametrize("subject", ["unsubscribe {}", "Unsubscribe+{}", " UNSUBSCRIBE  {} "])
def test_what_the_form_by_mail_writes_is_read_again(subject):
    token = "aZ_-" * 25

    assert unsubscribe_token(subject.format(token)) == token


@pytest.mark.parametrize("subject", ["unsubscribe", "unsubscribe me please", "Re: unsubscribe " + "a" * 50])
def test_other_subjects_carry_no_token(subject):
    assert unsubscribe_token(subject) == ""
