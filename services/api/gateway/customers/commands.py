"""`warren keys create|list|change|revoke`."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gateway.customers.keys import Plan, Scope
from warren.cli.tables import printable

app = typer.Typer(help="API keys of customers.", no_args_is_help=True)

_PAGE = 1000
Prefix = Annotated[str, typer.Argument(help="The part between wk_ and the next _.")]
Expires = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="When it ends by itself, in UTC."
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, max=2**31 - 1, help="Instead of the plan's.")]


@app.command()
def create(
    customer: Annotated[str, typer.Option(help="Name or id of the customer.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "key",
    scope: Annotated[list[Scope] | None, typer.Option(help="Repeat for several.")] = None,
    new_customer: Annotated[bool, typer.Option(help="Make the customer as well.")] = False,
    plan: Annotated[Plan, typer.Option(help="Of a new customer.")] = Plan.STANDARD,
    expires: Expires = None,
    requests_per_minute: Limit = None,
    tasks_per_day: Limit = None,
) -> None:
    """Make a key and print it; it cannot be shown again."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import create_customer, create_key, find_customer
    from gateway.database import open_connection

    scopes = scope or [Scope.TASKS_READ, Scope.TASKS_WRITE]
    more = {
        "expires_at": _future(expires),
        "requests_per_minute": requests_per_minute,
        "tasks_per_day": tasks_per_day,
    }
    with open_connection(GatewaySettings()) as connection, connection.transaction():
        if new_customer:
            customer_id = create_customer(connection, customer, plan)
        else:
            customer_id = find_customer(connection, customer)
        key = create_key(connection, customer_id, name, scopes, **more)
    typer.echo(str(key))


@app.command("list")
def show() -> None:
    """Show all keys, without their secrets."""
    from uuid import UUID

    from gateway.config import GatewaySettings
    from gateway.customers.key_rows import page_of_keys
    from gateway.database import open_connection

    after = UUID(int=0)
    with open_connection(GatewaySettings()) as connection:
        while page := page_of_keys(connection, customer_id=None, after=after, limit=_PAGE):
            after = page[-1].id
            for key in page:
                typer.echo(_line(key))


@app.command()
def change(
    prefix: Prefix,
    name: Annotated[str | None, typer.Option(help="What the key is for.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="These, and no others.")] = None,
    expires: Expires = None,
    requests_per_minute: Limit = None,
    tasks_per_day: Limit = None,
    plan_limits: Annotated[
        bool, typer.Option("--plan-limits", help="Take its own limits away.")
    ] = False,
) -> None:
    """Change what a key may do; gateways notice within five seconds."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import set_key
    from gateway.database import open_connection

    limits = {"requests_per_minute": requests_per_minute, "tasks_per_day": tasks_per_day}
    given: dict[str, Any] = {
        "name": name,
        "scopes": sorted({item.value for item in scope}) if scope else None,
        "expires_at": _future(expires),
        **limits,
    }
    given = {key: value for key, value in given.items() if value is not None}
    if plan_limits:
        given |= {key: None for key, value in limits.items() if value is None}
    if not given:
        raise typer.BadParameter("say what is to be different")
    with open_connection(GatewaySettings()) as connection:
        set_key(connection, prefix, given)
    typer.echo(f"{prefix} is changed; gateways know within five seconds")


@app.command()
def revoke(prefix: Prefix) -> None:
    """Make a key useless within five seconds."""
    from gateway.config import GatewaySettings
    from gateway.customers.administration import revoke_key
    from gateway.database import open_connection

    with open_connection(GatewaySettings()) as connection:
        revoke_key(connection, prefix)


def _line(key: Any) -> str:
    used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
    limits = [
        f"{value:,} {unit}"
        for value, unit in (
            (key.requests_per_minute, "requests a minute"),
            (key.tasks_per_day, "tasks a day"),
        )
        if value is not None
    ]
    ends = [f"expires {key.expires_at:%Y-%m-%d %H:%M}"] if key.expires_at else []
    told = [" ".join(key.scopes), f"last used {used}", *ends, *limits]
    start = f"{key.prefix}  {key.state:7}  {key.customer} ({key.plan})  {key.name}"
    return printable("  ".join([start, *told]))


def _future(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    moment = moment.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC):
        raise typer.BadParameter("--expires lies in the past")
    return moment
