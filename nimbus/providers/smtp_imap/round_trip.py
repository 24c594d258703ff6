"""The two legs of a connection test: hand a test message over by SMTP, find it again by IMAP."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta

from nimbus.providers.addresses import wire_address
from nimbus.providers.contract import Network, ServerLogin, Watch
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import SpecialUse, special_folder
from nimbus.providers.smtp_imap.imap import ImapSession, open_imap
from nimbus.providers.smtp_imap.probe import SUBJECT, TOKEN_HEADER, Probe, probe_message
from nimbus.providers.smtp_imap.smtp import open_smtp
from nimbus.rules.connection_test import Step

_FIRST_PAUSE = 0.005  # a server next door delivers in some 20 ms; each pause is twice the one before
_LONGEST_PAUSE = 1.0
_THOROUGH_FROM = 0.3  # from this pause on, look into other folders and search by subject as well
_RESULTS_HEADER = "Authentication-Results"
_NEWEST = 10  # messages whose header is read in one look


@dataclass(frozen=True)
class Found:
    """The folder in which the test message lies, and what the receiving server wrote above it about SPF, DKIM and DMARC."""

    name: str
    is_junk: bool = False
    results: str = ""


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
) -> Found | None:
    """Connect, sign in, open the folder and look for the test message for `patience_seconds` (0: once).

    Not yet seen is no failure: it gives None and the caller may look again later. Raises ProviderError at the
    step that failed.
    """
    with open_imap(login, network, watch, dialogue) as session:
        session.open_folder(folder)
        session.attempt.begin(Step.FIND_REPLY)
        found = _wait_for(session, probe, folder, time.monotonic() + patience_seconds)
        if found is not None:
            session.attempt.passed(f"in {found.name}")
    return found


def check_folder(
    login: ServerLogin, network: Network, *, folder: str, watch: Watch, dialogue: Dialogue
) -> None:
    """Connect, sign in and open the folder; raises ProviderError as above."""
    with open_imap(login, network, watch, dialogue) as session:
        session.open_folder(folder)


def _wait_for(session: ImapSession, probe: Probe, folder: str, end: float) -> Found | None:
    """Look again after a short, growing pause until `end` (monotonic seconds).

    Elsewhere only once the mail is late: listing the folders costs as much as several looks.
    """
    pause = _FIRST_PAUSE
    elsewhere: list[Found] | None = None
    while True:
        session.attempt.renew()
        thorough = pause >= _THOROUGH_FROM or time.monotonic() >= end
        if thorough and elsewhere is None:
            elsewhere = _other_places(session, folder)
        for place in [Found(folder), *(elsewhere or [])]:
            results = _look(session, probe, thorough=thorough) if session.enter(place.name) else None
            if results is not None:
                return replace(place, results=results)
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _other_places(session: ImapSession, folder: str) -> list[Found]:
    """Where else the message may lie; Gmail shows mail to oneself in All Mail alone at times."""
    folders = session.folders()
    junk, everything = (special_folder(folders, use) for use in (SpecialUse.JUNK, SpecialUse.ALL))
    places = [Found(junk.name, is_junk=True)] if junk else []
    places += [Found(everything.name)] if everything else []
    return [place for place in places if place.name != folder]


def _look(session: ImapSession, probe: Probe, *, thorough: bool) -> str | None:
    """The topmost Authentication-Results of the message with exactly this token, "" without any; None: it is not here."""
    # Without a date some servers read every message there is to look at a header that they do not index.
    since = probe.sent_at.date() - timedelta(days=1)
    found = session.search("SINCE", since, "HEADER", TOKEN_HEADER, probe.token)
    if not found and thorough:
        found = session.search("SINCE", since, "SUBJECT", SUBJECT)
    for uid in reversed(found[-_NEWEST:]):
        fields = session.headers(uid, TOKEN_HEADER, _RESULTS_HEADER)
        if probe.token in _values(fields, TOKEN_HEADER):
            return next(iter(_values(fields, _RESULTS_HEADER)), "")
    return None


def _values(fields: list[tuple[str, str]], name: str) -> list[str]:
    return [value for each, value in fields if each.lower() == name.lower()]
