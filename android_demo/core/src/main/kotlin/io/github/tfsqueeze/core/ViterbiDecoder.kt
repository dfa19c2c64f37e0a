package io.github.tfsqueeze.core

/**
 * Finds the most probable sequence of B-, I- and O tags in which each I- continues a span of its
 * type. An I- may begin a span only where its type has no B-.
 */
internal class ViterbiDecoder(private val tags: List<String>) {
    private val types = tags.map(::tagType)
    private val canBegin =
        tags.mapIndexed { tag, name -> name[0] != 'I' || "B-${types[tag]}" !in tags }

    private fun isAllowed(previous: Int, tag: Int) = canBegin[tag] || types[previous] == types[tag]

    /**
     * Returns the tags of some tokens; among equal sequences the first.
     *
     * @param logits the logits [length, tags], in row-major order.
     * @param positions the positions of the tokens to tag.
     */
    fun decode(logits: FloatArray, positions: IntArray): List<Int> {
        if (positions.isEmpty()) return emptyList()
        fun logit(position: Int, tag: Int) = logits[position * tags.size + tag].toDouble()
        var scores = DoubleArray(tags.size) { tag ->
            if (canBegin[tag]) logit(positions[0], tag) else Double.NEGATIVE_INFINITY
        }
        val backPointers = positions.drop(1).map { position ->
            val best = IntArray(tags.size) { tag ->
                tags.indices.fold(-1) { best, previous ->
                    val better = best < 0 || scores[previous] > scores[best]
                    if (isAllowed(previous, tag) && better) previous else best
                }
            }
            scores = DoubleArray(tags.size) { scores[best[it]] + logit(position, it) }
            best
        }
        var tag = scores.argmax()
        return backPointers.reversed().map { best -> tag.also { tag = best[tag] } }
            .plus(tag).reversed()
    }
}
