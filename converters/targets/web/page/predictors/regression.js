import {TextPredictor} from './text_predictor.js';

/** Tells the number of a text, or of a pair of texts, in the unit of the training data. */
export class RegressionPredictor extends TextPredictor {
  decode([logit]) {
    const {mean, scale} = this.about.decoding;
    return {number: mean + scale * logit};
  }
}
