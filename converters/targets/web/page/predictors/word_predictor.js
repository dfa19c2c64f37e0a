import {softmax} from '../decoding/probabilities.js';
import {bestTags, bioSpans} from '../decoding/tag_sequences.js';
import {Predictor} from './predictor.js';

/** The base of the predictors that tag words. */
export class WordPredictor extends Predictor {
  /**
   * Returns the spans of a text: type, characters, and the mean of the probabilities of the tags.
   *
   * @param {string} text the text.
   * @param {object} row its row, of `encodeWords`.
   * @param {Float32Array} logits [length, tags].
   * @param {string[]} names the tags, in the order of their logits.
   */
  entities(text, row, logits, names) {
    const ofWords = row.firstTokens.map((position) =>
      logits.subarray(position * names.length, (position + 1) * names.length));
    const tags = bestTags(ofWords, names);
    const shares = ofWords.map((one, word) => softmax(one)[tags[word]]);
    return bioSpans(tags.map((tag) => names[tag])).map(({first, last, type}) => {
      const {start} = row.words[first];
      const {end} = row.words[last - 1];
      const sum = shares.slice(first, last).reduce((a, b) => a + b, 0);
      return {text: text.slice(start, end), type, start, end, score: sum / (last - first)};
    });
  }
}
