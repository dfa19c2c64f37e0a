import {Predictor} from './predictor.js';

/** Tells how near the meanings of two texts are. */
export class SentenceEmbeddingsPredictor extends Predictor {
  async predict(text, second) {
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
