package io.github.tfsqueeze.core

import java.io.DataInputStream

/**
 * The treatment of each Unicode character by the tokenizers of training, from the table that
 * `character_table.py` writes.
 *
 * The platform's own tables do not do: their Unicode version differs from phone to phone.
 */
internal object CharacterTable {
    /** The bits of [flags]. */
    const val KIND = 0x03
    const val REPLACED = 0x04
    const val STRIPPED = 0x08
    const val MARK = 0x10
    const val WORD_SPACE = 0x20
    const val WORD_PUNCTUATION = 0x40

    /** The values of [KIND]. */
    const val DELETED = 0
    const val SPACE = 1
    const val ISOLATED = 2
    const val WORD = 3

    // Syllables decompose by arithmetic (The Unicode Standard, section 3.12).
    const val FIRST_SYLLABLE = 0xAC00
    const val LAST_SYLLABLE = 0xD7A3

    private const val PAGE_BITS = 8
    private const val PAGES = 0x110000 shr PAGE_BITS

    private val pageOf = ByteArray(PAGES)
    private val pages: ByteArray
    private val replaced: IntArray
    private val replacementStarts: IntArray
    private val replacements: IntArray
    private val ranked: IntArray
    private val ranks: ByteArray

    init {
        val resource =
            checkNotNull(CharacterTable::class.java.getResourceAsStream("characters.bin"))
        DataInputStream(resource.buffered()).use { input ->
            fun codePoint() = input.readUnsignedByte() shl 16 or input.readUnsignedShort()
            input.readFully(pageOf)
            pages = ByteArray(input.readUnsignedShort() shl PAGE_BITS).also(input::readFully)
            replaced = IntArray(input.readUnsignedShort())
            replacementStarts = IntArray(replaced.size + 1)
            val codePoints = MutableIntList()
            for (index in replaced.indices) {
                replaced[index] = codePoint()
                repeat(input.readUnsignedByte()) { codePoints.add(codePoint()) }
                replacementStarts[index + 1] = codePoints.size
            }
            replacements = codePoints.toArray()
            ranked = IntArray(input.readUnsignedShort())
            ranks = ByteArray(ranked.size)
            for (index in ranked.indices) {
                ranked[index] = codePoint()
                ranks[index] = input.readByte()
            }
        }
    }

    fun flags(codePoint: Int): Int {
        val page = pageOf[codePoint shr PAGE_BITS].toInt() and 0xFF
        return pages[(page shl PAGE_BITS) or (codePoint and 0xFF)].toInt()
    }

    /** Calls [action] with each code point that replaces a [REPLACED] one in lowercased texts. */
    inline fun forEachReplacement(codePoint: Int, action: (Int) -> Unit) {
        val row = replaced.binarySearch(codePoint)
        for (index in replacementStarts[row] until replacementStarts[row + 1]) {
            action(replacements[index])
        }
    }

    /** Returns the rank of a [MARK] among the combining classes; lower ranks come first. */
    fun rank(mark: Int): Int = ranks[ranked.binarySearch(mark)].toInt()
}
