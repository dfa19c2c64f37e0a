#!/usr/bin/env python3
"""Classifies texts on a Coral board with a folder that `tfsqueeze export --target edgetpu` wrote.

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


class Classifier:
    """Tokenizes texts, looks up embeddings on the host, and runs the body on the device.

    Args:
        folder: the exported folder.
        device: see `open_interpreter`.

    Example:
        label, probability = Classifier("mine-coral").classify("play some jazz")
    """

    def __init__(self, folder, device="auto"):
        folder = Path(folder)
        try:
            self.description = json.loads((folder / "model.json").read_text("utf-8"))
            tables = np.load(str(folder / "look_ups.npz"))
            self.tables = {name: tables[name] for name in tables.files}
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError) as error:
            raise SystemExit(
                f"error: {folder} holds no model ({error}); name a folder that "
                "`tfsqueeze export --target edgetpu` wrote"
            ) from None
        self.labels = self.description["labels"]
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

    def classify(self, text):
        """Returns the most probable label of a text, and its probability from 0 to 1."""
        logits = self.logits(self.token_ids(text))
        weights = np.exp(logits - logits.max())
        best = int(logits.argmax())
        return self.labels[best], float(weights[best] / weights.sum())


def main(arguments=None):
    """Classifies the texts of the command line or of standard input.

    Args:
        arguments: the arguments; by default those of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="what `tfsqueeze export --target edgetpu` wrote")
    parser.add_argument("texts", nargs="*", help="texts; lines of standard input without any")
    parser.add_argument("--device", choices=("auto", "tpu", "cpu"), default="auto")
    parser.add_argument("--json", action="store_true", help="one JSON object per text")
    options = parser.parse_args(arguments)
    classifier = Classifier(options.folder, options.device)
    print(f"running on the {classifier.device}", file=sys.stderr)
    for text in options.texts or (line.rstrip("\n") for line in sys.stdin):
        start = time.perf_counter()
        label, probability = classifier.classify(text)
        milliseconds = 1000 * (time.perf_counter() - start)
        if options.json:
            print(
                json.dumps(
                    {
                        "text": text,
                        "label": label,
                        "probability": probability,
                        "milliseconds": milliseconds,
                        "device": classifier.device,
                    },
                    ensure_ascii=False,
                )
            )
        else:
            print(f"{label}\t{probability:.3f}\t{milliseconds:.2f} ms\t{text}")


if __name__ == "__main__":
    main()
