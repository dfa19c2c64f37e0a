import {ranked, sigmoid} from '../decoding/probabilities.js';
import {TextPredictor} from './text_predictor.js';

// A logit may lie exactly on its threshold, and libraries round a sigmoid differently.
// tfsqueeze/tasks/outputs.py has the same number.
const ROUNDING = 1e-12;

/** Tells the labels whose probability reaches their threshold, the most probable first. */
export class MultiLabelClassificationPredictor extends TextPredictor {
  decode(logits) {
    const {labels, decoding} = this.about;
    const shares = Array.from(logits, sigmoid);
    return {
      labels: ranked(shares)
        .filter((index) => shares[index] >= decoding.thresholds[index] - ROUNDING)
        .map((index) => labels[index]),
      probabilities: labels.map((label, index) => [label, shares[index]]),
    };
  }
}
