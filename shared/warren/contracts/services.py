"""Which services are installed beside us."""

from importlib.metadata import entry_points

#: Entry points of this group name the package of a service each.
SERVICES_GROUP = "warren.services"


def installed_services() -> list[str]:
    """The packages of the services that are installed here."""
    return sorted(entry.value for entry in entry_points(group=SERVICES_GROUP))


def installed_release(package: str) -> str | None:
    """The version in which the service of that package is installed; None if it is not."""
    for entry in entry_points(group=SERVICES_GROUP):
        if entry.value == package and entry.dist is not None:
            return entry.dist.version
    return None
