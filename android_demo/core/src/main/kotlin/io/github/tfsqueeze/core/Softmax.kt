package io.github.tfsqueeze.core

import kotlin.math.exp

/** The probabilities of the logits from [start] to before [end]. */
internal fun softmax(logits: FloatArray, start: Int = 0, end: Int = logits.size): DoubleArray =
    softmax(DoubleArray(end - start) { logits[start + it].toDouble() })

/** The probabilities of logits; the greatest is taken off first, so that none overflows. */
internal fun softmax(logits: DoubleArray): DoubleArray {
    val greatest = logits.fold(Double.NEGATIVE_INFINITY, ::maxOf)
    val exponentials = DoubleArray(logits.size) { exp(logits[it] - greatest) }
    val sum = exponentials.sum()
    return DoubleArray(logits.size) { exponentials[it] / sum }
}

/** The place of the greatest value, of equals the first. */
internal fun DoubleArray.argmax(): Int =
    indices.fold(0) { best, place -> if (this[place] > this[best]) place else best }
