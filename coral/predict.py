#!/usr/bin/env python3
"""Predicts on a Coral board with a folder that `tfsqueeze export --target edgetpu` wrote.

It needs only numpy, `tokenizers`, an interpreter of .tflite files and the two files beside it, and
runs on Python 3.7 and later. See the README.
"""

import argparse
import hashlib
import importlib
import json
import platform
import re
import sys
import time
from pathlib import Path

import numpy as np
from decoding import DECODERS
from tokenization import Tokenization

DELEGATES = {"Linux": "libedgetpu.so.1", "Darwin": "libedgetpu.1.dylib", "Windows": "edgetpu.dll"}
INTERPRETERS = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")
COMPILED, BODY = "body_edgetpu.tflite", "body.tflite"
# The tasks that tag the words of a text.
WORD_TASKS = ("token-classification", "intent-and-slots")
SURROGATES = re.compile("[\ud800-\udfff]")


def load_interpreter_module():
    """Returns the first installed module that has Interpreter and load_delegate."""
    for name in INTERPRETERS:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise SystemExit(
        "error: neither tflite-runtime nor ai-edge-litert is installed; pip install tflite-runtime"
    )


def check_files(folder, digests):
    """Ends the program where a file is not the one that was exported.

    tflite-runtime follows the offsets of a truncated file unchecked: it crashes, or never ends.

    Args:
        folder: the exported folder, a Path.
        digests: the SHA-256 of each file by its name, in hexadecimal.
    """
    for name, digest in digests.items():
        path = folder / name
        # One that is missing has an error of its own, if it is needed.
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SystemExit(
                f"error: {path} is truncated, or changed since the export; copy the folder again"
            )


def open_interpreter(folder, device):
    """Opens the body of a model on a device.

    Args:
        folder: the exported folder, a Path.
        device: `auto`, `tpu` or `cpu`. `auto` takes the TPU where its library, a device and the
            compiled body are all present, and the CPU otherwise.

    Returns:
        The interpreter, and the name of the device that it uses.
    """
    module = load_interpreter_module()
    if device != "cpu":
        try:
            if not (folder / COMPILED).exists():
                raise ValueError(f"{COMPILED} is missing; make it with edgetpu_compiler")
            delegate = module.load_delegate(DELEGATES[platform.system()])
            interpreter = module.Interpreter(
                model_path=str(folder / COMPILED), experimental_delegates=[delegate]
            )
            interpreter.allocate_tensors()
            return interpreter, "Edge TPU"
        except (ValueError, OSError, RuntimeError) as error:
            if device == "tpu":
                raise SystemExit(
                    f"error: the Edge TPU cannot be used: {error or 'no library or no device'}"
                ) from None
    interpreter = module.Interpreter(model_path=str(folder / BODY))
    interpreter.allocate_tensors()
    return interpreter, "CPU"


class Predictor:
    """Tokenizes texts, looks up embeddings on the host, and runs the body on the device.

    Args:
        folder: the exported folder.
        device: see `open_interpreter`.

    Example:
        Predictor("mine-coral").predict("play some jazz")["label"]
    """

    def __init__(self, folder, device="auto"):
        folder = Path(folder)
        try:
            self.description = json.loads((folder / "model.json").read_text("utf-8"))
            self.decode = DECODERS[self.description["task"]]
            check_files(folder, self.description["sha256"])
            tables = np.load(str(folder / "look_ups.npz"))
            self.tables = {name: tables[name] for name in tables.files}
            self.tokenization = Tokenization(folder, self.description)
            self.interpreter, self.device = open_interpreter(folder, device)
        except Exception as error:  # zipfile, tokenizers and the runtimes each raise their own
            raise SystemExit(
                f"error: {folder} holds no model ({error}); name a folder that "
                "`tfsqueeze export --target edgetpu` wrote"
            ) from None
        # A compiler keeps shapes and names, but may reorder inputs and outputs.
        self.inputs, self.outputs = (
            {detail["name"]: detail["index"] for detail in details}
            for details in (
                self.interpreter.get_input_details(),
                self.interpreter.get_output_details(),
            )
        )

    @property
    def reads_pairs(self):
        """Whether the model reads the two texts of a pair."""
        return self.description["reads_pairs"]

    def logits(self, row):
        """Computes the outputs of a row.

        Args:
            row: a text as the model reads it.

        Returns:
            Real values, float32 by the output's name.
        """
        for described in self.description["inputs"]:
            name = described["name"]
            rows = self.tables[name][row.inputs[described["source"]]]
            self.interpreter.set_tensor(self.inputs[name], rows.reshape(described["shape"]))
        self.interpreter.invoke()
        values = {}
        for name, output in self.description["outputs"].items():
            quantized = self.interpreter.get_tensor(self.outputs[name])[0].astype(np.float32)
            values[name] = output["scale"] * (quantized - output["zero_point"])
        return values

    def predict(self, text, text_pair=None):
        """Returns the prediction for a text or a pair of texts, a dict; see decoding.py."""
        if self.description["task"] in WORD_TASKS:
            row = self.tokenization.encode_words(text)
        elif self.reads_pairs:
            row = self.tokenization.encode_pair(text, text_pair)
        else:
            row = self.tokenization.encode(text)
        logits = {name: x.astype(np.float64) for name, x in self.logits(row).items()}
        return self.decode(logits, self.description, row, text)


class Corpus:
    """The vectors of texts, to find those that are nearest to another text.

    Args:
        predictor: a Predictor of sentence-embeddings.
        texts: the texts.
    """

    def __init__(self, predictor, texts):
        self.texts = list(texts)
        self._vectors = np.array([predictor.predict(text)["embedding"] for text in self.texts])

    def search(self, embedding, top_k=3):
        """Returns the nearest texts with the cosines of their vectors, nearest first."""
        cosines = self._vectors @ np.array(embedding)
        nearest = np.argsort(-cosines, kind="stable")[:top_k]
        return [{"text": self.texts[i], "score": float(cosines[i])} for i in nearest]


def as_line(prediction):
    """Returns a prediction as one line."""
    if "number" in prediction:
        return "{:.6g}".format(prediction["number"])
    if "label" in prediction:
        return "{label}\t{probability:.3f}".format(**prediction)
    if "labels" in prediction:
        labels, shares = prediction["labels"], prediction["probabilities"]
        return ", ".join(f"{label} ({shares[label]:.3f})" for label in labels) or "(none)"
    if "matches" in prediction:
        return "; ".join("{text} ({score:.3f})".format(**match) for match in prediction["matches"])
    if "embedding" in prediction:
        return "{} numbers".format(len(prediction["embedding"]))
    spans = prediction.get("entities", prediction.get("slots"))
    shown = ", ".join("{type}: {text} ({score:.3f})".format(**span) for span in spans) or "(none)"
    if "intent" in prediction:
        return "{intent}\t{probability:.3f}\t{}".format(shown, **prediction)
    return shown


def rows_of(options, reads_pairs):
    """Yields the text and, for models of pairs, the second text of each row.

    Args:
        options: the arguments of the command line.
        reads_pairs: whether the model reads pairs.
    """
    # Arguments that are not UTF-8 have surrogates, which no tokenizer takes.
    texts, pairs = (
        [SURROGATES.sub("\ufffd", text) for text in given]
        for given in (options.texts, options.text_pair)
    )
    columns = [texts, pairs] if pairs else [texts]
    if len(columns[-1]) != len(texts):
        raise SystemExit("error: give --text-pair once for each text")
    lines = (line.rstrip("\r\n").split("\t") for line in sys.stdin)
    for row in list(zip(*columns)) or lines:
        if len(row) != (2 if reads_pairs else 1):
            raise SystemExit(
                "error: the model reads pairs; give --text-pair once for each text, or lines with "
                "a tab between the two texts"
                if reads_pairs
                else "error: the model reads single texts; leave --text-pair and tabs out"
            )
        yield row


def read_corpus(path, predictor):
    """Returns the corpus of a file with a text on each line.

    Args:
        path: the file.
        predictor: the Predictor.
    """
    if predictor.description["task"] != "sentence-embeddings":
        raise SystemExit("error: --corpus is for models of sentence-embeddings")
    try:
        # Only a line feed ends a line: texts have other characters at which splitlines splits.
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, ValueError) as error:
        raise SystemExit(f"error: {path} cannot be read: {error}") from None
    texts = list(filter(None, map(str.strip, lines)))
    if not texts:
        raise SystemExit(f"error: {path} is empty; it needs a text on each line")
    return Corpus(predictor, texts)


def main(arguments=None):
    """Predicts for the texts of the command line or of standard input.

    Args:
        arguments: the arguments; by default those of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="what `tfsqueeze export --target edgetpu` wrote")
    parser.add_argument("texts", nargs="*", help="texts; lines of standard input without any")
    parser.add_argument(
        "--text-pair", action="append", default=[], help="the second text of a pair; repeatable"
    )
    parser.add_argument(
        "--corpus", type=Path, help="a file of texts; the nearest to each text are printed"
    )
    parser.add_argument("--device", choices=("auto", "tpu", "cpu"), default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON object per text")
    options = parser.parse_args(arguments)
    # Whatever the locale of the board is.
    sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    sys.stdout.reconfigure(encoding="utf-8")
    predictor = Predictor(options.folder, options.device)
    corpus = read_corpus(options.corpus, predictor) if options.corpus else None
    print(f"running on the {predictor.device}", file=sys.stderr)
    for texts in rows_of(options, predictor.reads_pairs):
        start = time.perf_counter()
        prediction = predictor.predict(*texts)
        if corpus:
            prediction = {"matches": corpus.search(prediction["embedding"])}
        milliseconds = 1000 * (time.perf_counter() - start)
        if options.json:
            row = dict(zip(("text", "text_pair"), texts), **prediction)
            row.update(milliseconds=milliseconds, device=predictor.device)
            print(json.dumps(row, ensure_ascii=False))
        else:
            print("{}\t{:.2f} ms\t{}".format(as_line(prediction), milliseconds, "\t".join(texts)))


if __name__ == "__main__":
    main()
