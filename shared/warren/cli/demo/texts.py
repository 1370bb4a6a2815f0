"""What the demonstration says, sells and answers; written for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A text, and the name of the audio file that comes of it."""

    title: str
    file_name: str
    language: str
    output_format: str
    text: str


SPOKEN_TEXTS = (
    SpokenText(
        title="Speak English",
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
    SpokenText(
        title="Speak Russian",
        file_name="pismo.mp3",
        language="ru",
        output_format="mp3",
        text=(
            "Утром по длинному коридору принесли письмо. Его номер записали в книгу,"
            " и поэтому оно не потерялось."
        ),
    ),
)

PRODUCTS = (
    ("lantern", "Storm lantern", "A paraffin lamp with a glass that no wind blows out", 39.0),
    ("headlamp", "Head torch", "Light for both hands: 300 lumens, rechargeable", 24.5),
    ("stove", "Travel stove", "Boils a litre of water in four minutes, weighs 90 grams", 31.0),
    ("kettle", "Enamel kettle", "For tea by the fire; holds a litre and a half", 18.0),
    ("tent", "Tent for two", "Stands in five minutes, also in rain", 189.0),
    ("blanket", "Woollen blanket", "Warm when it is wet, and heavier than one thinks", 64.0),
    ("compass", "Compass", "With a mirror, for people who like to see where they are going", 21.0),
    ("oars", "A pair of oars", "Ash, 2.1 metres, oiled twice", 78.0),
)
#: What is asked of them, by what mode, and why that is worth a look.
QUESTIONS = (
    ("lantren", "text", "by words, misspelt"),
    ("something to see with at night", "semantic", "by meaning"),
    ("вскипятить чай", "semantic", "by meaning, in Russian"),
)

DOCUMENT = (
    "How the ferry runs. From April to October the ferry leaves the northern pier every hour"
    " between seven and nineteen; in winter at eight, twelve and sixteen. Bicycles travel free."
    " With wind above force eight it stays in the harbour, and the keeper hangs out a red lamp."
    " Whoever misses the last boat finds blankets and tea in the waiting room: it is never locked."
)
FAQ = (
    "May I take my dog on the ferry?",
    "Yes, on a lead and outside. In rain the captain turns a blind eye.",
)

PROMPTS = {
    "generate": "a white lighthouse on a cliff above the sea at sunset, a sailing ship",
}
