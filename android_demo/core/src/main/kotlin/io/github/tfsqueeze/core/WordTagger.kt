package io.github.tfsqueeze.core

/** The base of the tasks that tag each word of a text. */
internal abstract class WordTagger(
    model: ModelFile,
    engine: Engine,
    private val tags: List<String>,
) : TaskRunner(model, engine) {
    private val sequences = TagSequences(tags)

    override fun predict(text: String, second: String?): Result {
        val words = locateWords(text)
        val row = tokenizer.encodeWords(text, words)
        val outputs = logits(TokenRow(row.ids))
        return result(outputs, entities(text, words, row, tagLogits(outputs)))
    }

    /** The logits [length, tags]. */
    abstract fun tagLogits(outputs: Outputs): FloatArray

    abstract fun result(outputs: Outputs, entities: List<Entity>): Result

    private fun entities(text: String, words: List<Word>, row: WordRow, logits: FloatArray): List<Entity> {
        // Words that were cut off have no tag.
        val best = sequences.best(logits, row.firstTokens)
        val found = row.firstTokens.map { softmax(logits, it * tags.size, (it + 1) * tags.size) }
        return spans(best.map { tags[it] }).map { span ->
            val start = words[span.first].start
            val end = words[span.last - 1].end
            val score = (span.first until span.last).sumOf { found[it][best[it]] }
            Entity(text.substring(start, end), span.type, start, end, score / (span.last - span.first))
        }
    }
}

/** Finds entities in texts. */
internal class TokenClassifier(model: ModelFile, engine: Engine) :
    WordTagger(model, engine, model.metadata.labels) {
    override fun tagLogits(outputs: Outputs) = outputs.single()

    override fun result(outputs: Outputs, entities: List<Entity>) = Result.Entities(entities)
}

/** Tells the intent of commands and finds their slots. */
internal class IntentAndSlotClassifier(model: ModelFile, engine: Engine) :
    WordTagger(model, engine, model.metadata.slotLabels) {
    override fun tagLogits(outputs: Outputs) = outputs["slot_logits"]

    override fun result(outputs: Outputs, entities: List<Entity>) =
        Result.IntentAndSlots(ranked(outputs["intent_logits"], model.metadata.labels), entities)
}
