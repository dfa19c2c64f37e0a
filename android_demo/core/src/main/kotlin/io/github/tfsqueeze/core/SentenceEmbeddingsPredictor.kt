package io.github.tfsqueeze.core

import kotlin.math.max
import kotlin.math.sqrt

/** Embeds a text and, given an index, finds the texts in it that are nearest. */
internal class SentenceEmbeddingsPredictor(
    model: ModelFile,
    engine: Engine,
    private val index: SearchIndex? = null,
) : Predictor(model, engine) {
    override fun predictChecked(text: String, secondText: String?): Prediction {
        val vector = run(InputSequence(tokenizer.encode(text))).single()
        // Rounding to int8 changes the length a little.
        val length = max(sqrt(vector.sumOf { it.toDouble() * it }).toFloat(), LEAST_LENGTH)
        val embedding = FloatArray(vector.size) { vector[it] / length }
        return index?.let { Prediction.Matches(it.nearest(embedding, MATCHES)) }
            ?: Prediction.Embedding(embedding)
    }

    private companion object {
        const val LEAST_LENGTH = 1e-12f
        const val MATCHES = 5
    }
}
