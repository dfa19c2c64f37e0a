package io.github.tfsqueeze.core

/** A word of a text: its UTF-16 code units from [start] to before [end]. */
class Word(val start: Int, val end: Int)

/**
 * Returns the words that a model of words reads.
 *
 * They end at white space and around every punctuation character, as those of Hugging Face's
 * BertPreTokenizer. Lone surrogates belong to no word.
 */
fun locateWords(text: CharSequence): List<Word> {
    val words = ArrayList<Word>()
    var start = -1
    var end = -1
    fun endWord() {
        if (start >= 0) words.add(Word(start, end))
        start = -1
    }
    var position = 0
    while (position < text.length) {
        val codePoint = Character.codePointAt(text, position)
        val next = position + Character.charCount(codePoint)
        val flags = CharacterTable.flags(codePoint)
        when {
            flags and CharacterTable.WORD_SPACE != 0 -> endWord()
            flags and CharacterTable.WORD_PUNCTUATION != 0 -> {
                endWord()
                words.add(Word(position, next))
            }
            codePoint !in 0xD800..0xDFFF -> {
                if (start < 0) start = position
                end = next
            }
        }
        position = next
    }
    endWord()
    return words
}
