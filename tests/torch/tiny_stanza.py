"""A real Stanza model of a few hundred kilobytes, trained on sentences written for this project."""

import json
import subprocess
import sys
from pathlib import Path

_SENTENCES = (
    "Старый|старый|ADJ дом|дом|NOUN стоял|стоять|VERB у|у|ADP реки|река|NOUN .|.|PUNCT",
    "Анна|анна|PROPN молчала|молчать|VERB .|.|PUNCT",
    "Тёмный|тёмный|ADJ лес|лес|NOUN шумел|шуметь|VERB .|.|PUNCT",
)
_TIMES = 8
_SMALL = {
    "max_steps": 40,
    "eval_interval": 20,
    "hidden_dim": 32,
    "deep_biaff_hidden_dim": 32,
    "composite_deep_biaff_hidden_dim": 16,
    "word_emb_dim": 16,
    "char_emb_dim": 16,
    "char_hidden_dim": 16,
    "transformed_dim": 16,
    "tag_emb_dim": 8,
    "num_layers": 1,
    "batch_size": 50,
}
_PACKAGE = {"tokenize": "tiny", "pos": "tiny", "lemma": "tiny"}


def build(folder: Path) -> Path:
    """A folder of models such as NLP_STANZA_MODELS names, for Russian."""
    rows = folder / "sentences.conllu"
    rows.write_text("".join(_conllu(sentence) for sentence in _SENTENCES * _TIMES), "utf-8")
    small = [text for name, value in _SMALL.items() for text in (f"--{name}", str(value))]
    _train("tagger", rows, folder / "ru" / "pos", ["--lang", "ru", "--no_pretrain", *small])
    _train("lemmatizer", rows, folder / "ru" / "lemma", ["--dict_only"])
    resources = {
        "ru": {
            "lang_name": "Russian",
            **{name: {"tiny": {}} for name in _PACKAGE},
            "default_processors": _PACKAGE,
            "default_dependencies": {},
            "packages": {"default": _PACKAGE},
        }
    }
    (folder / "resources.json").write_text(json.dumps(resources))
    return folder


def _conllu(sentence: str) -> str:
    words = [word.split("|") for word in sentence.split()]
    verb = 1 + next(place for place, word in enumerate(words) if word[2] == "VERB")
    lines = []
    for number, (form, lemma, pos) in enumerate(words, start=1):
        above = "0\troot" if number == verb else f"{verb}\tdep"
        lines.append(f"{number}\t{form}\t{lemma}\t{pos}\t_\t_\t{above}\t_\t_")
    return "\n".join(lines) + "\n\n"


def _train(program: str, rows: Path, folder: Path, options: list[str]) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", f"stanza.models.{program}", "--mode", "train", "--cpu"),
            *("--train_file", str(rows), "--eval_file", str(rows), "--shorthand", "ru_tiny"),
            *("--save_dir", str(folder), "--save_name", "tiny.pt", *options),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
