import {Predictor} from './predictor.js';

const MATCHES = 10;

/** Finds the texts nearest to a text or, without texts to search, tells how near two texts are. */
export class SentenceEmbeddingsPredictor extends Predictor {
  #index;

  /** `index` is the `SearchIndex`, or null; `Predictor` describes the others. */
  constructor(about, tokenizer, network, index) {
    super(about, tokenizer, network);
    this.#index = index;
  }

  async predict(text, second) {
    if (this.#index) return {matches: this.#index.nearest(await this.embed(text), MATCHES)};
    const embeddings = [await this.embed(text), await this.embed(second)];
    const [a, b] = embeddings;
    return {embeddings, cosine: a.reduce((sum, value, index) => sum + value * b[index], 0)};
  }

  /** Returns the vector of a text, of length 1: rounding to int8 changes the length a little. */
  async embed(text) {
    const [vector] = Object.values(await this.network.run(this.tokenizer.encode(text)));
    const norm = Math.max(Math.hypot(...vector), 1e-12);
    return Array.from(vector, (value) => value / norm);
  }
}
