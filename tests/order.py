"""How several processes share the tests: what starts the same servers stays together, and what waits goes beside what works."""

import pytest

# Rooms that mostly wait for other processes, the longest first. Two processors have room for what works meanwhile.
WAITING = ("tests/e2e/", "tests/faults/", "tests/run/", "tests/connecting/", "tests/test_cli")
WORKING = ("tests/sweeps/", "tests/services/")  # of the others, those with the longest files
# Files that share a browser, a running product, or a walk over all pages.
TOGETHER = {
    "tests/sweeps/": (),
    "tests/e2e/": (
        "test_first_start.py",
    ),  # starts products of its own, as do the files of faults named here
    "tests/faults/": (
        "test_sends.py",
        "test_planted_bugs.py",
        "test_planted_send_bugs.py",
        "test_send_judge.py",
    ),
}


def unit_of(nodeid: str) -> str:
    """What one process runs on its own: a file, or a room whose files share what is dear."""
    file = nodeid.partition("::")[0]
    for room, alone in TOGETHER.items():
        if file.startswith(room) and file.removeprefix(room) not in alone:
            return room
    return file


def _place(unit: str, rooms: tuple[str, ...]) -> int:
    return next((place for place, room in enumerate(rooms) if unit.startswith(room)), len(rooms))


def in_order(units: list[str]) -> list[str]:
    """All units; those that wait are spread evenly among the others, so that no two processors wait at a time."""
    waiting = [unit for unit in units if unit.startswith(WAITING)]
    waiting.sort(key=lambda unit: _place(unit, WAITING))
    working = [unit for unit in units if not unit.startswith(WAITING)]
    working.sort(key=lambda unit: _place(unit, WORKING))
    apart = max(1, len(working) // max(1, len(waiting)))
    ordered = []
    for first in range(0, len(working), apart):
        ordered += waiting[:1] + working[first : first + apart]
        waiting = waiting[1:]
    return ordered + waiting


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        units = in_order(list(dict.fromkeys(unit_of(item.nodeid) for item in items)))
        places = {unit: place for place, unit in enumerate(units)}
        items.sort(key=lambda item: places[unit_of(item.nodeid)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    from xdist.scheduler import LoadFileScheduling

    class ByUnit(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # it would put files with few tests last, and these take longest
    return ByUnit(config, log)
