// Words that both texts of a row have (tfsqueeze/tokenizers/match_types.py).

const CONTINUATION_PREFIX = '##';
const SPECIAL_TOKENS = new Set(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']);

export class MatchTypes {
  /**
   * @param {string[]} vocabulary the tokens in order of their ids.
   * @param {string[]} stopWords lowercased words that match nothing.
   * @param {boolean} lowercase whether the tokens are lowercased already.
   */
  constructor(vocabulary, stopWords, lowercase) {
    this.vocabulary = vocabulary;
    this.stopWords = new Set(stopWords);
    this.lowercase = lowercase;
  }

  /** Returns for each token of a row whether it is of a word that both texts have: boolean[]. */
  matches(ids, secondStart) {
    const first = this.#words(ids, 0, secondStart);
    const second = this.#words(ids, secondStart, ids.length);
    const found = ids.map(() => false);
    for (const [word, positions] of first) {
      const others = second.get(word);
      if (others) for (const position of [...positions, ...others]) found[position] = true;
    }
    return found;
  }

  /** Returns the positions of the tokens of each word from one position to before another. */
  #words(ids, from, to) {
    const words = new Map();
    for (let start = from, after; start < to; start = after) {
      let letters = this.#letters(ids[start]);
      for (after = start + 1; after < to && this.#continues(ids[after]); after++) {
        letters += this.#letters(ids[after]);
      }
      const word = this.lowercase ? letters : letters.toLowerCase();
      // At the start of a window there may be the rest of a word, which is none.
      const token = this.vocabulary[ids[start]];
      const isWhole = !this.#continues(ids[start]) && !SPECIAL_TOKENS.has(token);
      if (!isWhole || this.stopWords.has(word)) continue;
      const positions = words.get(word) ?? [];
      for (let position = start; position < after; position++) positions.push(position);
      words.set(word, positions);
    }
    return words;
  }

  #continues(id) {
    return this.vocabulary[id].startsWith(CONTINUATION_PREFIX);
  }

  #letters(id) {
    const token = this.vocabulary[id];
    return this.#continues(id) ? token.slice(CONTINUATION_PREFIX.length) : token;
  }
}
