package io.github.tfsqueeze.core

import java.io.DataInputStream

/**
 * What the tokenizers of training make of each Unicode character, from the table that
 * `character_table.py` writes. The platform's own tables are not asked: their Unicode version
 * differs from phone to phone.
 */
internal object Characters {
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
        val resource = checkNotNull(Characters::class.java.getResourceAsStream("characters.bin"))
        DataInputStream(resource.buffered()).use { input ->
            fun codePoint() = input.readUnsignedByte() shl 16 or input.readUnsignedShort()
            input.readFully(pageOf)
            pages = ByteArray(input.readUnsignedShort() shl PAGE_BITS).also(input::readFully)
            replaced = IntArray(input.readUnsignedShort())
            replacementStarts = IntArray(replaced.size + 1)
            val made = IntList()
            for (index in replaced.indices) {
                replaced[index] = codePoint()
                repeat(input.readUnsignedByte()) { made.add(codePoint()) }
                replacementStarts[index + 1] = made.size
            }
            replacements = made.toArray()
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

    /** Calls [use] with each code point that a [REPLACED] one becomes in lowercased texts. */
    inline fun forEachReplacement(codePoint: Int, use: (Int) -> Unit) {
        val index = replaced.binarySearch(codePoint)
        for (place in replacementStarts[index] until replacementStarts[index + 1]) {
            use(replacements[place])
        }
    }

    /** The order of a [MARK] that stays among its like: lower ranks come first. */
    fun rank(mark: Int): Int = ranks[ranked.binarySearch(mark)].toInt()
}
