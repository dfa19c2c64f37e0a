package io.github.tfsqueeze.core

/** A growing list of ints that does not box them, as that of androidx.collection. */
internal class MutableIntList(capacity: Int = 64) {
    private var items = IntArray(capacity)

    var size = 0
        private set

    operator fun get(index: Int): Int = items[index]

    fun add(item: Int) {
        if (size == items.size) items = items.copyOf(2 * size)
        items[size++] = item
    }

    /** Removes the items past the first [size]. */
    fun truncate(size: Int) {
        this.size = size
    }

    fun toArray(): IntArray = items.copyOf(size)
}
