"""Settings of the gateway's processes, read from `WARREN_…` variables."""

from pydantic import Field, SecretStr, field_validator

from gateway.addresses import AddressSettings
from gateway.tasks.retention import RetentionSettings
from warren.credentials import Credential
from warren.settings import Settings, checked_url

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
_SHORTEST_KEY = 32


class GatewaySettings(AddressSettings, RetentionSettings, Settings):
    """Shared by gateway, relay and recorder. Durations in seconds, sizes in bytes."""

    database_url: str = "postgresql://warren@127.0.0.1:5432/warren"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    #: Unpublished tasks after which the gateway answers 503 instead of accepting more.
    backlog_limit: int = Field(default=2_000_000, ge=1)
    #: Unpublished tasks of one customer after which its submissions are answered with 429, unless
    #: the customer's own `waiting_limit` says otherwise.
    caller_backlog_limit: int = Field(default=1_000_000, ge=1)
    #: What an API key may ask for unless it has limits of its own, by the plan of its customer:
    #: requests in a minute, and tasks in a day (none: as many as it likes). What was used drains
    #: evenly (gateway/limits/leases.py).
    requests_per_minute: int = Field(default=600_000, ge=1, le=2**31 - 1)
    requests_per_minute_premium: int = Field(default=1_200_000, ge=1, le=2**31 - 1)
    tasks_per_day: int | None = Field(default=None, ge=1, le=2**31 - 1)
    tasks_per_day_premium: int | None = Field(default=None, ge=1, le=2**31 - 1)
    #: `package.module:function` that names the lane of each submission (gateway/tasks/routing.py).
    route: str | None = None
    #: Connections that one gateway process keeps at most.
    database_connections: int = Field(default=8, ge=2)
    #: How long a request waits for a free connection before it is answered with 503.
    database_timeout: float = Field(default=2.0, gt=0)
    #: How long one statement of a request may run on the server.
    statement_timeout: float = Field(default=10.0, gt=0)
    #: Submissions that share one transaction at most.
    submission_batch: int = Field(default=256, ge=1)
    max_body_bytes: int = Field(default=MIB, ge=KIB)
    #: A payload as it travels in the broker; longer texts become artifacts.
    max_payload_bytes: int = Field(default=64 * KIB, ge=KIB)
    max_artifact_bytes: int = Field(default=2 * GIB, ge=1)
    #: Of a picture in the form of an upload client; workers read as many by themselves.
    max_picture_bytes: int = Field(default=64 * MIB, ge=1)
    #: What the bodies of bulks may take, together, of a process's temporary folder; of one customer
    #: half of it.
    max_spooled_bytes: int = Field(default=8 * GIB, ge=1)
    #: A client whose request line and headers are not there by then is cut off.
    header_timeout: float = Field(default=10.0, gt=0)
    #: A client that sends nothing for so long while it uploads is cut off.
    upload_idle_timeout: float = Field(default=30.0, gt=0)
    #: The body of an upload may take so long, and longer by what has come, in bytes a second.
    upload_grace: float = Field(default=60.0, gt=0)
    upload_rate: int = Field(default=64 * KIB, ge=1)
    #: Uploads of one process at a time, and of one API key there.
    uploads: int = Field(default=64, ge=1)
    uploads_per_key: int = Field(default=8, ge=1)
    #: A client that takes nothing of an answer for so long is cut off.
    reader_timeout: float = Field(default=60.0, gt=0)
    #: The longest that `Prefer: wait=n` is granted.
    wait_limit: float = Field(default=60.0, gt=0, le=600)
    #: How long a request of an OpenAI client waits for its task.
    openai_wait: float = Field(default=300.0, gt=0, le=3600)
    #: Requests of one process that wait for ends of tasks at a time; others are answered at once.
    waiting_requests: int = Field(default=1_000, ge=1)
    #: Event streams of one process at a time, and of one API key there.
    event_streams: int = Field(default=2_000, ge=1)
    event_streams_per_key: int = Field(default=200, ge=1)
    #: Pause after which an event stream is kept alive by a comment.
    event_heartbeat: float = Field(default=15.0, gt=0)
    #: After which an event stream ends, to be resumed by its client.
    event_stream_seconds: float = Field(default=900.0, gt=0)
    #: Origins, separated by commas, whose pages may use the API from a browser; `*` for all.
    cors_origins: str = ""
    #: Where the indexer's query process answers, and the secret that lets the gateway in.
    search_url: str | None = None
    search_token: Credential | None = None
    #: How long a search may take.
    search_timeout: float = Field(default=5.0, gt=0)
    #: Pictures that a user of a customer may ask for in a day (UTC).
    images_per_day: int = Field(default=500, ge=0)
    #: How long requests may take to finish when the process is told to stop.
    shutdown_timeout: float = Field(default=10.0, gt=0)

    @field_validator("search_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        return None if url is None else checked_url(url, "http", "https")

    #: Secrets of 32 characters at least, separated by commas, that sign links to artifacts; the
    #: first one signs, all of them verify. Without any, links need an API key.
    link_keys: SecretStr | None = None
    #: How long a signed link can be used.
    link_seconds: int = Field(default=3600, ge=1, le=7 * 24 * 3600)

    @property
    def link_key_list(self) -> list[str]:
        """The keys of links, the one that signs first."""
        given = self.link_keys.get_secret_value() if self.link_keys else ""
        return [key.strip() for key in given.split(",") if key.strip()]

    @field_validator("link_keys")
    @classmethod
    def _are_long(cls, keys: SecretStr | None) -> SecretStr | None:
        given = keys.get_secret_value() if keys else ""
        if any(0 < len(key.strip()) < _SHORTEST_KEY for key in given.split(",")):
            raise ValueError(f"each must have at least {_SHORTEST_KEY} characters")
        return keys

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str) -> str:
        return checked_url(url, "postgresql", "postgres")
