"""The job model that a function's parameters describe."""

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from warren.contracts.job import Job
from warren.errors import ConfigurationError

#: Names that mean something else on a model.
_TAKEN = BaseModel.__annotations__.keys() | Job.__annotations__.keys()
_REFUSED = {
    Parameter.POSITIONAL_ONLY: "can be given by its position only: take the / away",
    Parameter.VAR_POSITIONAL: "takes any number of values: name each of them",
    Parameter.VAR_KEYWORD: "takes any names: name each of them",
}


def job_model_of(
    function: Callable[..., Any],
    hints: Mapping[str, Any],
    context: str | None,
    *,
    kind: Any,
    version: Any,
) -> type[Job]:
    """A job with a field for each parameter but `context`, of its type and with its default.

    Its description is the function's. Raises ConfigurationError naming the parameter, if it has no
    type, cannot be given by its name, or has a type or default that no payload can have.
    """
    fields = {
        parameter.name: _field(parameter, hints)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != context
    }
    name = "".join(word.capitalize() for word in function.__name__.split("_"))
    try:
        # mypy knows no fields that come as a dictionary.
        model: type[Job] = create_model(  # type: ignore[call-overload]
            name, __base__=Job, __module__=function.__module__, __doc__=function.__doc__, **fields
        )
        model.submission_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        raise ConfigurationError(f"these parameters make no job: {error}") from error
    model.kind, model.version = kind, version
    return model


def _field(parameter: Parameter, hints: Mapping[str, Any]) -> tuple[Any, Any]:
    name = parameter.name
    if parameter.kind in _REFUSED:
        raise ConfigurationError(f"the parameter {name} {_REFUSED[parameter.kind]}")
    if name not in hints:
        raise ConfigurationError(f"the parameter {name} has no type: write {name}: str, or what is")
    if name.startswith("_") or hasattr(Job, name) or name in _TAKEN:
        raise ConfigurationError(f"the parameter {name} needs another name: models use this one")
    if parameter.default is Parameter.empty:
        return hints[name], ...
    return hints[name], _default(name, hints[name], parameter.default)


def _default(name: str, type_: Any, default: Any) -> Any:
    value = default.get_default() if isinstance(default, FieldInfo) else default
    if value is PydanticUndefined:
        return default
    try:
        TypeAdapter(type_).validate_python(value)
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise ConfigurationError(
            f"the default of the parameter {name}, {value!r}, is none of its type: {said}"
        ) from error
    except PydanticUserError as error:
        raise ConfigurationError(f"the parameter {name} has a type that JSON has not") from error
    return default
