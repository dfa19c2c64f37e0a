import {labelsOf} from '../decoding/probabilities.js';
import {TextPredictor} from './text_predictor.js';

/** Tells the most probable label of a text, or of a pair of texts. */
export class TextClassificationPredictor extends TextPredictor {
  decode(logits) {
    return labelsOf(logits, this.about.labels);
  }
}
