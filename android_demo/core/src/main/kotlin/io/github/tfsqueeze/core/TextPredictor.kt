package io.github.tfsqueeze.core

/** The base of the predictors of whole texts, or of pairs of texts. */
internal abstract class TextPredictor(model: ModelFile, engine: Engine) : Predictor(model, engine) {
    override val takesSecondText get() = model.metadata.pairs

    override fun predictChecked(text: String, secondText: String?): Prediction {
        val sequence = if (secondText == null) InputSequence(tokenizer.encode(text))
        else tokenizer.encodePair(text, secondText)
        val outputs = run(sequence)
        val values = outputs.single()
        return prediction(
            if (outputs.areProbabilities) FloatArray(values.size) { logit(values[it]) } else values)
    }

    abstract fun prediction(logits: FloatArray): Prediction

    /** Returns the logit of a probability, for files that give these instead. */
    open fun logit(probability: Float): Float = throw ModelException("the model gives " +
        "probabilities, and one for ${model.task.taskName} has none; convert it again")
}
