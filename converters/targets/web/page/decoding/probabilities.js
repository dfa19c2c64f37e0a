// From logits to probabilities.

/** Returns the softmax of logits. */
export function softmax(logits) {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/** Returns the probability of a logit on its own; exp of a large number would overflow. */
export function sigmoid(logit) {
  return 0.5 * (1 + Math.tanh(0.5 * logit));
}

/** Returns the index of the highest value; of equal ones the first. */
export function argmax(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if (values[index] > values[best]) best = index;
  }
  return best;
}

/** Returns the indices of the highest values, the highest first; equal ones in their order. */
export function ranked(values, count = values.length) {
  return Array.from(values, (_, index) => index)
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}

/** Returns the most probable label, with the probability of every label. */
export function labelsOf(logits, labels) {
  const shares = softmax(logits);
  const best = argmax(shares);
  return {
    label: labels[best],
    probability: shares[best],
    probabilities: labels.map((label, index) => [label, shares[index]]),
  };
}
