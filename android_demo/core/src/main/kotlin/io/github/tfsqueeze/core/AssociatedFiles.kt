package io.github.tfsqueeze.core

import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.util.zip.ZipEntry
import java.util.zip.ZipInputStream

private val FILES =
    setOf("labels.txt", "slots.txt", "vocab.txt", "tokenizer.json", "tfsqueeze.json")

/**
 * Returns tfsqueeze's files in the zip archive at the end of a .tflite file, as UTF-8 text by name.
 *
 * By hand, because TensorFlow Lite's MetadataExtractor does not verify the files' checksums, and
 * java.util.zip.ZipFile reads no buffer.
 */
internal fun readAssociatedFiles(content: ByteBuffer): Map<String, String> {
    val files = content.duplicate().order(content.order())
    files.position(findFirstFile(content))
    try {
        return ZipInputStream(BufferInputStream(files)).use(::readEach)
    } catch (error: IOException) {
        throw ModelException("the labels and vocabulary at the end of the model are damaged; " +
            "copy or export it again", error)
    }
}

private fun readEach(zip: ZipInputStream): Map<String, String> {
    val found = HashMap<String, String>()
    for (entry in generateSequence { zip.nextEntry }) {
        // A small compressed file could take all memory, or all time to skip.
        if (entry.method != ZipEntry.STORED || entry.name in found) {
            throw ModelException("the model is damaged: ${entry.name} is there twice, or is not " +
                "stored; copy or export it again")
        }
        if (entry.name in FILES) found[entry.name] = String(zip.readBytes(), Charsets.UTF_8)
    }
    return found
}

/** Returns the position of the archive's first file, by way of its directory. */
private fun findFirstFile(content: ByteBuffer): Int {
    val last = content.limit() - ZipEntry.ENDHDR
    val end = (last downTo maxOf(0, last - MAX_COMMENT_SIZE))
        .find { content.getInt(it).toLong() == ZipEntry.ENDSIG }
        ?: throw ModelException("the labels and vocabulary at the end of the model are missing; " +
            "copy or export it again")
    val directory = content.getInt(end + ZipEntry.ENDOFF)
    return content.getInt(directory + ZipEntry.CENOFF)
}

private const val MAX_COMMENT_SIZE = 0xFFFF

private class BufferInputStream(private val buffer: ByteBuffer) : InputStream() {
    override fun read(): Int = if (buffer.hasRemaining()) buffer.get().toInt() and 0xFF else -1

    override fun read(bytes: ByteArray, offset: Int, length: Int): Int {
        if (length == 0) return 0
        if (!buffer.hasRemaining()) return -1
        val count = minOf(length, buffer.remaining())
        buffer.get(bytes, offset, count)
        return count
    }
}
