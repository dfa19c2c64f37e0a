package io.github.tfsqueeze.core

/**
 * The spans of a text that its tokens come from.
 *
 * @property starts the UTF-16 code unit that each token begins at.
 * @property ends the code unit that each token ends before.
 */
class OffsetMapping(val starts: IntArray, val ends: IntArray) {
    val size: Int get() = starts.size

    /** Returns the spans of the tokens from [first] to before [last]. */
    internal fun slice(first: Int, last: Int) =
        OffsetMapping(starts.copyOfRange(first, last), ends.copyOfRange(first, last))
}
