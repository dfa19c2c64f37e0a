import {ranked, softmax} from '../decoding/probabilities.js';
import {Predictor} from './predictor.js';

const TOP_K = 5;

/** Finds tokens for `[MASK]` in texts, for each mask independently of the others. */
export class MaskedLMPredictor extends Predictor {
  async predict(text) {
    const row = this.tokenizer.encodeMasked(text);
    const masks = [];
    let filled = text;
    for (const position of row.positions) {
      const [logits] = Object.values(await this.network.run(row, {masked_positions: [position]}));
      const shares = softmax(logits);
      const best = ranked(shares, TOP_K).map((id) =>
        ({token: this.about.vocabulary[id], probability: shares[id]}));
      masks.push(best);
      filled = filled.replace('[MASK]', () => best[0].token.replace(/^##/, ''));
    }
    return {text, masks, filled};
  }
}
