"""The two legs of a connection test: hand a test message over by SMTP, find it again by IMAP."""

import time
from dataclasses import dataclass
from datetime import timedelta

from nimbus.providers.contract import Network, ServerLogin, Watch
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import Folder, SpecialUse, special_folder
from nimbus.providers.smtp_imap.imap import ImapSession, open_imap
from nimbus.providers.smtp_imap.probe import SUBJECT, TOKEN_HEADER, Probe, probe_message, wire_address
from nimbus.providers.smtp_imap.smtp import open_smtp
from nimbus.rules.connection_test import Step

_FIRST_PAUSE = 0.005  # a server next door delivers in some 20 ms; each pause is twice the one before
_LONGEST_PAUSE = 1.0
_THOROUGH_FROM = 0.3  # from this pause on, look into other folders and search by subject as well
_NEWEST = 10  # messages whose header is read in one look


@dataclass(frozen=True)
class Look:
    """What one look over IMAP brought: where the test message lies, if it was seen, and the folders there are."""

    found_in: str | None
    in_junk: bool
    folders: tuple[str, ...]


def send_probe(
    login: ServerLogin, probe: Probe, network: Network, *, watch: Watch, dialogue: Dialogue
) -> None:
    """Connect, sign in and hand the test message over by SMTP; raises ProviderError at the step that failed."""
    message = probe_message(probe)
    with open_smtp(login, network, watch, dialogue) as session:
        session.hand_over(message, wire_address(probe.sender), wire_address(probe.recipient))


def look_for_probe(
    login: ServerLogin,
    probe: Probe,
    network: Network,
    *,
    folder: str,
    patience_seconds: float,
    watch: Watch,
    dialogue: Dialogue,
) -> Look:
    """Connect, sign in, open the folder and look for the test message for `patience_seconds` (0: once).

    Not yet seen is no failure: `found_in` is None and the caller may look again later. Raises ProviderError
    at the step that failed.
    """
    with open_imap(login, network, watch, dialogue) as session:
        session.open_folder(folder)
        session.attempt.begin(Step.FIND_REPLY)
        end = time.monotonic() + patience_seconds
        seen_at_once = _holds(session, probe)  # a first look costs nothing while the mail is on its way
        folders = session.folders()
        junk = special_folder(folders, SpecialUse.JUNK)
        found = folder if seen_at_once else _wait_for(session, probe, _places(folder, folders), end)
        if found is not None:
            session.attempt.passed(f"in {found}")
    names = tuple(each.name for each in folders)
    in_junk = found is not None and junk is not None and found == junk.name != folder
    return Look(found, in_junk=in_junk, folders=names)


def check_folder(
    login: ServerLogin, network: Network, *, folder: str, watch: Watch, dialogue: Dialogue
) -> tuple[str, ...]:
    """Connect, sign in and open the folder; the names of all folders. Raises ProviderError as above."""
    with open_imap(login, network, watch, dialogue) as session:
        session.open_folder(folder)
        return tuple(each.name for each in session.folders())


def _places(chosen: str, folders: tuple[Folder, ...]) -> list[str]:
    """Where the message may lie, the likeliest first; Gmail shows mail to oneself in All Mail alone at times."""
    others = [special_folder(folders, use) for use in (SpecialUse.JUNK, SpecialUse.ALL)]
    return list(dict.fromkeys([chosen, *(other.name for other in others if other)]))


def _wait_for(session: ImapSession, probe: Probe, places: list[str], end: float) -> str | None:
    """Look again after a short, growing pause until `end` (monotonic seconds); the folder that holds it."""
    pause = _FIRST_PAUSE
    while True:
        session.attempt.renew()
        thorough = pause >= _THOROUGH_FROM or time.monotonic() >= end
        for place in places if thorough else places[:1]:
            if session.enter(place) and _holds(session, probe, thorough=thorough):
                return place
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _holds(session: ImapSession, probe: Probe, *, thorough: bool = False) -> bool:
    """Whether the entered folder holds the message with exactly this token."""
    # Without a date some servers read every message there is to look at a header that they do not index.
    since = probe.sent_at.date() - timedelta(days=1)
    found = session.search("SINCE", since, "HEADER", TOKEN_HEADER, probe.token)
    if not found and thorough:
        found = session.search("SINCE", since, "SUBJECT", SUBJECT)
    return any(session.header(uid, TOKEN_HEADER) == probe.token for uid in reversed(found[-_NEWEST:]))
