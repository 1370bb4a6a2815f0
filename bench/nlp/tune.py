"""Fit the weights of the features on the sentences that are not held out.

python -m bench.nlp.tune     writes services/nlp-worker/nlp_worker/weights/*.json
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nlp_worker
from bench.nlp.labelled import LANGUAGES, Labelled, labelled
from nlp_worker.adapters.installed import InstalledAnalysers
from nlp_worker.analysis import Annotation, Language
from nlp_worker.service.features import FEATURES, features, seen

#: Against weights that fit so few sentences too well; chosen by leaving sentences out in turn.
PENALTIES = (0.3, 1.0, 3.0)
_FOLDS = 5
_STEPS = 60
Rows = NDArray[np.float64]


def main() -> None:
    """Fit each analyser by itself, and all of them together for those that come later."""
    for language in LANGUAGES:
        sentences = [each for each in labelled(language) if not each.held_out]
        wanted = np.array([each.described for each in sentences], np.float64)
        rows = {
            name: rows_of(sentences, annotations, language)
            for name, annotations in annotated(sentences, language).items()
        }
        together = np.concatenate(list(rows.values()))
        fitted = {name: _fitted(own, wanted) for name, own in rows.items()}
        fitted["all"] = _fitted(together, np.tile(wanted, len(rows)))
        path = Path(nlp_worker.__file__).parent / "weights" / f"{language}.json"
        path.write_text(json.dumps(fitted, indent=1) + "\n")
        print(f"{path.name}: {', '.join(fitted)}")


def annotated(sentences: Sequence[Labelled], language: Language) -> dict[str, Sequence[Annotation]]:
    """What each analyser that is installed says of the sentences."""
    present = InstalledAnalysers().present(language)
    asked = [each.sentence for each in sentences]
    return {name: analyser.annotate(asked) for name, analyser in present.items()}


def rows_of(
    sentences: Sequence[Labelled], annotations: Sequence[Annotation], language: Language
) -> Rows:
    """The features of each sentence."""
    return np.array(
        [
            list(features(seen(each.sentence, annotation, language)).values())
            for each, annotation in zip(sentences, annotations, strict=True)
        ]
    )


def _fitted(rows: Rows, wanted: Rows) -> dict[str, float]:
    penalty = min(PENALTIES, key=lambda each: _loss_left_out(rows, wanted, each))
    weights = _fit(rows, wanted, penalty)
    return {name: round(float(w), 3) for name, w in zip(FEATURES, weights, strict=True)}


def _fit(rows: Rows, wanted: Rows, penalty: float) -> Rows:
    """Logistic regression by Newton's method; the bias, which comes first, is not held back."""
    weights = np.zeros(rows.shape[1])
    held = np.full(rows.shape[1], penalty)
    held[0] = 1e-3
    for _ in range(_STEPS):
        probability = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (probability - wanted) + held * weights
        curve = (rows * (probability * (1 - probability))[:, None]).T @ rows + np.diag(held)
        weights = weights - np.linalg.solve(curve, slope)
    return weights


def _loss_left_out(rows: Rows, wanted: Rows, penalty: float) -> float:
    fold = np.arange(len(wanted)) % _FOLDS
    loss = 0.0
    for each in range(_FOLDS):
        weights = _fit(rows[fold != each], wanted[fold != each], penalty)
        probability = 1 / (1 + np.exp(-rows[fold == each] @ weights))
        right = np.where(wanted[fold == each] > 0, probability, 1 - probability)
        loss -= float(np.log(np.clip(right, 1e-9, 1)).sum())
    return loss


if __name__ == "__main__":
    main()
