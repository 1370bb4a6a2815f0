"""How words of a question are matched, whichever index does it."""

#: Weights of a word in the name and elsewhere, spelt rightly and nearly rightly.
EXACT_NAME, EXACT_TEXT = 3.0, 1.0
FUZZY_NAME, FUZZY_TEXT = 0.5, 0.2
#: Words that must all be there; of more, three in four must.
_ALL_OF, _SHARE = 2, 0.75
#: Letters from which one, and from which two, may be wrong.
_ONE_WRONG, _TWO_WRONG = 4, 8


def needed(words: int) -> int:
    """How many of so many words an item must have."""
    return words if words <= _ALL_OF else int(words * _SHARE)


def edits(term: str) -> int:
    """How many letters of a word may be wrong, missing, too many or exchanged with the next."""
    if len(term) < _ONE_WRONG or term.isdigit():
        return 0
    return 1 if len(term) < _TWO_WRONG else 2
