"""What is worth a warning about a sending domain."""

import pytest

from nimbus.rules.domain_warnings import WarningFacts, domain_warnings

FINE = {"has_both": True, "spam_rate": 0.0005, "troubled": 0, "inboxes": 10}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"has_both": None, "spam_rate": None}, []),
        ({"has_both": False}, ["Only one of SPF and DKIM passes"]),
        ({"spam_rate": 0.00099}, []),
        ({"spam_rate": 0.001}, ["People at Gmail called 0.10 % of its mail spam; it must stay under 0.1 %"]),
        ({"spam_rate": 0.003}, ["People at Gmail called 0.30 % of its mail spam; it must stay under 0.3 %"]),
        ({"troubled": 3}, ["3 of its 10 inboxes are held, on probation or critical"]),
        ({"troubled": 2}, []),
        ({"troubled": 2, "inboxes": 2}, []),
        ({"troubled": 5, "spam_rate": 0.002, "has_both": False}, ["People at", "5 of its", "Only one"]),
    ],
)
def test_each_warning_has_its_line(changes, said):
    found = domain_warnings(WarningFacts(**FINE | changes))

    assert len(found) == len(said)
    assert all(sentence.startswith(start) for sentence, start in zip(found, said, strict=True))
