package io.github.tfsqueeze.core

import kotlin.math.exp

/** Returns the probabilities of the logits from [start] to before [end]. */
internal fun softmax(logits: FloatArray, start: Int = 0, end: Int = logits.size): DoubleArray =
    softmax(DoubleArray(end - start) { logits[start + it].toDouble() })

/** Returns the probabilities of logits; the maximum is subtracted first, so that none overflows. */
internal fun softmax(logits: DoubleArray): DoubleArray {
    val maximum = logits.fold(Double.NEGATIVE_INFINITY, ::maxOf)
    val exponentials = DoubleArray(logits.size) { exp(logits[it] - maximum) }
    val sum = exponentials.sum()
    return DoubleArray(logits.size) { exponentials[it] / sum }
}

/** Returns the index of the greatest value; among equals the first. */
internal fun DoubleArray.argmax(): Int =
    indices.fold(0) { best, index -> if (this[index] > this[best]) index else best }
