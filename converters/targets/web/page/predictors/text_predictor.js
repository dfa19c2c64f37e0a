import {Predictor} from './predictor.js';

/** The base of the predictors that read a text, or a pair of texts, as a whole. */
export class TextPredictor extends Predictor {
  async predict(text, second) {
    const row = this.about.pairs
      ? this.tokenizer.encodePair(text, second)
      : this.tokenizer.encode(text);
    const [logits] = Object.values(await this.network.run(row));
    return this.decode(logits);
  }
}
