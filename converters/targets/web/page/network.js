// The network of model.tflite on LiteRT.js, which computes on the CPU in WebAssembly.

import {fetchFile} from './fetch_file.js';
import {loadAndCompile, loadLiteRt, Tensor} from './litert/core.js';

/** Opens model.tflite of a folder; `about` is what model.json says. */
export async function openNetwork(folder, about) {
  const file = await (await fetchFile(new URL('model.tflite', folder))).arrayBuffer();
  await loadLiteRt(new URL('litert/', folder).href);
  const model = await loadAndCompile(new Uint8Array(file), {accelerator: 'wasm'});
  return new Network(model, about);
}

class Network {
  #model;
  #about;

  constructor(model, about) {
    this.#model = model;
    this.#about = about;
  }

  /**
   * Runs a row on the shortest signature that holds it; model.json has the shortest first.
   *
   * @param {Row} row the tokens.
   * @param {Object<string, number[]>} others inputs beside those of the tokens, by name.
   * @returns {Promise<Object<string, Float32Array>>} the outputs by name.
   */
  async run(row, others = {}) {
    const {signatures} = this.#about;
    const {key, length, inputs} = signatures.find((one) => one.length >= row.ids.length);
    const values = {...this.#tokenInputs(row, length), ...others};
    const tensors = Object.fromEntries(inputs.map((name) =>
      [name, new Tensor(Int32Array.from(values[name]), [1, values[name].length])]));
    const outputs = await this.#model.run(key, tensors);
    const found = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      // A copy: the array itself is in memory that is freed.
      found[name] = Float32Array.from(tensor.toTypedArray());
    }
    for (const tensor of [...Object.values(tensors), ...Object.values(outputs)]) tensor.delete();
    for (const [name, logits] of Object.entries(found)) {
      if (!logits.every(Number.isFinite)) {
        throw new Error(`the model's ${name} are not finite numbers; export it again`);
      }
    }
    return found;
  }

  #tokenInputs({ids, secondStart, matches = []}, length) {
    const positions = Array.from({length}, (_, position) => position);
    return {
      input_ids: positions.map((position) => ids[position] ?? this.#about.padId),
      attention_mask: positions.map((position) => Number(position < ids.length)),
      token_type_ids: positions.map((position) =>
        Number(position >= secondStart && position < ids.length) +
          2 * Number(matches[position] ?? false)),
    };
  }
}
