"""What the demonstration has spoken; written for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoText:
    """A text, and the name of the audio file that comes of it."""

    title: str
    file_name: str
    language: str
    output_format: str
    text: str


DEMO_TEXTS = (
    DemoText(
        title="English",
        file_name="letter.wav",
        language="en",
        output_format="wav",
        text=(
            "A letter came down the long corridor this morning. Nobody saw who had carried it: it"
            " lay on a table, with a number, waiting for its turn. The keeper of the table wrote"
            " the number into a book before she let it go, and the runner who took it came back to"
            " say that it had arrived. Once, a runner fell asleep on the stairs. The keeper looked"
            " into her book, found the number that had not come back, and sent another. So the"
            " letter was late, but it was never lost, and it was read aloud exactly once."
        ),
    ),
    DemoText(
        title="Russian",
        file_name="pismo.mp3",
        language="ru",
        output_format="mp3",
        text=(
            "Утром по длинному коридору принесли письмо. Его номер записали в книгу,"
            " и поэтому оно не потерялось."
        ),
    ),
)
