import {labelsOf} from '../decoding/probabilities.js';
import {WordPredictor} from './word_predictor.js';

/** Tells the intent of commands and finds their slots. */
export class IntentAndSlotsPredictor extends WordPredictor {
  async predict(text) {
    const row = this.tokenizer.encodeWords(text);
    const logits = await this.network.run(row);
    const {label, ...shares} = labelsOf(logits.intent_logits, this.about.labels);
    const slots = this.entities(text, row, logits.slot_logits, this.about.slots);
    return {text, intent: label, ...shares, slots};
  }
}
