package io.github.tfsqueeze.core

import java.nio.ByteBuffer
import java.util.Random
import kotlin.math.sqrt
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class SearchIndexTest {
    private val content = resourceBytes("sentence-embeddings.safetensors")
    private val model = sampleBytes("sentence-embeddings")

    private fun read(content: ByteArray) =
        SearchIndex.read(ByteBuffer.wrap(content), ByteBuffer.wrap(model))

    @Test fun theNearestTextsComeFirst() {
        // The vectors are (3, 0, 0, 4), (17, -3, -3, -3) and (0, 5, 5, 0).
        val index = read(content)
        assertEquals(Pair(3, 4), Pair(index.size, index.channels))
        val found = index.nearest(floatArrayOf(0.6f, 0f, 0f, 0.8f), 3)
        assertEquals(listOf("the cat" to 0, "a mat" to 1, "東京 \uD83D\uDE00" to 2),
            found.map { it.text to it.index })
        val expected = listOf(1.0, (17 * 0.6 - 3 * 0.8) / sqrt(17.0 * 17 + 27), 0.0)
        for ((cosine, match) in expected.zip(found)) assertEquals(cosine, match.cosine, 1e-6)
        assertEquals(found.take(1), index.nearest(floatArrayOf(0.6f, 0f, 0f, 0.8f), 1))
        assertTrue(failure { index.nearest(FloatArray(5), 1) }.contains("4 channels"))
    }

    @Test fun ofEqualsTheEarlierComesFirst() {
        val found = read(content).nearest(FloatArray(4), 2)
        assertEquals(listOf(0, 1), found.map { it.index })
    }

    @Test fun anEmbedderSearchesItsIndex() {
        val engine = FixedEngine(mapOf("embeddings" to listOf(20, 0, 0, 0)))
        val embedder = sample("sentence-embeddings")
        val vector = (Predictor.open(embedder, engine).predict("the cat") as Prediction.Embedding).vector
        assertEquals(17 / sqrt(17.0 * 17 + 27), vector[0].toDouble(), 1e-6)
        val matches = Predictor.open(embedder, engine, read(content)).predict("the cat") as Prediction.Matches
        assertEquals(listOf("a mat", "the cat", "東京 \uD83D\uDE00"), matches.matches.map { it.text })
        assertEquals(1.0, matches.matches[0].cosine, 1e-6)
        assertTrue(!engine.closed)
        assertTrue(failure { Predictor.open(sample("pairs"), engine, read(content)) }
            .contains("only a model for sentence-embeddings"))
        assertTrue(engine.closed)
    }

    @Test fun theIndexOfAnotherModelIsRefused() {
        val other = ByteBuffer.wrap(sampleBytes("pairs"))
        assertEquals("the index has the vectors of another model; export it again with this one",
            failure { SearchIndex.read(ByteBuffer.wrap(content), other) })
    }

    @Test fun everyTruncatedFileIsRefused() {
        for (size in content.indices) failure { read(content.copyOf(size)) }
    }

    @Test fun noDamageCrashesTheReader() {
        val draw = Random(0)
        var refused = 0
        repeat(5000) {
            val damaged = content.clone()
            repeat(1 + draw.nextInt(4)) { damaged[draw.nextInt(damaged.size)] = draw.nextInt().toByte() }
            try {
                read(damaged)
            } catch (error: ModelException) {
                refused++
            }
        }
        // The rest are other vectors and texts.
        assertTrue("$refused", refused > 3000)
    }
}
