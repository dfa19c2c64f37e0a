package io.github.tfsqueeze.core

import kotlin.math.exp

/** The probabilities of the logits from [start] to before [end]; the greatest is taken off first,
 * so that none overflows. */
internal fun softmax(logits: FloatArray, start: Int = 0, end: Int = logits.size): DoubleArray {
    var greatest = Float.NEGATIVE_INFINITY
    for (place in start until end) greatest = maxOf(greatest, logits[place])
    val exponentials = DoubleArray(end - start) { exp(logits[start + it].toDouble() - greatest) }
    val sum = exponentials.sum()
    return DoubleArray(exponentials.size) { exponentials[it] / sum }
}

/** The place of the greatest value, of equals the first. */
internal fun DoubleArray.argmax(): Int = indices.fold(0) { best, i -> if (this[i] > this[best]) i else best }
