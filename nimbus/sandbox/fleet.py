"""Who takes part in `make demo`: 60 mailboxes of an agency on 12 domains, and the people they write to."""

from typing import NamedTuple

from nimbus.sandbox import flaws
from nimbus.sandbox.people import Habit
from nimbus.sandbox.world import System

PASSWORD = "practice"  # noqa: S105 - of every mailbox of the world, as World.add has it
UNKNOWN = ("nobody@prospects.test", "noone@prospects.test")  # a domain of the world, and no such users
_A_DOMAIN = 5  # mailboxes
DOMAINS = {
    "brightline.test": System.GOOGLE,
    "getbrightline.test": System.GOOGLE,
    "trybrightline.test": System.GOOGLE,
    "cedarworks.test": System.GOOGLE,
    "cedarworks-team.test": System.GOOGLE,
    "meetcedarworks.test": System.GOOGLE,
    "harborlegal.test": System.MICROSOFT,
    "harborlegal-office.test": System.MICROSOFT,
    "northwindlabs.test": System.MICROSOFT,
    "trynorthwind.test": System.MICROSOFT,
    "olivepress.test": System.MAIL,
    "olivepress-post.test": System.MAIL,
}
# What a check finds wrong with them; the others are as they should be.
FLAWED = {
    "getbrightline.test": flaws.DMARC_NONE,
    "trybrightline.test": flaws.NO_SPF,
    "cedarworks-team.test": flaws.NO_MX,
    "meetcedarworks.test": flaws.LISTED,
    "harborlegal-office.test": flaws.WEAK_KEY,
    "trynorthwind.test": flaws.SILENT,
    "olivepress-post.test": flaws.NO_DMARC,
}
SET_ASIDE = "cedarworks-team.test"  # whose pause somebody has set aside
_FIRST = [
    "Ada",
    "Ben",
    "Cora",
    "Dan",
    "Ella",
    "Finn",
    "Gina",
    "Hugo",
    "Iris",
    "Jack",
    "Kira",
    "Leo",
    "Mina",
    "Noah",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uma",
    "Vera",
]
_LAST = [
    "Abbott",
    "Becker",
    "Castro",
    "Duval",
    "Ekman",
    "Fisher",
    "Garcia",
    "Hansen",
    "Ito",
    "Jansen",
    "Keller",
    "Lopez",
    "Meyer",
]


class Member(NamedTuple):
    """Somebody with a mailbox."""

    address: str
    name: str
    system: System
    habit: Habit = Habit.SILENT
    minutes: float = 0.0  # until the habit shows


def _fleet() -> tuple[Member, ...]:
    members = []
    for number in range(len(DOMAINS) * _A_DOMAIN):
        domain, system = list(DOMAINS.items())[number // _A_DOMAIN]
        # The lengths of both lists have no common divisor: no name comes twice.
        first, last = _FIRST[number % len(_FIRST)], _LAST[number % len(_LAST)]
        members.append(Member(f"{first}.{last}@{domain}".lower(), f"{first} {last}", system))
    return tuple(members)


FLEET = _fleet()
PROSPECTS = (
    Member("ines@prospects.test", "Ines Ivarsson", System.MAIL, Habit.INTERESTED, 0.2),
    Member("nils@prospects.test", "Nils Nolan", System.MAIL, Habit.NOT_NOW, 1),
    Member("nora@prospects.test", "Nora Nagy", System.MAIL, Habit.NOT_INTERESTED, 1),
    Member("walt@prospects.test", "Walt Weber", System.MAIL, Habit.WRONG_PERSON, 1),
    Member("otto@prospects.test", "Otto Olsen", System.MAIL, Habit.OUT_OF_OFFICE),
    Member("ulla@prospects.test", "Ulla Urban", System.MAIL, Habit.UNSUBSCRIBE, 1),
    Member("cleo@prospects.test", "Cleo Conrad", System.MAIL, Habit.COMPLAIN, 2),
    Member("fred@prospects.test", "Fred Fuller", System.MAIL, Habit.BOUNCE_FULL),
    Member("gone@prospects.test", "Gwen Gone", System.MAIL, Habit.BOUNCE_UNKNOWN),
    Member("sara@prospects.test", "Sara Silent", System.MAIL),
)
