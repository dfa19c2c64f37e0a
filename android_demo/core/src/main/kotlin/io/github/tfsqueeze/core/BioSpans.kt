package io.github.tfsqueeze.core

/** The words from [first] to before [last], which are one entity or slot of a [type]. */
internal data class WordSpan(val first: Int, val last: Int, val type: String)

/**
 * Returns the spans of B-, I- and O tags, in order.
 *
 * An I- that continues no span of its type begins one, as in the CoNLL evaluation script.
 */
internal fun bioSpans(tags: List<String>): List<WordSpan> {
    val found = ArrayList<WordSpan>()
    var previous: String? = null
    tags.forEachIndexed { index, tag ->
        val type = tagType(tag)
        if (type != null) {
            if (tag[0] == 'I' && type == previous) {
                found[found.size - 1] = found.last().copy(last = index + 1)
            } else {
                found.add(WordSpan(index, index + 1, type))
            }
        }
        previous = type
    }
    return found
}

/** Returns the type of a tag's spans, or null for O. */
internal fun tagType(tag: String): String? = when {
    tag == "O" -> null
    tag.length > 2 && (tag.startsWith("B-") || tag.startsWith("I-")) -> tag.substring(2)
    else -> throw ModelException("the model's tag \"$tag\" is neither O nor B- or I- with a type")
}
