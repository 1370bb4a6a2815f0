"""Options that several commands have alike."""

import inspect
from collections.abc import Callable
from functools import wraps
from inspect import Parameter
from typing import Any

_Command = Callable[..., None]


def taking(conditions: Callable[..., Any]) -> Callable[[_Command], _Command]:
    """Give a command the parameters of `conditions` as options beside its own.

    It gets what `conditions` makes of them as `chosen`.
    """
    shared = _by_name(inspect.signature(conditions))

    def add_to(command: _Command) -> _Command:
        own = _by_name(inspect.signature(command))
        del own["chosen"]

        @wraps(command)
        def complete(**given: Any) -> None:
            chosen = conditions(**{name: given.pop(name) for name in shared})
            command(chosen=chosen, **given)

        parameters = {**own, **shared}
        complete.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
        complete.__annotations__ = {name: each.annotation for name, each in parameters.items()}
        return complete

    return add_to


def _by_name(signature: inspect.Signature) -> dict[str, Parameter]:
    return {
        name: parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for name, parameter in signature.parameters.items()
    }
