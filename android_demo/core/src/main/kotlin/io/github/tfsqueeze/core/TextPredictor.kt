package io.github.tfsqueeze.core

/** The base of the predictors of whole texts, or of pairs of texts. */
internal abstract class TextPredictor(model: ModelFile, engine: Engine) : Predictor(model, engine) {
    override val takesSecondText get() = model.metadata.pairs

    override fun predictChecked(text: String, secondText: String?): Prediction {
        val sequence = if (secondText == null) InputSequence(tokenizer.encode(text))
        else tokenizer.encodePair(text, secondText)
        return prediction(run(sequence).single())
    }

    abstract fun prediction(logits: FloatArray): Prediction
}
