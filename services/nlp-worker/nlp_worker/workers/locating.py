"""The job that makes the reading positions of a book."""

import time
from typing import ClassVar, Literal

from nlp_worker.errors import TooManyLocations
from nlp_worker.service.locations import locations_by_characters, locations_by_count
from nlp_worker.workers.reading import read_book
from warren.contracts.book_results import BookLocation, GeneratedLocations, LocationsFile
from warren.contracts.books import MAX_LOCATIONS, GenerateLocations
from warren.contracts.kinds import Audience
from warren.worker import JobContext, Worker


class GenerateLocationsWorker(Worker[GenerateLocations, GeneratedLocations]):
    """Makes CFIs that are evenly spaced by characters."""

    audience = Audience.INTERNAL
    isolation: ClassVar[Literal["thread", "process"]] = "process"
    max_retries = 2
    time_limit = 300

    def perform(self, job: GenerateLocations, context: JobContext) -> GeneratedLocations:
        began = time.perf_counter()
        context.progress(5, "reading the book")
        book = read_book(job.file, context)
        if job.characters_per_location is None:
            found = locations_by_count(book, job.locations_count)
        elif book.characters > MAX_LOCATIONS * job.characters_per_location:
            raise TooManyLocations(book.characters, job.characters_per_location, MAX_LOCATIONS)
        else:
            found = locations_by_characters(book, job.characters_per_location)
        context.progress(80, "saving the locations")
        file = LocationsFile(
            book_id=job.book_id,
            characters=book.characters,
            locations=[
                BookLocation(
                    cfi=each.cfi,
                    chapter=each.chapter,
                    offset=each.offset,
                    fraction=round(each.fraction, 6),
                )
                for each in found
            ],
        )
        content = file.model_dump_json().encode()
        return GeneratedLocations(
            book_id=job.book_id,
            locations_generated=len(found),
            generation_time_seconds=round(time.perf_counter() - began, 3),
            file_format=book.format,
            locations=context.artifacts.save("locations.json", content, "application/json"),
        )
