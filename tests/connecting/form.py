"""The connect form as somebody fills it in."""

FORM = "/email-accounts/connect/smtp"


def filled(**changes: object) -> dict[str, object]:
    """Every field of the form for ann@alpha.test on this machine, with some replaced; None leaves a field out."""
    values: dict[str, object] = {
        "email": "ann@alpha.test",
        "display_name": "Ann Able",
        "smtp_host": "127.0.0.1",
        "smtp_port": 465,
        "smtp_security": "ssl",
        "smtp_username": "ann@alpha.test",
        "smtp_password": "correct horse",
        "imap_host": "127.0.0.1",
        "imap_port": 993,
        "imap_security": "ssl",
        "imap_username": "ann@alpha.test",
        "imap_password": "correct horse",
        "imap_folder": "INBOX",
    }
    return {name: value for name, value in (values | changes).items() if value is not None}
