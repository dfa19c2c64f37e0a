package io.github.tfsqueeze.core

/**
 * The most probable sequences of B-, I- and O tags in which each I- continues a span of its type.
 *
 * An I- may begin one only where its type has no B-.
 */
internal class TagSequences(private val tags: List<String>) {
    private val types = tags.map(::spanType)
    private val begins = tags.mapIndexed { tag, name -> name[0] != 'I' || "B-${types[tag]}" !in tags }

    private fun follows(before: Int, tag: Int) = begins[tag] || types[before] == types[tag]

    /** The tags of the tokens at [places] of logits [length, tags] by Viterbi; of equals the first. */
    fun best(logits: FloatArray, places: IntArray): List<Int> {
        if (places.isEmpty()) return emptyList()
        var sums = DoubleArray(tags.size) { tag ->
            if (begins[tag]) logits[places[0] * tags.size + tag].toDouble() else Double.NEGATIVE_INFINITY
        }
        val before = places.drop(1).map { place ->
            val ways = IntArray(tags.size) { tag ->
                tags.indices.fold(-1) { best, one ->
                    if (follows(one, tag) && (best < 0 || sums[one] > sums[best])) one else best
                }
            }
            sums = DoubleArray(tags.size) { sums[ways[it]] + logits[place * tags.size + it].toDouble() }
            ways
        }
        var tag = sums.argmax()
        return before.reversed().map { ways -> tag.also { tag = ways[tag] } }.plus(tag).reversed()
    }
}
