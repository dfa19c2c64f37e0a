// The best valid sequence of B-, I- and O tags, and its spans (tfsqueeze/decoding).

import {argmax} from './probabilities.js';

/**
 * Returns the tags of words with the greatest sum of logits in which each I- continues a span of
 * its type; an I- may begin one only where its type has no B- (Viterbi 1967). Of equal sums that of
 * the smaller ids wins.
 *
 * @param {ArrayLike<number>[]} logits the logits of each word.
 * @param {string[]} names the tags, in the order of the logits.
 */
export function bestTags(logits, names) {
  if (!logits.length) return [];
  const types = names.map(typeOf);
  const begins = names.map((name, tag) => name[0] !== 'I' || !names.includes(`B-${types[tag]}`));
  let sums = names.map((_, tag) => (begins[tag] ? logits[0][tag] : -Infinity));
  const predecessors = logits.slice(1).map((row) => {
    const best = names.map((_, tag) =>
      argmax(sums.map((sum, previous) =>
        begins[tag] || types[previous] === types[tag] ? sum : -Infinity)));
    sums = best.map((previous, tag) =>
      begins[tag] || types[previous] === types[tag] ? sums[previous] + row[tag] : -Infinity);
    return best;
  });
  const tags = [argmax(sums)];
  for (const best of predecessors.reverse()) tags.unshift(best[tags[0]]);
  return tags;
}

/**
 * Returns the spans of tags: the first word, the word after the last, and the type. An I- that
 * continues no span of its type begins one, as in the CoNLL evaluation script.
 *
 * @param {string[]} tags the tag of each word.
 */
export function bioSpans(tags) {
  const spans = [];
  let previous = null;
  tags.forEach((tag, index) => {
    const type = typeOf(tag);
    if (type !== null && tag[0] === 'I' && type === previous) {
      spans.at(-1).last = index + 1;
    } else if (type !== null) {
      spans.push({first: index, last: index + 1, type});
    }
    previous = type;
  });
  return spans;
}

function typeOf(tag) {
  return tag === 'O' ? null : tag.slice(2);
}
