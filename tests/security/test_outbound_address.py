"""Host names and addresses, in the spellings people and attackers use."""

import ipaddress

import pytest

from nimbus.security.outbound import is_public, normalise_host


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" Mail.Example.COM ", "mail.example.com"),
        ("mail.example.com.", "mail.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ｍａｉｌ．example．com", "mail.example.com"),
        ("mail。example。com", "mail.example.com"),
        ("_mx.example.com", "_mx.example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8:0::1", "2001:db8::1"),
    ],
)
def test_host_is_brought_into_the_form_in_which_it_is_looked_up(typed: str, host: str) -> None:
    assert normalise_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "mail example.com",
        "mail\u00a0example.com",
        "mail\texample.com",
        "mail.example.com\r\nRCPT TO:<x>",
        "mail\0.example.com",
        "mail..example.com",
        ".example.com",
        "smtp://mail.example.com",
        "mail.example.com/path",
        "ann@example.com",
        "mail.example.com:587",
        "fe80::1%eth0",
        "a" * 64 + ".example.com",
        ".".join(["abcdefghi"] * 26),
        "mail\u202eexample.com",
        "-.-.💥\ud800",
    ],
)
def test_what_is_no_host_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$") as refused:
        normalise_host(typed)

    assert len(str(refused.value)) < 80


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "192.88.100.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"],
)
def test_public_address_is_public_however_it_is_wrapped(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
        ),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "3fff::1",
            "100::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *(
            "64:ff9b:1::808:808",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "4000::1",
        ),
    ],
)
def test_address_that_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
