"""How many pictures there are, and who has made them."""

from typing import Any, LiteralString

from psycopg import Connection
from pydantic import BaseModel

_NUMBERS: LiteralString = """
SELECT provider, count(*), count(description_id), coalesce(avg(seconds), 0)::double precision
FROM generated_images GROUP BY provider ORDER BY provider
"""


class ImageNumbers(BaseModel):
    """Of pictures that are kept: how many there are, and how many show descriptions of books."""

    images: int
    of_descriptions: int
    avg_seconds: float


def image_numbers(connection: Connection[Any]) -> dict[str, ImageNumbers]:
    """By provider; reads every row."""
    return {
        provider: ImageNumbers(
            images=images, of_descriptions=described, avg_seconds=round(seconds, 3)
        )
        for provider, images, described, seconds in connection.execute(_NUMBERS).fetchall()
    }
