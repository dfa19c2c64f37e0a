package io.github.tfsqueeze.core

/**
 * The base of the predictors that tag each word of a text.
 *
 * @param tags the names of the tags, in the order of their logits.
 */
internal abstract class WordTaggingPredictor(
    model: ModelFile,
    engine: Engine,
    private val tags: List<String>,
) : Predictor(model, engine) {
    private val decoder = ViterbiDecoder(tags)

    override fun predictChecked(text: String, secondText: String?): Prediction {
        val words = locateWords(text)
        val encoding = tokenizer.encodeWords(text, words)
        val outputs = run(InputSequence(encoding.ids))
        return prediction(outputs, entities(text, words, encoding, tagLogits(outputs)))
    }

    /** Returns the logits [length, tags], in row-major order. */
    abstract fun tagLogits(outputs: Outputs): FloatArray

    abstract fun prediction(outputs: Outputs, entities: List<Entity>): Prediction

    private fun entities(
        text: String, words: List<Word>, encoding: WordEncoding, logits: FloatArray,
    ): List<Entity> {
        // Words that were cut off have no tag.
        val best = decoder.decode(logits, encoding.firstTokens)
        val probabilities = encoding.firstTokens.map {
            softmax(logits, it * tags.size, (it + 1) * tags.size)
        }
        return bioSpans(best.map { tags[it] }).map { span ->
            val start = words[span.first].start
            val end = words[span.last - 1].end
            val score = (span.first until span.last).sumOf { probabilities[it][best[it]] }
            val count = span.last - span.first
            Entity(text.substring(start, end), span.type, start, end, score / count)
        }
    }
}
