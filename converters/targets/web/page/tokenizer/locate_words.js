// The words that a model of words reads (tfsqueeze/tokenizers/words.py).

import {WORD_PUNCTUATION, WORD_SPACE} from './character_table.js';

/**
 * Returns where the words of a text begin and end, in UTF-16 code units.
 *
 * They end at white space and around every punctuation character, as those of Hugging Face's
 * BertPreTokenizer. Lone surrogates belong to no word.
 *
 * @param {number} limit the largest number of words.
 */
export function locateWords(text, table, limit) {
  const words = [];
  let start = -1;
  let end = -1;
  const endWord = () => {
    if (start >= 0) words.push({start, end});
    start = -1;
  };
  for (let position = 0, next; position < text.length && words.length < limit; position = next) {
    const codePoint = text.codePointAt(position);
    next = position + (codePoint > 0xffff ? 2 : 1);
    const flags = table.flags(codePoint);
    if (flags & WORD_SPACE) {
      endWord();
    } else if (flags & WORD_PUNCTUATION) {
      endWord();
      words.push({start: position, end: next});
    } else if (codePoint < 0xd800 || codePoint > 0xdfff) {
      if (start < 0) start = position;
      end = next;
    }
  }
  endWord();
  return words.slice(0, limit);
}
