package io.github.tfsqueeze.core

/**
 * Splits texts into words and words into tokens, and collects the tokens.
 *
 * Its buffers serve text after text, so encoding allocates nothing but results.
 *
 * @property ids the ids of the tokens so far.
 * @property starts the UTF-16 code unit of the text that each token begins at.
 * @property ends the code unit that each token ends before.
 */
internal class WordPieceEncoder(
    private val trie: TokenTrie,
    private val lowercase: Boolean,
    private val unkId: Int,
) {
    val ids = MutableIntList(128)
    val starts = MutableIntList(128)
    val ends = MutableIntList(128)

    // The character being read.
    private var start = 0
    private var end = 0

    // The word being read, in code points, and the characters that they come from.
    private val word = IntArray(MAX_WORD_BYTES)
    private val letterStarts = IntArray(MAX_WORD_BYTES)
    private val letterEnds = IntArray(MAX_WORD_BYTES)
    private var wordStart = 0
    private var wordEnd = 0
    private var length = 0
    private var bytes = 0
    private var alphanumerics = 0
    private var unknown = false

    /** The number of marks at the word's end that NFD may still sort. */
    private var marks = 0

    fun clear() = truncate(0)

    /** Removes the tokens past the first [size]. */
    fun truncate(size: Int) {
        ids.truncate(size)
        starts.truncate(size)
        ends.truncate(size)
    }

    fun add(id: Int, start: Int, end: Int) {
        ids.add(id)
        starts.add(start)
        ends.add(end)
    }

    /**
     * Adds the tokens of a part of a text.
     *
     * @param start the UTF-16 code unit that the part begins at.
     * @param end the code unit that the part ends before.
     * @param limit the number of [ids] from which on no further word is read; the last word may
     *   exceed it.
     */
    fun addText(text: CharSequence, start: Int, end: Int, limit: Int) {
        this.end = start
        while (this.end < end && ids.size < limit) {
            this.start = this.end
            val codePoint = Character.codePointAt(text, this.start)
            this.end += Character.charCount(codePoint)
            addCodePoint(codePoint)
        }
        endWord()
        marks = 0
    }

    private fun addCodePoint(codePoint: Int) {
        val flags = CharacterTable.flags(codePoint)
        if (flags and CharacterTable.KIND == CharacterTable.DELETED) return
        if (!lowercase) {
            addNormalized(codePoint, flags)
        } else if (flags and CharacterTable.STRIPPED != 0) {
            if (flags and CharacterTable.MARK == 0) marks = 0
        } else if (flags and CharacterTable.REPLACED != 0) {
            CharacterTable.forEachReplacement(codePoint) {
                addNormalized(it, CharacterTable.flags(it))
            }
        } else if (codePoint in CharacterTable.FIRST_SYLLABLE..CharacterTable.LAST_SYLLABLE) {
            addSyllable(codePoint - CharacterTable.FIRST_SYLLABLE)
        } else {
            addNormalized(codePoint, flags)
        }
    }

    private fun addSyllable(syllable: Int) {
        val trailing = syllable % 28
        addLetter(0x1100 + syllable / 588)
        addLetter(0x1161 + syllable % 588 / 28)
        if (trailing != 0) addLetter(0x11A7 + trailing)
        marks = 0
    }

    private fun addNormalized(codePoint: Int, flags: Int) {
        val kind = flags and CharacterTable.KIND
        if (kind == CharacterTable.WORD) {
            addLetter(codePoint)
            if (!lowercase || flags and CharacterTable.MARK == 0) marks = 0 else sortMark()
            return
        }
        endWord()
        marks = 0
        if (kind == CharacterTable.ISOLATED) {
            addLetter(codePoint)
            endWord()
        }
    }

    private fun addLetter(codePoint: Int) {
        if (length == 0 && !unknown) wordStart = start
        wordEnd = end
        if (unknown) return
        bytes += utf8Length(codePoint)
        alphanumerics = if (isAsciiAlphanumeric(codePoint)) alphanumerics + 1 else 0
        if (bytes > MAX_WORD_BYTES || alphanumerics > MAX_WORD_ALPHANUMERICS) {
            unknown = true
        } else {
            word[length] = codePoint
            letterStarts[length] = start
            letterEnds[length] = end
            length++
        }
    }

    /** Moves the mark at the word's end before those of higher classes (NFD's canonical order). */
    private fun sortMark() {
        if (unknown) return
        marks++
        val mark = word[length - 1]
        val rank = CharacterTable.rank(mark)
        var index = length - 1
        while (index > length - marks && CharacterTable.rank(word[index - 1]) > rank) {
            word[index] = word[index - 1]
            index--
        }
        word[index] = mark
    }

    private fun endWord() {
        if (length == 0 && !unknown) return
        val size = ids.size
        var index = 0
        while (!unknown && index < length) {
            val matched = addLongestToken(index)
            if (matched == 0) unknown = true
            index += matched
        }
        if (unknown) {
            truncate(size)
            add(unkId, wordStart, wordEnd)
        }
        length = 0
        bytes = 0
        alphanumerics = 0
        unknown = false
    }

    /** Adds the longest token that the word has at [start]; returns its length, 0 for none. */
    private fun addLongestToken(start: Int): Int {
        var node = if (start == 0) TokenTrie.WORD_START else TokenTrie.CONTINUATION
        var id = TokenTrie.NONE
        var matched = 0
        for (index in start until length) {
            node = trie.child(node, word[index])
            if (node == TokenTrie.NONE) break
            if (trie.token(node) != TokenTrie.NONE) {
                id = trie.token(node)
                matched = index + 1 - start
            }
        }
        if (matched > 0) add(id, letterStarts[start], letterEnds[start + matched - 1])
        return matched
    }

    private companion object {
        // A word of more bytes of UTF-8 is one [UNK], and so is one with more ASCII letters and
        // digits in a row: see `tfsqueeze/tokenizers/wordpiece.py`.
        const val MAX_WORD_BYTES = 400
        const val MAX_WORD_ALPHANUMERICS = 100

        fun utf8Length(codePoint: Int) = when {
            codePoint < 0x80 -> 1
            codePoint < 0x800 -> 2
            codePoint < 0x10000 -> 3
            else -> 4
        }

        fun isAsciiAlphanumeric(codePoint: Int) =
            codePoint in 'a'.code..'z'.code || codePoint in '0'.code..'9'.code ||
                codePoint in 'A'.code..'Z'.code
    }
}
