"""A certificate authority that the mailbox under test trusts."""

import pytest

from tests.providers.smtp_imap.mailbox import Mailbox
from tests.servers.certificates import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_bytes(authority.pem)
    return str(path)


@pytest.fixture
def mailbox(ca_file: str) -> Mailbox:
    return Mailbox(ca_file)
