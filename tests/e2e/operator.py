"""A person at a page: reads, types, presses, and counts how often something was pressed."""

from collections.abc import Collection

from playwright.sync_api import Locator, Page, expect

from tests.e2e.watching import assert_sound


class Operator:
    """Works by pointer, or by Tab, typing and Enter alone. What must never be shown is looked for on every page."""

    def __init__(self, page: Page, *, keyboard: bool = False, secrets: Collection[str] = ()) -> None:
        self.page = page
        self.clicks = 0
        self._keyboard = keyboard
        self._secrets = secrets

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.look()

    def fill(self, label: str, text: str) -> None:
        """Type into a field instead of what stands there; typing counts nothing."""
        field = self.page.get_by_label(label, exact=True)
        if not self._keyboard:
            field.fill(text)
            return
        self._tab_to(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        """Pick from a list by typing what it begins with, which counts nothing."""
        field = self.page.get_by_label(label, exact=True)
        if not self._keyboard:
            field.select_option(option)
            return
        self._tab_to(field)
        self.page.keyboard.type(option)

    def tick(self, label: str) -> None:
        """Choose one of a few, or tick a box."""
        self.clicks += 1
        self.page.get_by_label(label, exact=True).check()

    def press(self, name: str, *, then: str) -> None:
        """Press a button or follow a link, wait for the heading that it leads to, and look at what came."""
        link, button = (self.page.get_by_role(role, name=name, exact=True) for role in ("link", "button"))
        target = link.or_(button).first
        self.clicks += 1
        if self._keyboard:
            self._tab_to(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()
        expect(self.page.get_by_role("heading", name=then).first).to_be_visible()
        self.look()

    def look(self) -> None:
        assert_sound(self.page)
        html = self.page.content()
        assert [secret for secret in self._secrets if secret in html] == []

    def sees(self, *words: str) -> None:
        """All these words stand in the page's main part, now or within ten seconds."""
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    def _tab_to(self, target: Locator) -> None:
        target.wait_for()
        for _ in range(80):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {target}")
