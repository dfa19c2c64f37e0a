// From texts to token ids, the same as those of tfsqueeze.tokenizers.DeviceTokenizer.

import {locateWords} from './locate_words.js';
import {MatchTypes} from './match_types.js';
import {normalizedWords} from './normalized_words.js';

const CONTINUATION_PREFIX = '##';
const MASK = '[MASK]';
// As in BERT's reader of SQuAD; a longer question is cut off.
const MAX_QUESTION_TOKENS = 64;

/**
 * A row of token ids, without padding.
 *
 * @typedef {{ids: number[], secondStart: number, matches: boolean[]|undefined}} Row
 *     `secondStart` is the position of the first token of the second text; that past the end
 *     without one. `matches` tells which tokens are of words that both texts have, for a tokenizer
 *     with match types.
 */

export class WordPieceTokenizer {
  /**
   * @param {CharacterTable} table what becomes of each character.
   * @param {string[]} vocabulary the tokens in order of their ids.
   * @param {boolean} lowercase whether texts are lowercased and stripped of accents.
   * @param {number} maxLength the number of tokens of a row, special tokens included.
   * @param {string[]?} stopWords the stop words of match types; null without match types.
   */
  constructor(table, vocabulary, lowercase, maxLength, stopWords = null) {
    this.table = table;
    this.lowercase = lowercase;
    this.maxLength = maxLength;
    this.idOf = new Map(vocabulary.map((token, id) => [token, id]));
    this.longest = vocabulary.reduce((longest, token) => Math.max(longest, token.length), 0);
    this.padId = this.idOf.get('[PAD]');
    this.unkId = this.idOf.get('[UNK]');
    this.clsId = this.idOf.get('[CLS]');
    this.sepId = this.idOf.get('[SEP]');
    this.maskId = this.idOf.get(MASK);
    this.matchTypes = stopWords && new MatchTypes(vocabulary, stopWords, lowercase);
  }

  /** Returns the row `[CLS] text [SEP]`. */
  encode(text) {
    const room = this.maxLength - 2;
    const {ids} = this.tokenize(text, 0, text.length, room);
    return row([this.clsId, ...ids.slice(0, room), this.sepId]);
  }

  /**
   * Returns the row `[CLS] first [SEP] second [SEP]`; where they are too long, the longer text
   * loses tokens at its end first (Hugging Face's `longest_first`).
   */
  encodePair(first, second) {
    const budget = this.maxLength - 3;
    const firstIds = this.tokenize(first).ids;
    const secondIds = this.tokenize(second).ids;
    // An odd token goes to the longer text, or to the second of equally long ones.
    const odd = firstIds.length > secondIds.length ? budget % 2 : 0;
    const share = Math.floor(budget / 2) + odd;
    const keptFirst = Math.min(firstIds.length, Math.max(share, budget - secondIds.length));
    return this.#join(firstIds.slice(0, keptFirst), secondIds.slice(0, budget - keptFirst));
  }

  /**
   * Returns the row `[CLS] words [SEP]`, each word tokenized by itself; one without tokens becomes
   * [UNK]. A text that is too long loses whole words at its end.
   *
   * @returns {Row & {words: {start: number, end: number}[], firstTokens: number[]}} with the words
   *     of the text, and the position of the first token of each word that was not cut off.
   */
  encodeWords(text) {
    // A row has no room for more words.
    const words = locateWords(text, this.table, this.maxLength);
    const ids = [this.clsId];
    const firstTokens = [];
    for (const {start, end} of words) {
      const found = this.tokenize(text, start, end).ids;
      const pieces = found.length ? found : [this.unkId];
      if (ids.length + pieces.length > this.maxLength - 1) break;
      firstTokens.push(ids.length);
      ids.push(...pieces);
    }
    return {...row([...ids, this.sepId]), words, firstTokens};
  }

  /**
   * Returns the rows `[CLS] question [SEP] window [SEP]`, one for each window of the context. Each
   * begins after half of the one before it, so that any answer of up to that length is whole in one
   * of them (tfsqueeze/tokenizers/question_encodings.py).
   *
   * @returns {(Row & {starts: number[], ends: number[]})[]} with the UTF-16 code unit that each
   *     token of the window begins at and ends before.
   */
  encodeQuestion(question, context) {
    if (this.maxLength < 5) {
      throw new Error(`the model reads ${this.maxLength} tokens; questions need 5 at least`);
    }
    const limit = Math.min(MAX_QUESTION_TOKENS, Math.floor((this.maxLength - 3) / 2));
    const questionIds = this.tokenize(question, 0, question.length, limit).ids.slice(0, limit);
    const {ids, starts, ends} = this.tokenize(context);
    const room = this.maxLength - questionIds.length - 3;
    const stride = Math.max(1, Math.floor(room / 2));
    const windows = [];
    for (let start = 0; ; start += stride) {
      const end = Math.min(start + room, ids.length);
      windows.push({
        ...this.#join(questionIds, ids.slice(start, end)),
        starts: starts.slice(start, end),
        ends: ends.slice(start, end),
      });
      if (end === ids.length) return windows;
    }
  }

  /**
   * Returns the row of a text in which each `[MASK]` stands for one token.
   *
   * @returns {Row & {positions: number[]}} with the positions of the masks.
   */
  encodeMasked(text) {
    const parts = text.split(MASK);
    if (parts.length === 1) throw new Error(`the text has no ${MASK} to fill; write one`);
    const ids = [this.clsId];
    const positions = [];
    parts.forEach((part, index) => {
      if (index > 0) {
        positions.push(ids.length);
        ids.push(this.maskId);
      }
      for (const id of this.tokenize(part, 0, part.length, this.maxLength).ids) ids.push(id);
    });
    if (positions.at(-1) > this.maxLength - 2) {
      throw new Error(
        `a ${MASK} stands past the ${this.maxLength - 2} tokens that the model reads; ` +
          'shorten the text');
    }
    return {...row([...ids.slice(0, this.maxLength - 1), this.sepId]), positions};
  }

  /**
   * Returns the tokens of a part of a text, with the UTF-16 code units that each begins at and ends
   * before.
   *
   * @param {number} limit the number of tokens from which on no further word is read.
   */
  tokenize(text, start = 0, end = text.length, limit = Infinity) {
    const tokens = {ids: [], starts: [], ends: []};
    const words = normalizedWords(text, start, end, this.table, this.lowercase);
    for (const word of words) {
      this.#addWord(tokens, word);
      if (tokens.ids.length >= limit) break;
    }
    return tokens;
  }

  #addWord(tokens, word) {
    const count = tokens.ids.length;
    let index = 0;
    while (!word.isOverlong && index < word.letters.length) {
      const [id, end] = this.#longestToken(word.letters, index);
      if (id === undefined) break;
      add(tokens, id, word.starts[index], word.ends[end - 1]);
      index = end;
    }
    if (index < word.letters.length) {
      tokens.ids.length = tokens.starts.length = tokens.ends.length = count;
      add(tokens, this.unkId, word.starts[0], word.ends.at(-1));
    }
  }

  /** Returns the id and the end of the longest token that a word has at a letter. */
  #longestToken(letters, start) {
    const prefix = start === 0 ? '' : CONTINUATION_PREFIX;
    for (let end = Math.min(letters.length, start + this.longest); end > start; end--) {
      const id = this.idOf.get(prefix + String.fromCodePoint(...letters.slice(start, end)));
      if (id !== undefined) return [id, end];
    }
    return [undefined, start];
  }

  #join(firstIds, secondIds) {
    const ids = [this.clsId, ...firstIds, this.sepId, ...secondIds, this.sepId];
    const made = row(ids, firstIds.length + 2);
    if (!this.matchTypes) return made;
    return {...made, matches: this.matchTypes.matches(ids, made.secondStart)};
  }
}

function row(ids, secondStart = ids.length) {
  return {ids, secondStart};
}

function add(tokens, id, start, end) {
  tokens.ids.push(id);
  tokens.starts.push(start);
  tokens.ends.push(end);
}
