// What the tokenizers of training do with each Unicode character, from characters.bin, which
// android_demo/core/character_table.py writes and describes. The browser's own tables do not do:
// their Unicode version differs from browser to browser.

/** The bits of a code point's flags. */
export const KIND = 0x03;
export const REPLACED = 0x04;
export const STRIPPED = 0x08;
export const MARK = 0x10;
export const WORD_SPACE = 0x20;
export const WORD_PUNCTUATION = 0x40;

/** The values of `KIND`. */
export const DELETED = 0;
export const ISOLATED = 2;
export const WORD = 3;

const PAGE_BITS = 8;
const PAGES = 0x110000 >> PAGE_BITS;

export class CharacterTable {
  /** @param {ArrayBuffer} content the bytes of characters.bin. */
  constructor(content) {
    const view = new DataView(content);
    let position = 0;
    const uint8 = () => view.getUint8(position++);
    const uint16 = () => (position += 2, view.getUint16(position - 2));
    const codePoint = () => (uint8() << 16) | uint16();
    const bytes = (count) => new Uint8Array(content, (position += count) - count, count);

    this.pageOf = bytes(PAGES);
    this.pages = bytes(uint16() << PAGE_BITS);
    this.replacements = new Map();
    for (let left = uint16(); left > 0; left--) {
      const replaced = codePoint();
      this.replacements.set(replaced, Array.from({length: uint8()}, codePoint));
    }
    this.ranks = new Map();
    for (let left = uint16(); left > 0; left--) this.ranks.set(codePoint(), uint8());
  }

  flags(codePoint) {
    return this.pages[(this.pageOf[codePoint >> PAGE_BITS] << PAGE_BITS) | (codePoint & 0xff)];
  }

  /** Returns the code points that replace a `REPLACED` one in lowercased texts. */
  replacement(codePoint) {
    return this.replacements.get(codePoint);
  }

  /** Returns the rank of a `MARK` among the combining classes; lower ranks come first. */
  rank(mark) {
    return this.ranks.get(mark);
  }
}
