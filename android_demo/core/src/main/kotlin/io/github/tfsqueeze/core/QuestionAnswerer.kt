package io.github.tfsqueeze.core

/** Finds the pieces of a context that answer a question. */
internal class QuestionAnswerer(model: ModelFile, engine: Engine) : TaskRunner(model, engine) {
    override val takesSecond get() = true

    /** Whether the model was trained on questions without answers too. */
    private val mayFindNone = "no answer" in model.metadata.labels

    override fun predict(text: String, second: String?): Result {
        val context = checkNotNull(second)
        val found = AnswerSpans()
        for (window in tokenizer.encodeQuestion(text, context)) {
            val outputs = logits(window.row)
            found.add(window, outputs["start_logits"], outputs["end_logits"])
        }
        return answers(context, found.best(), found.noAnswerScore)
    }

    private fun answers(context: String, spans: List<AnswerSpan>, noAnswer: Double): Result {
        val withNone = mayFindNone || spans.isEmpty()
        val scores = spans.map { it.score } + if (withNone) noAnswer else Double.NEGATIVE_INFINITY
        val probabilities = softmax(scores.toDoubleArray())
        val candidates = spans.mapIndexed { index, span ->
            Answer(context.substring(span.start, span.end), span.start, span.end, probabilities[index])
        }
        val lead = spans.firstOrNull()?.let { noAnswer - it.score }
        val best = candidates.firstOrNull().takeUnless { mayFindNone && lead != null && lead > 0 }
        return Result.Answers(best, candidates, probabilities.last(), lead)
    }
}
