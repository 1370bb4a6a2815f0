"""What a service tells the local stack about programs that it needs beside its workers."""

from pydantic import BaseModel, ConfigDict, Field

#: Entry points of this group name a `DeclaredProgram` each.
PROGRAMS_GROUP = "warren.programs"


class DeclaredProgram(BaseModel):
    """A program that serves HTTP on one port, where workers of `service` run too.

    The stack chooses the port, and a secret that it keeps; every process of the stack finds both,
    and the folders, in its environment. `GET /readyz` answers 200 when the program can be used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Unique within a stack; also the name of its log.
    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    #: The distribution (`indexer`) whose workers go with it.
    service: str
    #: Of the `warren` command.
    arguments: tuple[str, ...]
    #: The variables with the port that it shall listen on, the address that others reach it by,
    #: and the secret that lets them in.
    port_variable: str
    url_variable: str
    token_variable: str
    #: Variables that name a folder for the service's state, and its place within the stack's.
    folders: dict[str, str] = {}
    #: Whether `GET /metrics` answers Prometheus.
    serves_metrics: bool = False
