package io.github.tfsqueeze.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.security.MessageDigest
import kotlin.math.max
import kotlin.math.sqrt
import org.json.JSONException
import org.json.JSONObject

/**
 * Texts and their vectors as int8, to find those that are nearest to another text.
 *
 * @property channels the number of channels of a vector.
 */
class SearchIndex private constructor(
    private val texts: List<String>,
    private val vectors: ByteArray,
    private val zeroPoint: Int,
    val channels: Int,
) {
    private val lengths = FloatArray(texts.size) { row ->
        val squares = (0 until channels).sumOf { step(row, it).let { step -> (step * step).toLong() } }
        max(sqrt(squares.toDouble()).toFloat(), LEAST_LENGTH)
    }

    /** The number of texts. */
    val size: Int get() = texts.size

    private fun step(row: Int, channel: Int) = vectors[row * channels + channel] - zeroPoint

    /**
     * Returns the texts with the highest cosines, the highest first; of equals the earlier first.
     *
     * @param vector a vector of length 1.
     * @param count the number of texts.
     *
     * Throws [ModelException] where the vector has another number of channels.
     */
    fun nearest(vector: FloatArray, count: Int): List<Match> {
        if (vector.size != channels) {
            throw ModelException("the index has vectors of $channels channels, and the model gives " +
                "${vector.size}; export it again")
        }
        val found = ArrayList<Match>(count + 1)
        for (row in texts.indices) {
            val cosine = product(row, vector) / lengths[row]
            if (found.size == count && !(cosine > found.last().cosine)) continue
            val place = found.indexOfFirst { cosine > it.cosine }.takeIf { it >= 0 } ?: found.size
            found.add(place, Match(texts[row], row, cosine.toDouble()))
            if (found.size > count) found.removeAt(count)
        }
        return found
    }

    private fun product(row: Int, vector: FloatArray): Float {
        var sum = 0f
        for (channel in 0 until channels) sum += step(row, channel) * vector[channel]
        return sum
    }

    companion object {
        private const val LEAST_LENGTH = 1e-12f
        private const val MODEL = "tfsqueeze_search_index_1_of"

        /**
         * Reads the bytes of a file that `tfsqueeze search --save-index` or `tfsqueeze export
         * --search-texts` wrote. The format is safetensors': the length of a JSON header as an
         * int64, the header, and the tensors.
         *
         * @param bytes a buffer with the file from its position to its limit; both stay unchanged.
         * @param model the bytes of the model that made the vectors, a buffer of the same kind.
         *
         * Throws [ModelException] where the file is damaged, or of another model.
         */
        fun read(bytes: ByteBuffer, model: ByteBuffer): SearchIndex {
            val content = bytes.slice().order(ByteOrder.LITTLE_ENDIAN)
            try {
                val size = content.getLong(0)
                if (size < 0 || size > content.limit() - Long.SIZE_BYTES) throw damaged(null)
                content.position(Long.SIZE_BYTES)
                val header = JSONObject(String(take(content, size.toInt()), Charsets.UTF_8))
                checkMadeBy(header.getJSONObject("__metadata__"), model)
                return read(header, content.slice().order(ByteOrder.LITTLE_ENDIAN))
            } catch (error: JSONException) {
                throw damaged(error)
            } catch (error: IndexOutOfBoundsException) {
                throw damaged(error)
            } catch (error: IllegalArgumentException) {  // A position past the end.
                throw damaged(error)
            }
        }

        private fun checkMadeBy(about: JSONObject, model: ByteBuffer) {
            if (!about.has(MODEL)) {
                throw ModelException("this is no search index of this version; export it again")
            }
            val digest = MessageDigest.getInstance("SHA-256").apply { update(model.duplicate()) }
                .digest().joinToString("") { "%02x".format(it) }
            if (about.getString(MODEL) != digest) {
                throw ModelException(
                    "the index has the vectors of another model; export it again with this one")
            }
        }

        private fun read(header: JSONObject, data: ByteBuffer): SearchIndex {
            val (rows, channels) = shape(header, "vectors", 2)
            val vectors = tensor(header, "vectors", "I8", data)
            val zeroPoint = tensor(header, "zero_point", "I32", data).getInt(0)
            val limits = tensor(header, "limits", "I64", data).asLongBuffer()
            val texts = tensor(header, "texts", "U8", data)
            if (rows < 1 || channels < 1 || vectors.limit().toLong() != rows.toLong() * channels ||
                limits.limit() != rows + 1 || zeroPoint !in Byte.MIN_VALUE..Byte.MAX_VALUE) {
                throw damaged(null)
            }
            return SearchIndex(
                List(rows) { text(texts, limits.get(it), limits.get(it + 1)) },
                take(vectors, vectors.limit()), zeroPoint, channels)
        }

        private fun text(texts: ByteBuffer, start: Long, end: Long): String {
            if (start < 0 || end < start || end > texts.limit()) throw damaged(null)
            texts.position(start.toInt())
            return String(take(texts, (end - start).toInt()), Charsets.UTF_8)
        }

        private fun shape(header: JSONObject, name: String, dimensions: Int): List<Int> {
            val shape = header.getJSONObject(name).getJSONArray("shape")
            if (shape.length() != dimensions) throw damaged(null)
            return List(dimensions, shape::getInt)
        }

        private fun tensor(
            header: JSONObject, name: String, type: String, data: ByteBuffer): ByteBuffer {
            val described = header.getJSONObject(name)
            val offsets = described.getJSONArray("data_offsets")
            val (start, end) = List(2, offsets::getInt)
            if (described.getString("dtype") != type || start > end) throw damaged(null)
            val part = data.duplicate()
            part.limit(end).position(start)
            return part.slice().order(ByteOrder.LITTLE_ENDIAN)
        }

        private fun take(buffer: ByteBuffer, count: Int): ByteArray {
            if (count > buffer.remaining()) throw damaged(null)
            return ByteArray(count).also { buffer.get(it) }
        }

        private fun damaged(error: Throwable?) =
            ModelException("the search index is truncated or damaged; export it again", error)
    }
}
