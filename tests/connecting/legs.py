"""The two legs as a page names them, and what is usual for each."""

import pytest

BOTH_LEGS = pytest.mark.parametrize("kind", ["smtp", "imap"])
LEG = {"smtp": "Sending (SMTP)", "imap": "Replies (IMAP)"}
OTHER_PORTS = {
    "smtp": {"Try SSL on 465", "Try STARTTLS on 587"},
    "imap": {"Try SSL on 993", "Try STARTTLS on 143"},
}
SSL_PORT = {"smtp": 465, "imap": 993}
