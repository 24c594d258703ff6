"""What can be wrong with a domain of the practice world, in its DNS or on a blocklist, and the lists themselves."""

NO_MX, NO_SPF, WEAK_KEY, NO_DMARC = "no_mx", "no_spf", "weak_key", "no_dmarc"
DMARC_NONE, LISTED, SILENT = "dmarc_none", "listed", "silent"
FLAWS = {
    NO_MX: "It takes no mail: its MX record is null",
    NO_SPF: "It has no SPF record",
    WEAK_KEY: "Its DKIM key has 1024 bits",
    NO_DMARC: "It has no DMARC record",
    DMARC_NONE: "Its DMARC policy asks for nothing",
    LISTED: "Spamhaus lists it as a spam domain",
    SILENT: "Its name servers fail",
}
SPAM_DOMAINS = "dbl.spamhaus.org"
_AN_ADDRESS = ("2.0.0.127", "127.0.0.2")
# Each list with the entry that shows that it works (RFC 5782), and its answer.
BLOCKLISTS = {
    SPAM_DOMAINS: ("dbltest.com", "127.0.1.2"),
    "multi.surbl.org": ("surbl-org-permanent-test-point.com", "127.0.0.64"),
    "multi.uribl.com": ("test.uribl.com", "127.0.0.2"),
    **dict.fromkeys(
        (
            "zen.spamhaus.org",
            "b.barracudacentral.org",
            "bl.spamcop.net",
            "psbl.surriel.com",
            "bl.mailspike.net",
            "dnsbl-1.uceprotect.net",
        ),
        _AN_ADDRESS,
    ),
}
