package io.github.tfsqueeze.core

import java.util.concurrent.Callable
import java.util.concurrent.Executors
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class WordPieceTokenizerTest {
    private val vocabulary = listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##s", "e",
        "##e", "a", "##a", "É", ",", "?", "東", "x!", "ᄒ", "##ᅡ", "##ᆫ", "##\u302e", "##\u1b44")
    private val tokenizer = WordPieceTokenizer(vocabulary, lowercase = true, maxLength = 12)
    private val cased = WordPieceTokenizer(vocabulary, lowercase = false, maxLength = 12)

    private fun tokens(text: String, by: WordPieceTokenizer = tokenizer) =
        by.tokenize(text).ids.joinToString(" ") { vocabulary[it] }

    @Test fun wordsBecomeTheirLongestPieces() {
        assertEquals("play ##ing play ##s , play ?", tokens("playing plays,\tplay?"))
        assertEquals("[UNK] play", tokens("plain play"))
        assertEquals("", tokens(" \n\u3000"))
    }

    @Test fun lowercasedTextsLoseCaseAndAccents() {
        assertEquals("play e e ##e", tokens("PLAY É e\u0301\u00e9"))
        assertEquals("[UNK] É e", tokens("PLAY É e", cased))
    }

    @Test fun charactersThatAreNoLettersAreDeletedOrWords() {
        assertEquals("play ##ing", tokens("play\u200b\u0000i\ufffdng"))
        assertEquals("play 東 play 東", tokens("play東play東"))
        assertEquals("e ##e", tokens("e\ud800e"))
    }

    @Test fun specialTokensInATextArePlainText() {
        assertEquals("[UNK] [UNK] [UNK]", tokens("[SEP]"))
    }

    @Test fun syllablesDecomposeAndMarksAreSorted() {
        assertEquals("ᄒ ##ᅡ ##ᆫ", tokens("한"))
        assertEquals("a ##\u1b44 ##\u302e", tokens("a\u302e\u1b44"))
        assertEquals("a ##\u302e ##\u1b44", tokens("a\u302e\u1b44", cased))
    }

    @Test fun longWordsAreUnknown() {
        assertEquals("a" + " ##a".repeat(99), tokens("a".repeat(100)))
        assertEquals("[UNK]", tokens("a".repeat(101)))
        assertEquals("[UNK]", tokens("é".repeat(150)))
        assertEquals("a", tokens("a" + "\u0301".repeat(500)))
    }

    @Test fun textsAreCutToTheLength() {
        assertArrayEquals(intArrayOf(2, 4, 3), tokenizer.encode("play"))
        val row = tokenizer.encode("plays ".repeat(40))
        assertEquals(12, row.size)
        assertEquals(listOf(2, 4, 3), listOf(row.first(), row[9], row.last()))
    }

    @Test fun ofPairsTheLongerIsCut() {
        fun parts(first: Int, second: Int): Pair<Int, Int> {
            val row = tokenizer.encodePair("play ".repeat(first), "e ".repeat(second))
            return Pair(row.secondStart - 2, row.ids.size - row.secondStart - 1)
        }
        assertEquals(Pair(3, 4), parts(3, 4))
        assertEquals(Pair(7, 2), parts(20, 2))
        assertEquals(Pair(2, 7), parts(2, 20))
        assertEquals(Pair(4, 5), parts(20, 20))
        assertEquals(Pair(5, 4), parts(21, 20))
        val row = tokenizer.encodePair("play", "e")
        assertArrayEquals(intArrayOf(2, 4, 3, 7, 3), row.ids)
        assertEquals(3, row.secondStart)
    }

    @Test fun wordsKeepTheirFirstTokens() {
        val text = "plays, \u0301 e" + " playings".repeat(3)
        val words = locateWords(text)
        val row = tokenizer.encodeWords(text, words)
        assertEquals("[CLS] play ##s , [UNK] e play ##ing ##s [SEP]",
            row.ids.joinToString(" ") { vocabulary[it] })
        assertArrayEquals(intArrayOf(1, 3, 4, 5, 6), row.firstTokens)
        assertEquals(7, words.size)
    }

    @Test fun tokensKnowTheirCharacters() {
        val found = tokenizer.tokenize("\ud83d\ude00 Play\u0301ing,\u00c9e zz")
        assertEquals("[UNK] play ##ing , e ##e [UNK]", found.ids.joinToString(" ") { vocabulary[it] })
        assertArrayEquals(intArrayOf(0, 3, 8, 11, 12, 13, 15), found.offsets.starts)
        assertArrayEquals(intArrayOf(2, 7, 11, 12, 13, 14, 17), found.offsets.ends)
    }

    @Test fun contextsAreReadInWindowsThatOverlap() {
        val windows = tokenizer.encodeQuestion("play?", "e a ".repeat(7).trim())
        assertEquals(listOf(7, 7, 7, 5), windows.map { it.offsets.size })
        assertEquals(listOf(0, 6, 12, 18), windows.map { it.offsets.starts.first() })
        assertTrue(windows.all {
            it.contextStart == 4 && it.sequence.ids.size == it.contextStart + it.offsets.size + 1
        })
        assertEquals(1, tokenizer.encodeQuestion("play?", "").size)
        // A question takes at most half of the sequence.
        assertEquals(6, tokenizer.encodeQuestion("play ".repeat(80), "e").single().contextStart)
    }

    @Test fun wordsOfBothTextsHaveTypesOfTheirOwn() {
        fun types(first: String, second: String, stopWords: List<String>?): String {
            val row = WordPieceTokenizer(vocabulary, true, 16, stopWords).encodePair(first, second)
            return row.ids.indices.joinToString("") { row.tokenType(it).toString() }
        }
        // [CLS] play ##s , e [SEP] e play , play ##s [SEP]
        assertEquals("022220313331", types("plays, e", "e play, plays", emptyList()))
        assertEquals("022000111331", types("plays, e", "e play, plays", listOf(",", "e")))
        assertEquals("000000111111", types("plays, e", "e play, plays", null))
    }

    @Test fun threadsMayShareIt() {
        val texts = List(2000) { "play${"ing".repeat(it % 3)} " + "e, ".repeat(it % 7) }
        val expected = texts.map { tokenizer.encode(it).toList() }
        val pool = Executors.newFixedThreadPool(4)
        try {
            val found = pool.invokeAll(List(8) {
                Callable { texts.map { text -> tokenizer.encode(text).toList() } }
            })
            found.forEach { assertEquals(expected, it.get()) }
        } finally {
            pool.shutdown()
        }
    }

    @Test fun vocabulariesThatCannotWorkAreRefused() {
        val special = vocabulary.take(4)
        fun refused(tokens: List<String>, length: Int = 12) =
            failure { WordPieceTokenizer(tokens, true, length) }
        assertTrue(refused(special - "[UNK]").contains("lacks [UNK]"))
        assertTrue(refused(special + listOf("a", "a")).contains("repeated token \"a\" at id 5"))
        assertTrue(refused(special + "").contains("empty"))
        assertTrue(refused(special, length = 1).contains("reads 1 tokens"))
    }
}
