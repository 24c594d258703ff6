"""TLS contexts: strict unless an account opted out, and made once."""

import ssl
import time

import pytest

from nimbus.security.tls import tls_context


def test_contexts_verify_and_speak_1_2_and_up() -> None:
    context = tls_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_context_is_made_once_for_each_trust_setting() -> None:
    assert tls_context() is tls_context()
    assert len({id(tls_context(old_versions=old, unverified=free)) for old in (0, 1) for free in (0, 1)}) == 4


def test_unverified_drops_the_checks_and_nothing_else() -> None:
    context = tls_context(unverified=True)

    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_old_versions_still_verify_and_never_include_ssl_3() -> None:
    context = tls_context(old_versions=True)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.options & ssl.OP_NO_SSLv3


def test_any_name_still_verifies_the_issuer() -> None:
    context = tls_context(any_name=True)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert not context.check_hostname


def test_missing_authority_file_is_an_error_not_a_weaker_context() -> None:
    with pytest.raises(OSError, match="No such file"):
        tls_context(ca_file="/nonexistent/ca.pem")


def test_second_context_costs_nothing() -> None:
    tls_context()
    began = time.perf_counter()
    for _ in range(1000):
        tls_context()

    assert time.perf_counter() - began < 0.1
