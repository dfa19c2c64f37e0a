"""From the logits of a model to what they tell, in numpy alone."""

import numpy as np

# Libraries round a sigmoid differently; tfsqueeze/tasks/outputs.py has the same number.
ROUNDING = 1e-12


def softmax(logits):
    """Returns the probabilities of logits along the last axis, float64 of the same shape."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def best_tags(logits, tags):
    """Returns the valid sequence of tags with the greatest sum of logits (Viterbi 1967).

    An I- follows a B- or I- of its type; where there is no such B-, it may also begin a span. Of
    equal sums the tag that is named first wins.

    Args:
        logits: logits float64 [words, tags].
        tags: the names of the tags.

    Returns:
        The index of each word's tag.
    """
    begins = np.array([not (tag[0] == "I" and "B" + tag[1:] in tags) for tag in tags])
    types = np.array([tag[1:] for tag in tags])
    follows = begins[None, :] | (types[:, None] == types[None, :])
    penalties = np.where(follows, 0.0, -np.inf)
    sums, predecessors = np.where(begins, 0.0, -np.inf), []
    for word, row in enumerate(logits):
        if word:
            candidates = sums[:, None] + penalties
            predecessors.append(candidates.argmax(axis=0))
            sums = candidates.max(axis=0)
        sums = sums + row
    best = [int(sums.argmax())]
    for choices in reversed(predecessors):
        best.append(int(choices[best[-1]]))
    return best[::-1]


def decode_spans(logits, tags, row, text):
    """Returns the spans that the tags of a text's words tell, each a dict.

    Args:
        logits: logits float64 [tokens, tags].
        tags: the names of the tags.
        row: the text as the model read it.
        text: the text.
    """
    if not row.words:
        return []
    logits = logits[[position for position, _, _ in row.words]]
    chosen = best_tags(logits, tags)
    shares = softmax(logits)[np.arange(len(chosen)), chosen]
    spans, previous = [], "O"
    for (_, start, end), index, share in zip(row.words, chosen, shares):
        tag = tags[index]
        if tag[0] == "I" and tag[1:] == previous[1:]:
            spans[-1]["end"] = end
            spans[-1]["scores"].append(share)
        elif tag != "O":
            spans.append({"type": tag[2:], "start": start, "end": end, "scores": [share]})
        previous = tag
    return [
        {
            "text": text[span["start"] : span["end"]],
            "type": span["type"],
            "start": span["start"],
            "end": span["end"],
            "score": float(np.mean(span["scores"])),
        }
        for span in spans
    ]


def decode_label(logits, description, row, text):
    """Returns the most probable label and its probability from 0 to 1.

    Args:
        logits: logits float64 by the output's name.
        description: the content of model.json.
        row: the text as the model read it.
        text: the text.
    """
    probabilities = softmax(logits["logits"])
    best = int(probabilities.argmax())
    label = description["classes"]["logits"][best]
    return {"label": label, "probability": float(probabilities[best])}


def decode_labels(logits, description, row, text):
    """Returns the labels that a text has, the most probable first, and all probabilities."""
    labels = description["classes"]["logits"]
    probabilities = 0.5 * (1 + np.tanh(0.5 * logits["logits"]))
    has_label = probabilities >= np.array(description["decoding"]["thresholds"]) - ROUNDING
    ranked = [i for i in np.argsort(-probabilities, kind="stable") if has_label[i]]
    return {
        "labels": [labels[i] for i in ranked],
        "probabilities": {labels[i]: float(share) for i, share in enumerate(probabilities)},
    }


def decode_number(logits, description, row, text):
    """Returns the number of a text."""
    decoding = description["decoding"]
    return {"number": float(decoding["mean"] + decoding["scale"] * logits["logits"][0])}


def decode_entities(logits, description, row, text):
    """Returns the entities of a text."""
    tags = description["classes"]["logits"]
    return {"entities": decode_spans(logits["logits"], tags, row, text)}


def decode_intent(logits, description, row, text):
    """Returns the intent of a text, its probability, and the slots."""
    probabilities = softmax(logits["intent_logits"])
    best = int(probabilities.argmax())
    classes = description["classes"]
    return {
        "intent": classes["intent_logits"][best],
        "probability": float(probabilities[best]),
        "slots": decode_spans(logits["slot_logits"], classes["slot_logits"], row, text),
    }


def decode_vector(logits, description, row, text):
    """Returns the vector of a text, of length 1."""
    vector = logits["embeddings"]
    return {"embedding": (vector / max(np.linalg.norm(vector), 1e-12)).tolist()}


DECODERS = {
    "text-classification": decode_label,
    "multi-label-classification": decode_labels,
    "regression": decode_number,
    "token-classification": decode_entities,
    "intent-and-slots": decode_intent,
    "sentence-embeddings": decode_vector,
}
