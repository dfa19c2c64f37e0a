package io.github.tfsqueeze.core

import java.lang.Float.MIN_NORMAL
import kotlin.math.ln
import kotlin.math.max

/** Predicts a label for a text, or for a pair of texts. */
internal class TextClassificationPredictor(model: ModelFile, engine: Engine) :
    TextPredictor(model, engine) {
    override fun prediction(logits: FloatArray) =
        Prediction.Labels(rankLabels(logits, model.metadata.labels))

    override fun logit(probability: Float) = ln(max(probability, MIN_NORMAL))
}
