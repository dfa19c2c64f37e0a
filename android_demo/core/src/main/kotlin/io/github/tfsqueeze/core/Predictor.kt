package io.github.tfsqueeze.core

/**
 * Predicts with a model, from a text to the decoded result.
 *
 * [open] makes the predictor of a model's task. Call it from one thread at a time.
 */
abstract class Predictor internal constructor(
    val model: ModelFile,
    private val engine: Engine,
) : AutoCloseable {
    internal val tokenizer =
        model.metadata.run { WordPieceTokenizer(vocabulary, lowercase, model.maxLength, matchStopWords) }

    /** Whether [predict] needs a second text: that of a pair, or the context of a question. */
    open val takesSecondText: Boolean get() = false

    /**
     * Returns the prediction for a text.
     *
     * @param text the text, or the first of a pair, or the question.
     * @param secondText the second text of a pair, or the context of the question.
     *
     * Throws [ModelException] where the second text is missing or not wanted, or the engine fails.
     */
    fun predict(text: String, secondText: String? = null): Prediction {
        if (takesSecondText && secondText == null) {
            throw ModelException("the model is for two texts; give a second one")
        }
        if (!takesSecondText && secondText != null) {
            throw ModelException("the model is for single texts; give no second one")
        }
        return predictChecked(text, secondText)
    }

    /** Predicts as [predict] does; the second text is there where the task needs one. */
    internal abstract fun predictChecked(text: String, secondText: String?): Prediction

    override fun close() = engine.close()

    /** Runs the shortest signature that holds the sequence. */
    internal fun run(sequence: InputSequence): Outputs {
        val signature = model.signatures.first { it.length >= sequence.ids.size }
        val inputs = signature.inputs.associate {
            it.name to pad(it.name, sequence, signature.length)
        }
        val outputs = engine.run(signature, inputs)
        return Outputs(signature.outputs.associate { info ->
            val stored = outputs[info.name]
                ?: throw ModelException("the engine gave no ${info.name}")
            info.name to info.dequantize(stored)
        })
    }

    private fun pad(name: String, sequence: InputSequence, length: Int): IntArray {
        val tokens = sequence.ids.size
        return when (name) {
            "input_ids" ->
                IntArray(length) { if (it < tokens) sequence.ids[it] else tokenizer.padId }
            "attention_mask" -> IntArray(length) { if (it < tokens) 1 else 0 }
            "token_type_ids" ->
                IntArray(length) { if (it < tokens) sequence.tokenType(it) else 0 }
            else -> throw ModelException("the model has an input $name; only input_ids, " +
                "attention_mask and token_type_ids are known")
        }
    }

    companion object {
        /**
         * Returns the predictor of the model's task, which owns the engine with the same file.
         *
         * @param index texts that a model of sentence embeddings searches: [predict] then returns
         *   [Prediction.Matches] instead of [Prediction.Embedding].
         *
         * Throws [ModelException] where the vocabulary lacks a special token, or there is an index
         * and the model is for another task; the engine is closed then.
         */
        fun open(model: ModelFile, engine: Engine, index: SearchIndex? = null): Predictor = try {
            create(model, engine, index)
        } catch (error: Exception) {
            engine.close()
            throw error
        }

        private fun create(model: ModelFile, engine: Engine, index: SearchIndex?): Predictor {
            if (index == null) return model.task.createPredictor(model, engine)
            if (model.task != Task.SENTENCE_EMBEDDINGS) {
                throw ModelException("the model is for ${model.task.taskName}, and only a model " +
                    "for sentence-embeddings searches texts; open it without an index")
            }
            return SentenceEmbeddingsPredictor(model, engine, index)
        }
    }
}
