// The words of a text, normalized character by character as in training
// (tfsqueeze/tokenizers/normalized_words.py).

import {DELETED, ISOLATED, KIND, MARK, REPLACED, STRIPPED, WORD} from './character_table.js';

// A word of more bytes of UTF-8 is one [UNK], and so is one with more ASCII letters and digits in a
// row (tfsqueeze/tokenizers/tokenizer_settings.py).
const MAX_WORD_BYTES = 400;
const MAX_WORD_ALPHANUMERICS = 100;

// Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12).
const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;

/** A word that grows letter by letter; positions are UTF-16 code units of the text. */
class Word {
  letters = [];
  starts = [];
  ends = [];
  isOverlong = false;
  #bytes = 0;
  #alphanumerics = 0;
  #marks = 0; // the marks at the end that NFD may still sort

  get isEmpty() {
    return this.starts.length === 0;
  }

  add(letter, start, end) {
    if (this.isOverlong) {
      this.ends[this.ends.length - 1] = end;
      return;
    }
    this.letters.push(letter);
    this.starts.push(start);
    this.ends.push(end);
    this.#bytes += utf8Length(letter);
    this.#alphanumerics = letter < 0x80 ? this.#alphanumerics + 1 : 0;
    this.isOverlong =
      this.#bytes > MAX_WORD_BYTES || this.#alphanumerics > MAX_WORD_ALPHANUMERICS;
  }

  /** Moves the mark at the end before those of higher classes (NFD's canonical order). */
  sortMark(table) {
    if (this.isOverlong) return;
    this.#marks++;
    const mark = this.letters.at(-1);
    const rank = table.rank(mark);
    let index = this.letters.length - 1;
    const first = this.letters.length - this.#marks;
    while (index > first && table.rank(this.letters[index - 1]) > rank) {
      this.letters[index] = this.letters[index - 1];
      index--;
    }
    this.letters[index] = mark;
  }

  /** Ends the marks that NFD sorts among each other. */
  fixMarks() {
    this.#marks = 0;
  }
}

/**
 * Yields the words of a part of a text.
 *
 * @param {CharacterTable} table what becomes of each character.
 * @param {boolean} lowercase whether texts are lowercased and stripped of accents.
 */
export function* normalizedWords(text, start, end, table, lowercase) {
  let word = new Word();
  for (let position = start, next; position < end; position = next) {
    const codePoint = text.codePointAt(position);
    next = position + (codePoint > 0xffff ? 2 : 1);
    const flags = table.flags(codePoint);
    if ((flags & KIND) === DELETED) continue;
    if (lowercase && flags & STRIPPED) {
      if (!(flags & MARK)) word.fixMarks();
      continue;
    }
    for (const letter of forms(codePoint, flags, table, lowercase)) {
      const found = table.flags(letter);
      if ((found & KIND) === WORD) {
        word.add(letter, position, next);
        if (lowercase && found & MARK) word.sortMark(table);
        else word.fixMarks();
        continue;
      }
      if (!word.isEmpty) yield word;
      word = new Word();
      if ((found & KIND) === ISOLATED) {
        word.add(letter, position, next);
        yield word;
        word = new Word();
      }
    }
  }
  if (!word.isEmpty) yield word;
}

/** Returns the code points that a character becomes. */
function forms(codePoint, flags, table, lowercase) {
  if (!lowercase) return [codePoint];
  if (flags & REPLACED) return table.replacement(codePoint);
  if (codePoint < FIRST_SYLLABLE || codePoint > LAST_SYLLABLE) return [codePoint];
  const syllable = codePoint - FIRST_SYLLABLE;
  const trailing = syllable % 28;
  const jamo = [0x1100 + Math.floor(syllable / 588), 0x1161 + Math.floor((syllable % 588) / 28)];
  return trailing ? [...jamo, 0x11a7 + trailing] : jamo;
}

function utf8Length(codePoint) {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
