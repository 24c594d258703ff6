"""Keeps the books of the specification's claims: which tests prove which, and how they ended.

`make claims` runs the marked tests and prints a line for each of the 72 claims.
"""

from collections import defaultdict

import pytest

CLAIMS = tuple(f"C{number:02}" for number in range(1, 73))


class Books:
    """Claim -> its tests, each whole or partly, and the tests that did not pass."""

    def __init__(self) -> None:
        self.whole: dict[str, list[str]] = defaultdict(list)
        self.partly: dict[str, list[str]] = defaultdict(list)
        self.not_passed: set[str] = set()

    def line(self, claim: str) -> str:
        tests = self.whole[claim] + self.partly[claim]
        broken = [test for test in tests if test in self.not_passed]
        if broken:
            return f"{claim} open {' '.join(broken)} (did not pass)"
        if self.whole[claim]:
            return f"{claim} held {' '.join(tests)}"
        return f"{claim} partly {' '.join(tests)}" if tests else f"{claim} open"


_books = pytest.StashKey[Books]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--claims", action="store_true", help="print a line for each claim at the end")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_books] = Books()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    books = config.stash[_books]
    for item in items:
        for mark in item.iter_markers("claim"):
            claim = mark.args[0]
            if claim not in CLAIMS:
                raise pytest.UsageError(f"{item.nodeid} marks {claim}, which is no claim")
            side = books.partly if mark.kwargs.get("partly") else books.whole
            side[claim].append(item.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    outcome = yield
    report = outcome.get_result()
    if not report.passed:
        item.config.stash[_books].not_passed.add(item.nodeid)


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    if config.getoption("--claims"):
        for claim in CLAIMS:
            terminalreporter.write_line(config.stash[_books].line(claim))
