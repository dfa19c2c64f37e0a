import {WordPredictor} from './word_predictor.js';

/** Finds entities in texts. */
export class TokenClassificationPredictor extends WordPredictor {
  async predict(text) {
    const row = this.tokenizer.encodeWords(text);
    const [logits] = Object.values(await this.network.run(row));
    return {text, entities: this.entities(text, row, logits, this.about.labels)};
  }
}
