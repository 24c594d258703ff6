"""What Alice's pages offer: she may open all of them."""

from tests.sweeps.forms import Site, walk
from tests.sweeps.routes import routes
from tests.sweeps.world import World

# Pages that no link leads to: a form asks for them with what somebody ticked.
_ASKED = [f"/email-accounts/bulk?do={task}&scope=all" for task in ("limit", "out", "tag")]
_walked: list[Site] = []


def site_of(world: World) -> Site:
    """The forms and names that a walk over all pages finds. Worlds are made alike, ids included: one walk serves all."""
    if not _walked:
        starts = [route.url for route in routes(world.app, world.acme) if route.method == "GET"]
        _walked.append(walk(world.sign_in("alice"), [*_ASKED, *starts]))
    return _walked[0]
