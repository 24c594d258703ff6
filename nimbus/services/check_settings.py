"""Whether the settings are sound, the address is safe, and the key file is the right one, in the right place."""

import ipaddress
import shlex
import stat
from urllib.parse import urlsplit

from nimbus.rules.installation_health import Health
from nimbus.security.instance_keys import KeyFileProblem, load_instance_key
from nimbus.security.outbound import OutboundPolicy
from nimbus.services.check import Check, unknown
from nimbus.services.instance_state import key_problem, place_state
from nimbus.settings import Settings
from nimbus.settings_kinds import host_and_port

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def settings_check(settings: Settings) -> Check:
    """The settings that are in force, and those whose text is read only when they are used."""
    try:
        OutboundPolicy.parse(settings.outbound_allow)
        OutboundPolicy.parse("", settings.dns_resolvers)
    except ValueError as problem:
        return refused_settings(problem)
    given = sum(source != "default" for source in settings.sources.values())
    sentence = f"{given} given, {len(settings.sources) - given} by default. All are listed by: flask config"
    return Check("settings", Health.OK, "Settings", sentence)


def refused_settings(problem: Exception) -> Check:
    """Settings with which NimbusOS does not start; `problem` says in a sentence which one it is."""
    advice = "Every setting is in docs/settings.md."
    return Check("settings", Health.FAIL, "Settings", str(problem), advice=advice)


def address_check(settings: Settings) -> Check:
    """Whether passwords and cookies can be read on their way."""
    if settings.base_url.startswith("https://"):
        return Check("address", Health.OK, "Address", f"{settings.base_url}, encrypted.")
    hosts = (urlsplit(settings.base_url).hostname or "", host_and_port(settings.bind)[0])
    if all(map(_is_this_machine, hosts)):
        sentence = f"{settings.base_url}, which only this machine can reach."
        return Check("address", Health.OK, "Address", sentence)
    return Check(
        "address",
        Health.WARN,
        "Address",
        f"{settings.base_url} is not encrypted, and other machines can reach it: passwords can be read on their way.",
        advice="Put a web server with a certificate in front, and set NIMBUS_BASE_URL to its https:// address.",
    )


def key_check(settings: Settings, because: str | None) -> Check:
    """Whether the key file is there, private, and this database's; `because` says why the last is not known."""
    path, title = settings.key_file, "Key file"
    try:
        load_instance_key(path)
    except KeyFileProblem as problem:
        advice = "Put your copy of it there: without it nobody can read the stored passwords. make run makes one for a new installation only."
        return Check("key", Health.FAIL, title, str(problem), advice=advice)
    if because:
        return unknown("key", title, because)
    if problem_found := key_problem():
        return Check("key", Health.FAIL, title, problem_found)
    if path.stat().st_mode & _OTHERS:
        sentence = f"{path} can be read by other users of this machine."
        return Check("key", Health.WARN, title, sentence, f"chmod 600 {shlex.quote(str(path))}")
    return Check("key", Health.OK, title, f"{path} belongs to this database.")


def place_check(because: str | None) -> Check:
    """Whether this is the installation that sends, or a copy of it; `because` says why that is not known."""
    title = "Live installation"
    if because:
        return unknown("place", title, because)
    place = place_state()
    if place.confirmed:
        return Check("place", Health.OK, title, place.sentence)
    return Check("place", Health.FAIL, title, place.sentence, "flask confirm-live")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
