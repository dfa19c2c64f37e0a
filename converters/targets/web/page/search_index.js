// The texts that an embedder searches: model.safetensors, of the format safetensors, which is the
// length of a JSON header as a 64-bit number, the header, and the tensors.

import {fetchFile} from './fetch_file.js';

const TYPES = {I8: Int8Array, I32: Int32Array, I64: BigInt64Array, U8: Uint8Array};

/** Opens model.safetensors of a folder; `folder` is a URL that ends in a slash. */
export async function openSearchIndex(folder) {
  const content = await (await fetchFile(new URL('model.safetensors', folder))).arrayBuffer();
  const size = Number(new DataView(content).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(content, 8, size)));
  const tensor = (name) => {
    const {dtype, data_offsets: [start, end]} = header[name];
    // A copy, since a tensor may begin where its elements cannot.
    return new TYPES[dtype](content.slice(8 + size + start, 8 + size + end));
  };
  const utf8 = tensor('texts');
  const limits = Array.from(tensor('limits'), Number);
  const texts = limits.slice(1).map((end, row) =>
    new TextDecoder().decode(utf8.subarray(limits[row], end)));
  return new SearchIndex(texts, tensor('vectors'), tensor('zero_point')[0]);
}

/** Texts and their vectors: a vector is (value - zero point), divided by its length. */
class SearchIndex {
  #texts;
  #steps;
  #channels;
  #lengths;

  constructor(texts, vectors, zeroPoint) {
    this.#texts = texts;
    this.#channels = vectors.length / texts.length;
    this.#steps = Float32Array.from(vectors, (value) => value - zeroPoint);
    this.#lengths = texts.map((_, row) => Math.max(Math.hypot(...this.#row(row)), 1e-12));
  }

  #row(row) {
    return this.#steps.subarray(row * this.#channels, (row + 1) * this.#channels);
  }

  /**
   * Returns the texts with the highest cosines, the highest first; of equals the earlier first.
   *
   * @param {number[]} vector a vector of length 1.
   * @param {number} count the number of texts.
   * @returns {{text: string, index: number, cosine: number}[]}
   */
  nearest(vector, count) {
    const found = this.#texts.map((text, index) => {
      const product = this.#row(index).reduce((sum, step, channel) => sum + step * vector[channel], 0);
      return {text, index, cosine: product / this.#lengths[index]};
    });
    return found.sort((a, b) => b.cosine - a.cosine).slice(0, count);
  }
}
