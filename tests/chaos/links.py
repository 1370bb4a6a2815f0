"""The wires between the stack's processes and its servers: one proxy for each."""

import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

from tests.chaos.proxy import Proxy, ProxyLoop
from warren.stack.ports import HOST

_SERVERS = {"WARREN_AMQP_URL": "rabbitmq", "WARREN_DATABASE_URL": "postgres"}
#: These talk to none of the servers, although they are told of them.
_APART = ("chatbot", "search-node")
#: What one kind of process alone uses, as all are told of it.
_OF_SOME = {
    "gateway": {"WARREN_SEARCH_URL": "search-node"},
    "sync-worker": {"SYNC_CHATBOT_URL": "chatbot"},
}


class Links:
    """Named `<process>><server>`, for example `relay>postgres`, and `client>gateway-2`."""

    def __init__(self, loop: ProxyLoop) -> None:
        self._loop = loop
        self._proxies: dict[str, Proxy] = {}
        self._guard = threading.Lock()

    def rewire(self, process: str, environment: Mapping[str, str]) -> dict[str, str]:
        """What to change in a process's environment so that its connections can be hurt."""
        some = (used for name, used in _OF_SOME.items() if process.startswith(name))
        common = {} if process.startswith(_APART) else _SERVERS
        servers = {**common, **next(some, {})}
        return {
            variable: self._through(f"{process}>{server}", environment[variable])
            for variable, server in servers.items()
            if variable in environment
        }

    def client_url(self, gateway: str, gateway_url: str) -> str:
        """A gateway's address for clients, by a link that can be hurt too."""
        return self._through(f"client>{gateway}", gateway_url)

    @property
    def names(self) -> list[str]:
        """All links there are."""
        return sorted(self._proxies)

    def named(self, name: str) -> Proxy:
        """The proxy of a link."""
        return self._proxies[name]

    def calm(self) -> None:
        """End all disturbances."""
        for proxy in self._proxies.values():
            proxy.calm()

    def close(self) -> None:
        """Close all proxies."""
        for proxy in self._proxies.values():
            proxy.close()

    def _through(self, name: str, url: str) -> str:
        parts = urlsplit(url)
        port = parts.port
        if port is None:
            raise ValueError(f"{name}: the address names no port")
        with self._guard:
            if name not in self._proxies:
                self._proxies[name] = Proxy(self._loop, _constant(port))
            proxy = self._proxies[name]
        credentials = parts.netloc.rpartition("@")[0]
        netloc = f"{credentials}@{HOST}:{proxy.port}" if credentials else f"{HOST}:{proxy.port}"
        return urlunsplit(parts._replace(netloc=netloc))


def _constant(port: int) -> Callable[[], int]:
    return lambda: port
