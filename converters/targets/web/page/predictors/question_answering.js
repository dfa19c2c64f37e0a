import {AnswerSearch} from '../decoding/answer_spans.js';
import {softmax} from '../decoding/probabilities.js';
import {Predictor} from './predictor.js';

const NO_ANSWER = 'no answer';

/** Finds the spans of a context that answer a question. */
export class QuestionAnsweringPredictor extends Predictor {
  async predict(question, context) {
    const search = new AnswerSearch();
    for (const window of this.tokenizer.encodeQuestion(question, context)) {
      const logits = await this.network.run(window);
      search.add(window, logits.start_logits, logits.end_logits);
    }
    return this.#prediction(context, search.best(), search.noAnswerScore);
  }

  #prediction(context, spans, noAnswerScore) {
    const mayHaveNone = this.about.labels.includes(NO_ANSWER);
    // Files of earlier versions lack both.
    const {no_answer_threshold: threshold = 0, temperature = 1} = this.about.decoding;
    const withNone = mayHaveNone || !spans.length;
    const scores = [...spans.map((span) => span.score), withNone ? noAnswerScore : -Infinity];
    const shares = softmax(scores.map((score) => score / temperature));
    const candidates = spans.map(({start, end}, index) =>
      ({text: context.slice(start, end), start, end, probability: shares[index]}));
    const lead = spans.length ? noAnswerScore - scores[0] : null;
    if (!spans.length || (mayHaveNone && lead > threshold)) {
      return {answer: null, probability: shares.at(-1), noAnswerScore: lead, candidates};
    }
    const [answer] = candidates;
    return {answer, probability: answer.probability, noAnswerScore: lead, candidates};
  }
}
