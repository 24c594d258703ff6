"""The floor of a campaign, to be tried or set."""

from nimbus.web.forms.base import PlainForm, Required, WholeNumber

_SENTENCE = "Enter a whole number from 0 to 100."


class FloorForm(PlainForm):
    """The least health score that an inbox needs."""

    floor = WholeNumber(
        "Try a floor", least=0, most=100, sentence=_SENTENCE, validators=[Required(_SENTENCE)]
    )
