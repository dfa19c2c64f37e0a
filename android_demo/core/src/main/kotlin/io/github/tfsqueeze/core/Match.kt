package io.github.tfsqueeze.core

/**
 * A text of an index that is near another text.
 *
 * @property index its position in the index, from 0.
 * @property cosine the cosine of the two texts' vectors.
 */
data class Match(val text: String, val index: Int, val cosine: Double)
