#!/usr/bin/env python3
"""Predicts on a Coral board with a folder that `tfsqueeze export --target edgetpu` wrote.

It needs only numpy, `tokenizers` and an interpreter of .tflite files, and runs on Python 3.7 and
later. See the README beside it.
"""

import argparse
import importlib
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

DELEGATES = {"Linux": "libedgetpu.so.1", "Darwin": "libedgetpu.1.dylib", "Windows": "edgetpu.dll"}
INTERPRETERS = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")
COMPILED, BODY = "body_edgetpu.tflite", "body.tflite"
# Libraries round a sigmoid differently; tfsqueeze/tasks/outputs.py has the same number.
ROUNDING = 1e-12


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


def decode_label(logits, labels, decoding):
    """Returns the most probable label and its probability from 0 to 1.

    Args:
        logits: logits float64 [labels].
        labels: the names of the labels.
        decoding: nothing.
    """
    weights = np.exp(logits - logits.max())
    best = int(logits.argmax())
    return {"label": labels[best], "probability": float(weights[best] / weights.sum())}


def decode_labels(logits, labels, decoding):
    """Returns the labels that a text has, the most probable first, and all probabilities.

    Args:
        logits: logits float64 [labels].
        labels: the names of the labels.
        decoding: the `thresholds` of their probabilities.
    """
    probabilities = 0.5 * (1 + np.tanh(0.5 * logits))
    has_label = probabilities >= np.array(decoding["thresholds"]) - ROUNDING
    ranked = [i for i in np.argsort(-probabilities, kind="stable") if has_label[i]]
    return {
        "labels": [labels[i] for i in ranked],
        "probabilities": {labels[i]: float(share) for i, share in enumerate(probabilities)},
    }


def decode_number(logits, labels, decoding):
    """Returns the number of a text.

    Args:
        logits: logits float64 [1].
        labels: nothing.
        decoding: the `mean` and the `scale` of the numbers.
    """
    return {"number": float(decoding["mean"] + decoding["scale"] * logits[0])}


DECODERS = {
    "text-classification": decode_label,
    "multi-label-classification": decode_labels,
    "regression": decode_number,
}


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
            tables = np.load(str(folder / "look_ups.npz"))
            self.tables = {name: tables[name] for name in tables.files}
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError, KeyError) as error:
            raise SystemExit(
                f"error: {folder} holds no model ({error}); name a folder that "
                "`tfsqueeze export --target edgetpu` wrote"
            ) from None
        self.interpreter, self.device = open_interpreter(folder, device)
        # A compiler keeps shapes and names, but may reorder inputs.
        self.inputs = {
            detail["name"]: detail["index"] for detail in self.interpreter.get_input_details()
        }
        self.output = self.interpreter.get_output_details()[0]["index"]

    def token_ids(self, text):
        """Encodes a text as `[CLS] text [SEP]`.

        Args:
            text: the text.

        Returns:
            Token ids int32 [max_length], truncated or padded.
        """
        tokens, length = self.description["tokens"], self.description["max_length"]
        found = self.tokenizer.encode(text, add_special_tokens=False).ids[: length - 2]
        ids = np.full(length, tokens["pad"], np.int32)
        ids[: len(found) + 2] = [tokens["cls"], *found, tokens["sep"]]
        return ids

    def logits(self, ids):
        """Computes the logits of a text.

        Args:
            ids: token ids int32 [max_length].

        Returns:
            Logits float32 [num_labels].
        """
        for described in self.description["inputs"]:
            name = described["name"]
            rows = self.tables[name][ids].reshape(described["shape"])
            self.interpreter.set_tensor(self.inputs[name], rows)
        self.interpreter.invoke()
        output = self.description["output"]
        values = self.interpreter.get_tensor(self.output)[0].astype(np.float32)
        return output["scale"] * (values - output["zero_point"])

    def predict(self, text):
        """Returns the prediction for a text, a dict as that of its task's function above."""
        logits = self.logits(self.token_ids(text)).astype(np.float64)
        return self.decode(logits, self.description["labels"], self.description["decoding"])


def as_line(prediction):
    """Returns a prediction as one line, with its probabilities if it has any."""
    if "number" in prediction:
        return "{:.6g}".format(prediction["number"])
    if "label" in prediction:
        return "{label}\t{probability:.3f}".format(**prediction)
    labels, shares = prediction["labels"], prediction["probabilities"]
    return ", ".join(f"{label} ({shares[label]:.3f})" for label in labels) or "(none)"


def main(arguments=None):
    """Predicts for the texts of the command line or of standard input.

    Args:
        arguments: the arguments; by default those of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="what `tfsqueeze export --target edgetpu` wrote")
    parser.add_argument("texts", nargs="*", help="texts; lines of standard input without any")
    parser.add_argument("--device", choices=("auto", "tpu", "cpu"), default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON object per text")
    options = parser.parse_args(arguments)
    predictor = Predictor(options.folder, options.device)
    print(f"running on the {predictor.device}", file=sys.stderr)
    for text in options.texts or (line.rstrip("\n") for line in sys.stdin):
        start = time.perf_counter()
        prediction = predictor.predict(text)
        milliseconds = 1000 * (time.perf_counter() - start)
        if options.json:
            row = {"text": text, **prediction}
            row.update(milliseconds=milliseconds, device=predictor.device)
            print(json.dumps(row, ensure_ascii=False))
        else:
            print(f"{as_line(prediction)}\t{milliseconds:.2f} ms\t{text}")


if __name__ == "__main__":
    main()
