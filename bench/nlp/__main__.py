"""How well descriptions are found, and how fast, into docs/benchmarks/books.md.

python -m bench.nlp [--quality]     (the speed needs WARREN_BOOKS_DIR)
"""

import argparse
from pathlib import Path

from bench.nlp.labelled import LANGUAGES
from bench.nlp.quality import table
from bench.nlp.speed import modes, reading
from bench.report import replace_section


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quality", action="store_true", help="only how well, not how fast")
    parser.add_argument("--chapters", type=int, help="of each novel; all unless said")
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks/books.md"))
    options = parser.parse_args()
    quality = "\n".join(table(language) for language in LANGUAGES)
    print(quality)
    replace_section(options.output, "descriptions", quality)
    if not options.quality:
        speed = "\n".join(_speed(language, options.chapters) for language in LANGUAGES)
        print(speed)
        replace_section(options.output, "books", speed)


def _speed(language: str, chapters: int | None) -> str:
    book, read = reading(language)
    return "\n".join(
        [
            f"**{book.chapters[0].title}** (`{language}`)",
            "",
            "| | by the clock | processor time |",
            "|---|---|---|",
            *read,
            "",
            "| | by the clock | processor time | times as fast | sentences found (of the naive) |",
            "|---|---|---|---|---|",
            *modes(book, language, chapters),
            "",
        ]
    )


if __name__ == "__main__":
    main()
