package io.github.tfsqueeze.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class DecodingTest {
    @Test fun wordsEndAtSpaceAndAroundPunctuation() {
        val text = "Don't  go\u00a0(to\ud800 New-York)!"
        assertEquals(listOf("Don", "'", "t", "go", "(", "to", "New", "-", "York", ")", "!"),
            locateWords(text).map { text.substring(it.start, it.end) })
        assertEquals(emptyList<Word>(), locateWords(" \ud800 "))
    }

    @Test fun tagsBecomeSpans() {
        val tags = "I-a I-a B-a O I-b I-a B-c I-c".split(" ")
        assertEquals(listOf(WordSpan(0, 2, "a"), WordSpan(2, 3, "a"), WordSpan(4, 5, "b"),
            WordSpan(5, 6, "a"), WordSpan(6, 8, "c")), bioSpans(tags))
        assertTrue(failure { bioSpans(listOf("B-")) }.contains("\"B-\""))
        assertTrue(failure { bioSpans(listOf("person")) }.contains("neither O nor B- or I-"))
    }

    @Test fun theBestSequenceContinuesSpans() {
        val tags = listOf("B-a", "I-a", "B-b", "I-b", "O")
        // The highest logits are B-a I-b O.
        val logits = floatArrayOf(3f, 0f, 2.5f, 0f, 0f, 0f, 1f, 0f, 2f, 0f, 0f, 0f, 0f, 0f, 1f)
        assertEquals(listOf(2, 3, 4), ViterbiDecoder(tags).decode(logits, intArrayOf(0, 1, 2)))
        assertEquals(listOf(0, 4), ViterbiDecoder(tags).decode(logits, intArrayOf(0, 2)))
        assertEquals(listOf(0, 0), ViterbiDecoder(tags).decode(FloatArray(10), intArrayOf(0, 1)))
        assertEquals(emptyList<Int>(), ViterbiDecoder(tags).decode(logits, intArrayOf()))
        assertEquals(listOf(0), ViterbiDecoder(listOf("I-a", "O")).decode(floatArrayOf(1f, 0f), intArrayOf(0)))
        assertTrue(failure { ViterbiDecoder(listOf("person")) }.contains("neither O nor B- or I-"))
    }

    @Test fun probabilitiesOfGreatLogitsAreFinite() {
        assertArrayEquals(doubleArrayOf(0.5, 0.5, 0.0), softmax(floatArrayOf(1e30f, 1e30f, -1e30f)), 0.0)
        assertArrayEquals(doubleArrayOf(0.2, 0.8),
            softmax(floatArrayOf(9f, 0f, Math.log(4.0).toFloat()), 1, 3), 1e-7)
        assertEquals(1, doubleArrayOf(0.1, 0.4, 0.4).argmax())
        assertArrayEquals(doubleArrayOf(0.0, 0.2, 0.5, 1.0),
            doubleArrayOf(-1e300, -Math.log(4.0), 0.0, 1e300).map(::sigmoid).toDoubleArray(), 1e-15)
    }
}
