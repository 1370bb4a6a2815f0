"""Stanza as a program of its own: sentences come in by stdin, tags go out by stdout.

It may take more memory than it should, and hang; here that harms nobody (`LIMIT` MiB of private
memory; whoever started it kills it).

Start: `python -m nlp_worker.stanza_program LANGUAGE FOLDER LIMIT PID`, with the pid of the worker.

In: one JSON list a line, of sentences, each a list of words.
Out: `{"ready": true}`, then for each line `{"sentences": …}`, for each sentence a list of
`[lemma, pos, feats, head, relation]`; `{"error": …}` where something fails. Heads count from 0, a
root's is its own. Ends when stdin does.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from warren.worker.parent_death import signal_on_parent_death
from warren.worker.slot import limit_memory

_WANTED = ("tokenize", "pos", "lemma", "depparse")


def main(language: str, folder: str, limit: str, parent: str) -> int:
    """Serve until stdin ends."""
    if not signal_on_parent_death(signal.SIGKILL, int(parent)):
        return 1
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        # What libraries print must not come between the answers.
        os.dup2(2, 1)
        limit_memory(int(limit))
        loaded: list[Any] = []
        if not _answered(output, lambda: _load(language, Path(folder), loaded)):
            return 1
        for line in sys.stdin:
            _answered(output, lambda line=line: _tagged(loaded[0], json.loads(line)))  # type: ignore[misc]
    return 0


def _answered(output: TextIO, work: Callable[[], dict[str, Any]]) -> bool:
    """Whether the work was done; its answer, or what went wrong, is written."""
    try:
        answer, done = work(), True
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker has to know
        answer, done = {"error": f"{type(error).__name__}: {str(error)[:300]}"}, False
    output.write(json.dumps(answer, ensure_ascii=False) + "\n")
    output.flush()
    return done


def _load(language: str, folder: Path, loaded: list[Any]) -> dict[str, Any]:
    import stanza
    import torch

    torch.set_num_threads(1)
    there = {path.name for path in (folder / language).iterdir() if path.is_dir()}
    pipeline = stanza.Pipeline(
        language,
        dir=str(folder),
        download_method=None,
        use_gpu=False,
        tokenize_pretokenized=True,
        processors=",".join(name for name in _WANTED if name in there or name == "tokenize"),
        logging_level="ERROR",
    )
    loaded.append(pipeline)
    return {"ready": True}


def _tagged(pipeline: Any, sentences: Sequence[Sequence[str]]) -> dict[str, Any]:
    found = pipeline([list(sentence) for sentence in sentences])
    return {"sentences": [[_row(word) for word in each.words] for each in found.sentences]}


def _row(word: Any) -> list[Any]:
    head = word.id - 1 if word.head == 0 else (word.head or 0) - 1
    return [word.lemma, word.upos, word.feats, None if word.head is None else head, word.deprel]


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
