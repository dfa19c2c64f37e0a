package io.github.tfsqueeze.core

/** Predicts the spans of a context that answer a question. */
internal class QuestionAnsweringPredictor(model: ModelFile, engine: Engine) :
    Predictor(model, engine) {
    override val takesSecondText get() = true

    /** Whether the model was trained on questions without answers too. */
    private val allowsNoAnswer = "no answer" in model.metadata.labels
    private val decoding = checkNotNull(model.metadata.answerDecoding)

    override fun predictChecked(text: String, secondText: String?): Prediction {
        val context = checkNotNull(secondText)
        val candidates = AnswerCandidates()
        for (window in tokenizer.encodeQuestion(text, context)) {
            val outputs = run(window.sequence)
            candidates.add(window, outputs["start_logits"], outputs["end_logits"])
        }
        return answers(context, candidates.best(), candidates.noAnswerScore)
    }

    private fun answers(
        context: String, spans: List<AnswerSpan>, noAnswerScore: Double,
    ): Prediction {
        val withNoAnswer = allowsNoAnswer || spans.isEmpty()
        val scores = spans.map { it.score } +
            if (withNoAnswer) noAnswerScore else Double.NEGATIVE_INFINITY
        val probabilities = softmax(DoubleArray(scores.size) { scores[it] / decoding.temperature })
        val candidates = spans.mapIndexed { index, span ->
            val text = context.substring(span.start, span.end)
            Answer(text, span.start, span.end, probabilities[index])
        }
        val lead = spans.firstOrNull()?.let { noAnswerScore - it.score }
        val best = candidates.firstOrNull().takeUnless {
            allowsNoAnswer && lead != null && lead > decoding.noAnswerThreshold
        }
        return Prediction.Answers(best, candidates, probabilities.last(), lead)
    }
}
