package io.github.tfsqueeze.core

import java.lang.Float.MIN_NORMAL
import kotlin.math.ln
import kotlin.math.ln1p

/** Predicts which labels a text, or a pair of texts, has: any number of them, or none. */
internal class MultiLabelClassificationPredictor(model: ModelFile, engine: Engine) :
    TextPredictor(model, engine) {
    override fun prediction(logits: FloatArray): Prediction {
        val labels = model.metadata.labels.mapIndexed { index, label ->
            LabelProbability(label, sigmoid(logits[index].toDouble()))
        }
        val chosen = labels.filterIndexed { index, label ->
            label.probability >= model.metadata.thresholds[index] - ROUNDING
        }
        return Prediction.ChosenLabels(ranked(chosen), ranked(labels))
    }

    override fun logit(probability: Float): Float {
        val within = probability.coerceIn(MIN_NORMAL, Math.nextDown(1f))
        return ln(within) - ln1p(-within)
    }

    private fun ranked(labels: List<LabelProbability>) = labels.sortedByDescending { it.probability }

    private companion object {
        // A logit may lie exactly on its threshold, and libraries round a sigmoid differently.
        // `tfsqueeze/tasks/outputs.py` has the same number.
        const val ROUNDING = 1e-12
    }
}
