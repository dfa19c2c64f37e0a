package io.github.tfsqueeze.core

/**
 * The tokens of a vocabulary as a trie, which finds the longest token at a position of a word.
 *
 * All edges are in one open-addressed table, so a look-up allocates nothing.
 *
 * @param capacity the number of edges to make room for at first.
 */
internal class TokenTrie(capacity: Int) {
    private var keys = LongArray(Integer.highestOneBit(maxOf(capacity, 16)) * 2)
    private var children = IntArray(keys.size)
    private var tokens = IntArray(64) { NONE }
    private var edges = 0
    private var nodes = CONTINUATION + 1

    /** Adds a token under [WORD_START] or [CONTINUATION]. */
    fun add(root: Int, text: String, id: Int) {
        var node = root
        var position = 0
        while (position < text.length) {
            val codePoint = text.codePointAt(position)
            position += Character.charCount(codePoint)
            node = childOrNew(node, codePoint)
        }
        tokens[node] = id
    }

    /** Returns the node that a character leads to, or [NONE] where no token continues with it. */
    fun child(node: Int, codePoint: Int): Int {
        val key = key(node, codePoint)
        val slot = slot(key)
        return if (keys[slot] == key) children[slot] else NONE
    }

    /** Returns the id of the token that ends at a node, or [NONE]. */
    fun token(node: Int): Int = tokens[node]

    private fun childOrNew(node: Int, codePoint: Int): Int {
        val key = key(node, codePoint)
        var slot = slot(key)
        if (keys[slot] == key) return children[slot]
        if (2 * ++edges > keys.size) {
            grow()
            slot = slot(key)
        }
        if (nodes == tokens.size) {
            tokens = tokens.copyOf(2 * nodes).also { it.fill(NONE, nodes) }
        }
        keys[slot] = key
        children[slot] = nodes
        return nodes++
    }

    private fun grow() {
        val (oldKeys, oldChildren) = Pair(keys, children)
        keys = LongArray(2 * oldKeys.size)
        children = IntArray(keys.size)
        for (old in oldKeys.indices) {
            if (oldKeys[old] == 0L) continue
            val slot = slot(oldKeys[old])
            keys[slot] = oldKeys[old]
            children[slot] = oldChildren[old]
        }
    }

    // No key is 0, which marks an empty slot: nodes count from 1.
    private fun key(node: Int, codePoint: Int) = node.toLong() shl 21 or codePoint.toLong()

    /** Returns the slot of a key, or the free slot that it belongs in. */
    private fun slot(key: Long): Int {
        val mask = keys.size - 1
        val mixed = key * MIX
        var slot = (mixed ushr 32).toInt() and mask
        while (keys[slot] != key && keys[slot] != 0L) slot = (slot + 1) and mask
        return slot
    }

    companion object {
        const val NONE = -1

        /** The root of the tokens that begin words. */
        const val WORD_START = 1

        /** The root of the tokens that continue words ("##"). */
        const val CONTINUATION = 2

        // Multiplicative hashing (Knuth, The Art of Computer Programming 6.4): 2^64 / golden ratio.
        private const val MIX = -0x61c8864680b583ebL
    }
}
