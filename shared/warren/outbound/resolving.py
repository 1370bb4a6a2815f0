"""Names to addresses, within a time that the system's resolver itself does not know."""

import socket
import threading
from queue import Empty, Queue

from warren.outbound.errors import HostUnknown, UnresolvedHost

#: What `getaddrinfo` says of a name that does not exist, or has no address.
_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def resolve(host: str, port: int, timeout: float | None, field: str = "url") -> list[str]:
    """The numeric addresses of a host, in the order in which the system would try them.

    Raises HostUnknown, and UnresolvedHost after `timeout` seconds.
    """
    answers: Queue[list[str] | OSError | UnicodeError] = Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put(list(dict.fromkeys(str(item[4][0]) for item in found)))

    # Nothing can interrupt getaddrinfo: a thread that takes too long is left to its own time-out.
    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except Empty:
        raise UnresolvedHost(f"no name server told where {host} is within {timeout:g} s") from None
    if isinstance(answer, list):
        return answer
    if isinstance(answer, UnicodeError) or answer.errno in _UNKNOWN:
        raise HostUnknown(f"there is no host {host}", field=field)
    raise UnresolvedHost(f"where {host} is could not be found out: {answer}")
