// The best answers to a question over all windows of its context
// (tfsqueeze/decoding/answer_spans.py).

// As in BERT's reader of SQuAD.
const N_BEST = 20;
const MAX_ANSWER_TOKENS = 30;

export class AnswerSearch {
  /** The smallest sum, over the windows, of the two logits of [CLS] (Devlin et al. 2019, 4.3). */
  noAnswerScore = Infinity;
  #spans = new Map();

  /**
   * Adds the answers of a window.
   *
   * @param {Float32Array} startLogits how likely each token of the row begins the answer.
   * @param {Float32Array} endLogits how likely each token of the row ends the answer.
   */
  add({secondStart, starts, ends}, startLogits, endLogits) {
    this.noAnswerScore = Math.min(this.noAnswerScore, startLogits[0] + endLogits[0]);
    const pairs = bestPairs(secondStart, starts.length, startLogits, endLogits);
    for (const {first, last, score} of pairs) {
      const span = {start: starts[first], end: ends[last], score};
      const key = `${span.start} ${span.end}`;
      // Two windows may hold the same answer.
      if (!(this.#spans.get(key)?.score >= score)) this.#spans.set(key, span);
    }
  }

  /** Returns the best spans, best first; of equal ones those that begin, then end, earlier. */
  best() {
    return [...this.#spans.values()]
      .sort((a, b) => b.score - a.score || a.start - b.start || a.end - b.end)
      .slice(0, N_BEST);
  }
}

/** Returns the best first and last tokens; of equal pairs those that begin, then end, earlier. */
function bestPairs(offset, count, startLogits, endLogits) {
  const best = [];
  for (let first = 0; first < count; first++) {
    for (let last = first; last < Math.min(first + MAX_ANSWER_TOKENS, count); last++) {
      const score = startLogits[offset + first] + endLogits[offset + last];
      if (best.length === N_BEST && score <= best.at(-1).score) continue;
      const rank = best.findLastIndex((pair) => pair.score >= score) + 1;
      best.splice(rank, 0, {first, last, score});
      if (best.length > N_BEST) best.pop();
    }
  }
  return best;
}
