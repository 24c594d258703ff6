"""The operator's page names exactly the settings that exist."""

import re

from nimbus.settings import DECLARED
from tests.structure.sources import ROOT


def test_every_setting_is_documented_and_every_documented_setting_exists():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    documented = re.findall(r"^### `([A-Z_]+)`$", text, re.MULTILINE)

    assert documented == [declared.name for declared in DECLARED.values()]


def test_the_documented_defaults_are_the_real_ones():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for declared in DECLARED.values():
        if isinstance(declared.default, str) and declared.default:
            section = text.partition(f"### `{declared.name}`")[2].partition("###")[0]
            assert f"Default: `{declared.default}`" in section, declared.name
