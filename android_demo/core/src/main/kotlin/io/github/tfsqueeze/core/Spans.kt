package io.github.tfsqueeze.core

/** Words from [first] to before [last] that are one thing of a [type]. */
internal data class Span(val first: Int, val last: Int, val type: String)

/**
 * The spans of B-, I- and O tags, in order. An I- that continues no span of its type begins one,
 * as the CoNLL evaluation script has it.
 */
internal fun spans(tags: List<String>): List<Span> {
    val found = ArrayList<Span>()
    var before: String? = null
    tags.forEachIndexed { place, tag ->
        val type = spanType(tag)
        if (type != null) {
            if (tag[0] == 'I' && type == before) {
                found[found.size - 1] = found.last().copy(last = place + 1)
            } else {
                found.add(Span(place, place + 1, type))
            }
        }
        before = type
    }
    return found
}

/** The type of a tag's spans, null of O. */
internal fun spanType(tag: String): String? = when {
    tag == "O" -> null
    tag.length > 2 && (tag.startsWith("B-") || tag.startsWith("I-")) -> tag.substring(2)
    else -> throw ModelException("the model's tag \"$tag\" is neither O nor B- or I- with a type")
}
