package io.github.tfsqueeze.core

/** Predicts a label for a text, or for a pair of texts. */
internal class TextClassificationPredictor(model: ModelFile, engine: Engine) :
    TextPredictor(model, engine) {
    override fun prediction(logits: FloatArray) =
        Prediction.Labels(rankLabels(logits, model.metadata.labels))
}
