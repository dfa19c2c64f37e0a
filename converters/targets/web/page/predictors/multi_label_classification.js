import {ranked, sigmoid} from '../decoding/probabilities.js';
import {TextPredictor} from './text_predictor.js';

/** Tells the labels whose probability reaches their threshold, the most probable first. */
export class MultiLabelClassificationPredictor extends TextPredictor {
  decode(logits) {
    const {labels, decoding} = this.about;
    const shares = Array.from(logits, sigmoid);
    return {
      labels: ranked(shares)
        .filter((index) => shares[index] >= decoding.thresholds[index])
        .map((index) => labels[index]),
      probabilities: labels.map((label, index) => [label, shares[index]]),
    };
  }
}
