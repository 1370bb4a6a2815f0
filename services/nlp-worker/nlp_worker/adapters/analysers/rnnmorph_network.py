"""RNNMorph's network in numpy: its published weights, without TensorFlow.

I. Gusev, D. Anastasyev, github.com/IlyaGusev/rnnmorph (Apache-2.0). A word is its last 32 letters
and what a dictionary says of it; two bidirectional LSTMs read the sentence, a layer names the tag.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp_worker.errors import AnalyserMissing

Array = NDArray[np.float32]
_LETTERS = 32
_EPSILON = 1e-3
#: Words whose vectors are kept; 40 MiB.
_MOST_WORDS = 50_000


@dataclass(frozen=True, slots=True)
class _Lstm:
    kernel: Array
    recurrent: Array
    bias: Array

    def run(self, inputs: Array, mask: Array, *, backwards: bool) -> Array:
        """States (batch, time, units); `mask` (batch, time) is 0 where no word stands."""
        batch, length, _ = inputs.shape
        units = self.recurrent.shape[0]
        projected = inputs @ self.kernel + self.bias
        state: Array = np.zeros((batch, units), np.float32)
        cell: Array = np.zeros_like(state)
        states = np.zeros((batch, length, units), np.float32)
        for step in reversed(range(length)) if backwards else range(length):
            gates = projected[:, step] + state @ self.recurrent
            opened: Array = np.clip(0.2 * gates + 0.5, 0, 1).astype(np.float32, copy=False)
            candidate = np.tanh(gates[:, 2 * units : 3 * units])
            cell = opened[:, units : 2 * units] * cell + opened[:, :units] * candidate
            # Where no word stands nothing is remembered: a sentence says the same in any batch.
            cell = cell * mask[:, step, None]
            state = opened[:, 3 * units :] * np.tanh(cell)
            states[:, step] = state
        return states


class _Weights:
    """The arrays of a file, by the names that Keras has given them."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def array(self, name: str) -> Array:
        return np.asarray(self._file[f"{name}:0"], np.float32)

    def dense(self, name: str, group: str | None = None) -> tuple[Array, Array]:
        path = f"{group or name}/{name}"
        return self.array(f"{path}/kernel"), self.array(f"{path}/bias")

    def lstm(self, path: str) -> _Lstm:
        kernel, bias = self.array(f"{path}/kernel"), self.array(f"{path}/bias")
        return _Lstm(kernel, self.array(f"{path}/recurrent_kernel"), bias)


class Network:
    """Tags of sentences, given what a dictionary says of each word as a vector."""

    def __init__(self, folder: Path, language: str) -> None:
        with _opened(folder / language / "eval_model.h5") as file:
            self._read(_Weights(file), language)
        self.vectors, self._categories = _vectors(folder / language / "gram_input.json")
        self._tags = _names(folder / language / "gram_output.json")
        letters = (folder / language / "char_set.txt").read_text("utf-8").rstrip()
        self._letter_index = {letter: index for index, letter in enumerate(letters)}
        self._unknown = len(letters)
        self._words: dict[str, Array] = {}

    def _read(self, weights: _Weights, language: str) -> None:
        # In the Russian file the letters' layers stand within a layer of their own.
        group = "time_distributed_1" if language == "ru" else None
        self._letters = weights.array("time_distributed_1/chars_embeddings/embeddings")
        self._of_letters = weights.dense("dense_2", group), weights.dense("dense_3", group)
        self._of_dictionary = weights.dense("dense_1")
        self._joined = weights.dense("dense_4" if language == "ru" else "dense_5")
        self._lstms = [
            (weights.lstm("LSTM_1_forward/LSTM_1_forward"), False),
            (weights.lstm("LSTM_1_backward/LSTM_1_backward"), True),
            (weights.lstm("bidirectional_1/bidirectional_1/forward_LSTM_0"), False),
            (weights.lstm("bidirectional_1/bidirectional_1/backward_LSTM_0"), True),
        ]
        self._hidden = weights.dense("time_distributed_2")
        self._normal = [
            weights.array(f"time_distributed_4/time_distributed_4/{name}")
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        ]
        self._named = weights.dense("main_pred")

    def tags(
        self, sentences: Sequence[Sequence[str]], known: Callable[[str], Array]
    ) -> list[list[str]]:
        """For each word a tag such as `NOUN#Case=Nom|Gender=Masc|Number=Sing`.

        `known` says what the dictionary knows of words that have not been asked about before.
        """
        self._learn({word for sentence in sentences for word in sentence}, known)
        length = max(len(sentence) for sentence in sentences)
        inputs = np.zeros((len(sentences), length, self._joined[0].shape[1]), np.float32)
        mask = np.zeros((len(sentences), length), np.float32)
        for row, sentence in enumerate(sentences):
            inputs[row, : len(sentence)] = [self._words[word] for word in sentence]
            mask[row, : len(sentence)] = 1
        best = self._best(inputs, mask)
        return [
            [self._tags[index] for index in best[row, : len(sentence)]]
            for row, sentence in enumerate(sentences)
        ]

    def shares(self, counted: Array) -> Array:
        """Counts of features as shares of their category, which is what the network has learnt."""
        known = counted.astype(np.float32)
        for part in self._categories:
            total = known[part].sum()
            known[part] = known[part] / total if total else 0
        return known

    def nothing(self) -> Array:
        """What is known of a word that the dictionary cannot read."""
        return np.zeros(self._of_dictionary[0].shape[0], np.float32)

    def _best(self, inputs: Array, mask: Array) -> NDArray[np.int64]:
        layer = inputs
        for pair in (self._lstms[:2], self._lstms[2:]):
            layer = np.concatenate(
                [lstm.run(layer, mask, backwards=backwards) for lstm, backwards in pair], axis=-1
            )
        gamma, beta, mean, variance = self._normal
        hidden = layer @ self._hidden[0] + self._hidden[1]
        hidden = gamma * (hidden - mean) / np.sqrt(variance + _EPSILON) + beta
        scores = np.maximum(hidden, 0) @ self._named[0] + self._named[1]
        # The first one stands for no word.
        best: NDArray[np.int64] = scores[:, :, 1:].argmax(axis=-1)
        return best

    def _learn(self, words: set[str], known: Callable[[str], Array]) -> None:
        if len(self._words) > _MOST_WORDS:
            self._words.clear()
        new = sorted(words - self._words.keys())
        if not new:
            return
        letters = np.zeros((len(new), _LETTERS), np.int64)
        for row, word in enumerate(new):
            last = [self._letter_index.get(letter, self._unknown) for letter in word[-_LETTERS:]]
            letters[row, _LETTERS - len(last) :] = last
        shape = self._letters[letters].reshape(len(new), -1)
        (kernel, bias), (second, second_bias) = self._of_letters
        shape = np.maximum(shape @ kernel + bias, 0) @ second + second_bias
        grammar = np.stack([known(word) for word in new])
        grammar = np.maximum(grammar @ self._of_dictionary[0] + self._of_dictionary[1], 0)
        joined = np.concatenate([grammar, shape], axis=-1) @ self._joined[0] + self._joined[1]
        self._words.update(zip(new, np.maximum(joined, 0), strict=True))


def models_folder() -> Path:
    """Where the package with the weights is; its code is never imported. Raises AnalyserMissing."""
    found = find_spec("rnnmorph")
    if found is None or not found.submodule_search_locations:
        raise AnalyserMissing("RNNMorph's weights are not installed (requirements/models.txt)")
    return Path(next(iter(found.submodule_search_locations))) / "models"


def _opened(path: Path) -> Any:
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise AnalyserMissing(f"RNNMorph's weights cannot be read: {error}") from error


def _vectors(path: Path) -> tuple[dict[str, Array], list[slice]]:
    """What the network is told of a word by its tag, and where in that each category stands."""
    content = json.loads(path.read_text("utf-8"))
    rows = np.asarray(content["vectors"], np.float32)
    categories, begin = [], 0
    for _, values in sorted(content["all_grammemes"].items()):
        if "py/set" in values:
            categories.append(slice(begin, begin + len(values["py/set"])))
            begin = categories[-1].stop
    vectors = {name: rows[index] for name, index in content["name_to_index"].items()}
    return vectors, categories


def _names(path: Path) -> list[str]:
    names: dict[str, int] = json.loads(path.read_text("utf-8"))["name_to_index"]
    return sorted(names, key=names.__getitem__)
