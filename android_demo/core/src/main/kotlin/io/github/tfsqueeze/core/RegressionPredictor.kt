package io.github.tfsqueeze.core

/** Predicts a number for a text, or for a pair of texts. */
internal class RegressionPredictor(model: ModelFile, engine: Engine) :
    TextPredictor(model, engine) {
    private val numbers = checkNotNull(model.metadata.numberScale)

    override fun prediction(logits: FloatArray) =
        Prediction.Number(numbers.mean + numbers.scale * logits.first())
}
