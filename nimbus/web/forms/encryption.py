"""The form of the page about keys."""

from nimbus.rules.key_rotation import LONGEST_DAYS, SHORTEST_DAYS
from nimbus.web.forms.base import PlainForm, Required, WholeNumber

_SENTENCE = f"Enter a whole number from {SHORTEST_DAYS} to {LONGEST_DAYS:,}."


class ScheduleForm(PlainForm):
    """After how many days a key is replaced."""

    rotation_days = WholeNumber(
        "Days between two keys",
        least=SHORTEST_DAYS,
        most=LONGEST_DAYS,
        sentence=_SENTENCE,
        validators=[Required(_SENTENCE)],
    )
