"""The folders of a mailbox: Graph's well-known names over the world's labels, with names in the owner's language."""

import base64
from typing import Any, NamedTuple

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from nimbus.sandbox.microsoft_errors import GraphRefused
from nimbus.sandbox.microsoft_graph import needs, part, the_call
from nimbus.sandbox.world import Mailbox, Stored

folders = part("folders")


class Folder(NamedTuple):
    """A well-known folder: the label it stands for, and its name by language."""

    name: str
    label: str
    titles: dict[str, str]


FOLDERS = {
    folder.name: folder
    for folder in (
        Folder("inbox", "INBOX", {"en": "Inbox", "de": "Posteingang", "fr": "Boîte de réception"}),
        Folder("junkemail", "SPAM", {"en": "Junk Email", "de": "Junk-E-Mail", "fr": "Courrier indésirable"}),
        Folder(
            "sentitems", "SENT", {"en": "Sent Items", "de": "Gesendete Elemente", "fr": "Éléments envoyés"}
        ),
        Folder("deleteditems", "TRASH", {"en": "Deleted Items", "de": "Gelöschte Elemente"}),
        Folder("drafts", "DRAFT", {"en": "Drafts", "de": "Entwürfe", "fr": "Brouillons"}),
        Folder("archive", "ARCHIVE", {"en": "Archive", "de": "Archiv"}),
        *(
            Folder(name, name.upper(), {"en": title})
            for name, title in (
                ("outbox", "Outbox"),
                ("clutter", "Clutter"),
                ("conversationhistory", "Conversation History"),
                ("msgfolderroot", "Top of Information Store"),
                ("recoverableitemsdeletions", "Deletions"),
                ("searchfolders", "Search Folders"),
                ("syncissues", "Sync Issues"),
                ("localfailures", "Local Failures"),
                ("serverfailures", "Server Failures"),
                ("conflicts", "Conflicts"),
                ("scheduled", "Scheduled"),
            )
        ),
    )
}
LISTED = ("archive", "deleteditems", "drafts", "inbox", "junkemail", "outbox", "sentitems")
# A message may carry several labels; the first of these that it has is where it lies.
PLACES = ("deleteditems", "junkemail", "drafts", "sentitems", "inbox")


def folder_id(mailbox: Mailbox, name: str) -> str:
    """The id of a folder, opaque to whoever asks."""
    return "AQMk" + base64.urlsafe_b64encode(f"{mailbox.subject} {name}".encode()).decode()


def find_folder(mailbox: Mailbox, given: str) -> str:
    """The well-known name of a folder given by that or by its id; refused for another mailbox's and for none."""
    if given.lower() in FOLDERS:
        return given.lower()
    for name in FOLDERS:
        if given == folder_id(mailbox, name):
            return name
    raise GraphRefused("ErrorItemNotFound" if given.startswith("AQMk") else "ErrorInvalidIdMalformed")


def place(stored: Stored) -> str:
    """The folder that a message lies in; what has no label that is a folder's has been archived."""
    return next((name for name in PLACES if FOLDERS[name].label in stored.labels), "archive")


def put(mailbox: Mailbox, stored: Stored, name: str) -> None:
    """Move a message to a folder."""
    mailbox.relabel(
        stored,
        add={FOLDERS[name].label},
        remove={each.label for each in FOLDERS.values()} - {FOLDERS[name].label},
    )


def contents(mailbox: Mailbox, name: str = "") -> list[Stored]:
    """What lies in a folder (or anywhere) by now, the newest first: a late copy is not there yet."""
    now = mailbox.clock.now()
    lying = [each for each in mailbox.messages if each.arrived_at <= now and name in {"", place(each)}]
    return sorted(lying, key=lambda each: each.arrived_at, reverse=True)


@folders.get("/me/mailFolders")
@needs("Mail.Read", "Mail.ReadWrite")
def list_folders() -> ResponseReturnValue:
    """The folders that a person sees."""
    return jsonify({"value": [_folder(name) for name in LISTED]})


@folders.get("/me/mailFolders/<given>")
@needs("Mail.Read", "Mail.ReadWrite")
def get_folder(given: str) -> ResponseReturnValue:
    """One folder; that the inbox is there proves that there is a mailbox."""
    return jsonify(_folder(find_folder(the_call().mailbox, given)))


def _folder(name: str) -> dict[str, Any]:
    mailbox, titles = the_call().mailbox, FOLDERS[name].titles
    with the_call().world.lock:
        lying = contents(mailbox, name)
    folder = {
        "id": folder_id(mailbox, name),
        "displayName": titles.get(mailbox.language, titles["en"]),
        "parentFolderId": folder_id(mailbox, "msgfolderroot"),
        "childFolderCount": 0,
        "unreadItemCount": sum("UNREAD" in each.labels for each in lying),
        "totalItemCount": len(lying),
        "isHidden": False,
    }
    select = request.args.get("$select")
    return {each: folder[each] for each in folder if not select or each in {"id", *select.split(",")}}
