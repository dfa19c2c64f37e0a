package io.github.tfsqueeze.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.zip.CRC32

/** Returns the bytes of one of the models that `sample_models.py` writes. */
internal fun sampleBytes(name: String): ByteArray = resourceBytes("$name.tflite")

/** Returns the bytes of one of the files that `sample_models.py` writes. */
internal fun resourceBytes(file: String): ByteArray =
    checkNotNull(Signature::class.java.getResourceAsStream(file)) { file }.use { it.readBytes() }

/** Returns a model with a part of its tfsqueeze.json replaced by another of the same length. */
internal fun withDetails(model: ByteArray, part: String, other: String): ByteArray {
    val files = readAssociatedFiles(ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN))
    val before = files.getValue("tfsqueeze.json")
    val after = before.replace(part, other)
    check(after != before && after.length == before.length)
    // ISO 8859-1 keeps all bytes as they are. Two headers of the zip contain the checksum.
    return String(model, Charsets.ISO_8859_1)
        .replace(before, after)
        .replace(checksum(before), checksum(after))
        .toByteArray(Charsets.ISO_8859_1)
}

/** Returns the CRC-32 of a text as the four bytes that a zip has of it. */
private fun checksum(text: String): String {
    val checksum = CRC32().apply { update(text.toByteArray()) }.value.toInt()
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(checksum).array()
        .toString(Charsets.ISO_8859_1)
}

internal fun sample(name: String): ModelFile = ModelFile.read(ByteBuffer.wrap(sampleBytes(name)))

/**
 * An engine that returns the same stored logits for every run, 0 where none are given.
 *
 * @property runs the signature and the inputs of each run.
 */
internal class FixedEngine(private val stored: Map<String, List<Int>>) : Engine {
    val runs = ArrayList<Pair<Signature, Map<String, IntArray>>>()
    var closed = false

    override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> {
        runs.add(Pair(signature, inputs))
        return signature.outputs.associate { info ->
            val values = stored[info.name].orEmpty()
            info.name to Tensor.Int8(ByteArray(info.size) { values.getOrElse(it) { 0 }.toByte() })
        }
    }

    override fun close() {
        closed = true
    }
}

/** Returns the message of the [ModelException] that a block throws. */
internal fun failure(run: () -> Unit): String = try {
    run()
    throw AssertionError("nothing was thrown")
} catch (error: ModelException) {
    checkNotNull(error.message)
}
