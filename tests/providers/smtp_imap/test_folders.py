"""Special folders are found by flag or by name, in whatever language the mailbox speaks."""

import pytest

from nimbus.providers.smtp_imap.folders import Folder, SpecialUse, closest_first, special_folder
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.servers.scripted import ScriptedImap


def found(use: SpecialUse, *names: str) -> str | None:
    folder = special_folder([Folder(name) for name in names], use)
    return folder.name if folder else None


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (SpecialUse.SENT, "Sent Items"),
        (SpecialUse.SENT, "Gesendete Elemente"),
        (SpecialUse.SENT, "Éléments envoyés"),
        (SpecialUse.SENT, "Itens Enviados"),
        (SpecialUse.SENT, "Отправленные"),
        (SpecialUse.SENT, "送信済みアイテム"),
        (SpecialUse.JUNK, "Junk-E-Mail"),
        (SpecialUse.JUNK, "COURRIER INDÉSIRABLE"),
        (SpecialUse.JUNK, "Wiadomości-śmieci"),
        (SpecialUse.JUNK, "垃圾邮件"),
        (SpecialUse.JUNK, "Gereksiz"),
        (SpecialUse.JUNK, "\u200eדואר זבל"),
        (SpecialUse.JUNK, "INBOX/Spam"),
        (SpecialUse.JUNK, "Lixo Eletrônico"),
        (SpecialUse.TRASH, "Lixo"),
        (SpecialUse.TRASH, "Gelöschte Elemente"),
        (SpecialUse.TRASH, "垃圾桶"),
        (SpecialUse.TRASH, "Kosz"),
        (SpecialUse.DRAFTS, "Entwürfe"),
        (SpecialUse.DRAFTS, "下書き"),
        (SpecialUse.SENT, "Sent Mail"),
        (SpecialUse.SENT, "Sent E-Mails"),
    ],
)
def test_localized_name_is_recognised(use: SpecialUse, name: str) -> None:
    assert found(use, "INBOX", "Clients", name) == name


@pytest.mark.parametrize(
    ("use", "name"),
    [
        (SpecialUse.SENT, "Sent to clients"),
        (SpecialUse.JUNK, "Lixo"),
        (SpecialUse.JUNK, "垃圾桶"),
        (SpecialUse.TRASH, "Lixo Eletrônico"),
        (SpecialUse.JUNK, "Not junk at all"),
        (SpecialUse.ALL, "All"),
    ],
)
def test_name_that_only_looks_alike_is_not_taken(use: SpecialUse, name: str) -> None:
    assert found(use, "INBOX", name) is None


def test_flag_wins_over_name_and_top_level_over_nested() -> None:
    flagged = Folder("Werbung", frozenset({"\\junk"}))

    assert special_folder([Folder("Spam"), flagged], SpecialUse.JUNK) == flagged
    assert found(SpecialUse.JUNK, "Clients/Spam", "Spam") == "Spam"


def test_other_separators_are_understood() -> None:
    assert special_folder([Folder("INBOX.Sent", separator=".")], SpecialUse.SENT) is not None


def test_near_names_come_first_then_inbox() -> None:
    names = ["Archive", "Clients", "INBOX", "Posteingang"]

    assert closest_first("Postein-gang", names) == ["Posteingang", "INBOX", "Archive", "Clients"]
    assert closest_first("zzz", names)[0] == "INBOX"


def test_exchange_folder_list_is_decoded_and_its_junk_found(mailbox: Mailbox) -> None:
    listed = (
        b'* LIST (\\HasNoChildren) "/" Archive\n* LIST (\\Marked \\HasNoChildren) "/" INBOX\n'
        b'* LIST (\\HasNoChildren) "/" "Bo&AO4-te d\'envoi"\n* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"\n'
        b'* LIST (\\HasNoChildren \\Junk) "/" "Courrier ind&AOk-sirable"\nTAG OK Done'
    )
    with ScriptedImap({"LIST": listed}) as server:
        mailbox.imap(server.port)

    opened = [line.split(b" ", 2)[2].strip() for line in server.received if b" EXAMINE " in line]
    assert opened == [b'"INBOX"', b'"Courrier ind&AOk-sirable"']
