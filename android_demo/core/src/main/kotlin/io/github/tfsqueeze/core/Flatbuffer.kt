package io.github.tfsqueeze.core

import java.nio.ByteBuffer

/**
 * A table of a FlatBuffer, read in place.
 *
 * Slots are the numbers of the fields in the schema. Reading past the buffer throws
 * IndexOutOfBoundsException, which [ModelFile.read] turns into a ModelException.
 */
internal class Table(private val buffer: ByteBuffer, private val position: Int) {
    private val virtualTable = position - buffer.getInt(position)

    /** Where a field's value is; 0 where the table leaves it out. */
    private fun field(slot: Int): Int {
        val entry = 4 + 2 * slot
        if (entry >= unsignedShort(virtualTable)) return 0
        val offset = unsignedShort(virtualTable + entry)
        return if (offset == 0) 0 else position + offset
    }

    fun byte(slot: Int): Int = field(slot).let { if (it == 0) 0 else buffer.get(it).toInt() }

    fun int(slot: Int): Int = field(slot).let { if (it == 0) 0 else buffer.getInt(it) }

    fun table(slot: Int): Table? = field(slot).let { if (it == 0) null else Table(buffer, at(it)) }

    fun string(slot: Int): String = bytes(slot)?.let { Charsets.UTF_8.decode(it).toString() } ?: ""

    /** A vector of bytes as a little-endian view. */
    fun bytes(slot: Int): ByteBuffer? = vector(slot, 1) { start, count ->
        val view = buffer.duplicate()
        view.position(start).limit(start + count)
        view.slice().order(buffer.order())
    }

    fun ints(slot: Int): IntArray =
        vector(slot, 4) { start, n -> IntArray(n) { buffer.getInt(start + 4 * it) } } ?: IntArray(0)

    fun floats(slot: Int): FloatArray =
        vector(slot, 4) { start, n -> FloatArray(n) { buffer.getFloat(start + 4 * it) } }
            ?: FloatArray(0)

    fun longs(slot: Int): LongArray =
        vector(slot, 8) { start, n -> LongArray(n) { buffer.getLong(start + 8 * it) } }
            ?: LongArray(0)

    fun tables(slot: Int): List<Table> =
        vector(slot, 4) { start, n -> List(n) { Table(buffer, at(start + 4 * it)) } } ?: emptyList()

    private fun <T> vector(slot: Int, elementSize: Int, read: (start: Int, count: Int) -> T): T? {
        val field = field(slot)
        if (field == 0) return null
        val start = at(field) + 4
        val count = buffer.getInt(start - 4)
        // Before anything of that many elements is made.
        if (count < 0 || count > (buffer.limit() - start) / elementSize) {
            throw IndexOutOfBoundsException("a vector of $count elements at $start")
        }
        return read(start, count)
    }

    private fun at(offset: Int) = offset + buffer.getInt(offset)

    private fun unsignedShort(at: Int) = buffer.getShort(at).toInt() and 0xFFFF

    companion object {
        /** The root table of a little-endian buffer. */
        fun root(buffer: ByteBuffer) = Table(buffer, buffer.getInt(0))
    }
}
