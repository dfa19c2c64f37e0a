package io.github.tfsqueeze.core

/**
 * Runs a model on texts, from text to result. Made by [open]; call it from one thread at a time.
 *
 * @property takesSecond whether [run] needs a second text: of a pair, or the context of a question.
 */
abstract class TaskRunner internal constructor(
    val model: ModelFile,
    private val engine: Engine,
) : AutoCloseable {
    internal val tokenizer =
        WordPieceTokenizer(model.metadata.vocabulary, model.metadata.lowercase, model.maxLength)

    open val takesSecond: Boolean get() = false

    /**
     * What the model makes of a text: [text] itself, or the first of a pair, or a question, whose
     * context [second] is then.
     *
     * Throws [ModelException] where a second text is missing or too much, or the engine fails.
     */
    fun run(text: String, second: String? = null): Result {
        if (takesSecond && second == null) {
            throw ModelException("the model is for two texts; give a second one")
        }
        if (!takesSecond && second != null) {
            throw ModelException("the model is for single texts; give no second one")
        }
        return predict(text, second)
    }

    internal abstract fun predict(text: String, second: String?): Result

    override fun close() = engine.close()

    /** Runs the shortest signature that holds the row; returns the real values of the outputs. */
    internal fun logits(row: TokenRow): Outputs {
        val signature = model.signatures.first { it.length >= row.ids.size }
        val inputs = signature.inputs.associate { it.name to input(it.name, row, signature.length) }
        val outputs = engine.run(signature, inputs)
        return Outputs(signature.outputs.associate { info ->
            val stored = outputs[info.name] ?: throw ModelException("the engine gave no ${info.name}")
            info.name to info.dequantize(stored)
        })
    }

    private fun input(name: String, row: TokenRow, length: Int): IntArray {
        val tokens = row.ids.size
        return when (name) {
            "input_ids" -> IntArray(length) { if (it < tokens) row.ids[it] else tokenizer.padId }
            "attention_mask" -> IntArray(length) { if (it < tokens) 1 else 0 }
            "token_type_ids" -> IntArray(length) { if (it in row.secondStart until tokens) 1 else 0 }
            else -> throw ModelException("the model has an input $name; only input_ids, " +
                "attention_mask and token_type_ids are known")
        }
    }

    companion object {
        /** The runner of a model's task; it owns the engine, which has the same file open. */
        fun open(model: ModelFile, engine: Engine): TaskRunner = when (model.task) {
            Task.TEXT_CLASSIFICATION -> TextClassifier(model, engine)
            Task.TOKEN_CLASSIFICATION -> TokenClassifier(model, engine)
            Task.INTENT_AND_SLOTS -> IntentAndSlotClassifier(model, engine)
            Task.QUESTION_ANSWERING -> QuestionAnswerer(model, engine)
        }
    }
}

/** The real values of a run's outputs. */
internal class Outputs(private val byName: Map<String, FloatArray>) {
    operator fun get(name: String): FloatArray =
        byName[name] ?: throw ModelException("the model has no output $name")

    /** The only output, whatever another converter named it. */
    fun single(): FloatArray = byName.values.singleOrNull()
        ?: throw ModelException("the model has the outputs ${byName.keys}; one is needed")
}

/** The classes of logits, the most probable first, of equals in the model's order. */
internal fun ranked(logits: FloatArray, names: List<String>): List<LabelProbability> =
    names.zip(softmax(logits).asIterable(), ::LabelProbability)
        .sortedByDescending { it.probability }
