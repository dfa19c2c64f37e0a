package io.github.tfsqueeze.core

import java.io.ByteArrayOutputStream
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Random
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ModelFileTest {
    @Test fun metadataIsWhatWasPacked() {
        val metadata = sample("intent-and-slots").metadata
        assertEquals("sample of intent-and-slots", metadata.name)
        assertEquals("A model whose logits are zeros.", metadata.description)
        assertEquals(Task.INTENT_AND_SLOTS, metadata.task)
        assertEquals(listOf("play", "weather"), metadata.labels)
        assertEquals(listOf("B-artist", "B-place", "I-artist", "I-place", "O"), metadata.slotLabels)
        assertEquals(listOf("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the"),
            metadata.vocabulary.take(6))
        assertEquals("東", metadata.vocabulary.last())
        assertTrue(metadata.lowercase)
        assertTrue(!metadata.pairs)
    }

    @Test fun aTensorHasNameShapeTypeAndScale() {
        val model = sample("token-classification")
        val signature = model.signatures.single()
        val (input, output) = Pair(signature.inputs.single(), signature.outputs.single())
        assertEquals("serving_default", signature.key)
        assertEquals(listOf("input_ids", listOf(1, 16), DataType.INT32, 0f),
            listOf(input.name, input.shape, input.dataType, input.scale))
        assertEquals(listOf("logits", listOf(1, 16, 5), DataType.INT8, 0.25f, 3),
            listOf(output.name, output.shape, output.dataType, output.scale, output.zeroPoint))
        assertEquals(80, output.size)
    }

    @Test fun severalLengthsAreSignaturesOfTheirOwn() {
        val model = sample("text-classification")
        assertEquals(listOf("length_8", "length_16"), model.signatures.map { it.key })
        assertEquals(listOf(8, 16), model.signatures.map { it.length })
        assertEquals(16, model.maxLength)
    }

    @Test fun theBufferMayBePartOfAnother() {
        val bytes = sampleBytes("pairs")
        val around = ByteArray(bytes.size + 20)
        bytes.copyInto(around, 7)
        val buffer = ByteBuffer.wrap(around, 7, bytes.size)
        assertTrue(ModelFile.read(buffer).metadata.pairs)
        assertEquals(Pair(7, 7 + bytes.size), Pair(buffer.position(), buffer.limit()))
        assertTrue(ModelFile.read(ByteBuffer.allocateDirect(bytes.size)
            .also { it.put(bytes); it.flip() }).metadata.pairs)
    }

    @Test fun everyTruncatedFileIsRefused() {
        val bytes = sampleBytes("intent-and-slots")
        for (size in bytes.indices) failure { ModelFile.read(ByteBuffer.wrap(bytes, 0, size)) }
    }

    @Test fun noDamageCrashesTheReader() {
        val draw = Random(0)
        val bytes = sampleBytes("text-classification")
        var refused = 0
        repeat(5000) {
            val damaged = bytes.clone()
            repeat(1 + draw.nextInt(4)) { damaged[draw.nextInt(bytes.size)] = draw.nextInt().toByte() }
            try {
                ModelFile.read(ByteBuffer.wrap(damaged))
            } catch (error: ModelException) {
                refused++
            }
        }
        // The rest are bytes without meaning, as in the directory of the zip.
        assertTrue("$refused", refused > 3000)
    }

    @Test fun aChangedNetworkIsFoundByItsChecksum() {
        val bytes = sampleBytes("pairs")
        val name = String(bytes, Charsets.ISO_8859_1).indexOf("attention_mask")
        bytes[name]++
        assertTrue(failure { ModelFile.read(ByteBuffer.wrap(bytes)) }.contains("checksum"))
    }

    @Test fun aFileOfAnotherFormatVersionIsRefused() {
        assertEquals("the model has format_version 2, and this app reads 1; " +
            "update the app, or convert the model again",
            refusal("\"format_version\": 1", "\"format_version\": 2"))
        assertEquals("the model does not say its format_version; " +
            "convert it again with `tfsqueeze convert`",
            refusal("\"format_version\"", "\"other_settings\""))
    }

    @Test fun anUnknownTaskIsRefused() {
        assertEquals("the model is for the task word-classification; this version predicts " +
            "text-classification, multi-label-classification, regression, token-classification, " +
            "intent-and-slots, question-answering, sentence-embeddings",
            refusal("\"text-classification\"", "\"word-classification\""))
        assertTrue(refusal("\"task\"", "\"tusk\"").contains("settings in the model are damaged"))
    }

    @Test fun thresholdsAndScaleAreThoseOfTheFile() {
        val thresholds = sample("multi-label-classification").metadata.thresholds
        assertEquals(listOf(0.7310585786300049, 0.5, 0.99), thresholds)
        val metadata = sample("regression").metadata
        assertEquals(emptyList<String>(), metadata.labels)
        val numbers = checkNotNull(metadata.numberScale)
        assertEquals(listOf(1000.0, 10.0), listOf(numbers.mean, numbers.scale))
        assertEquals(Pair(emptyList<Double>(), null),
            sample("pairs").metadata.run { Pair(this.thresholds, numberScale) })
    }

    @Test fun badThresholdsAreRefused() {
        val expected = "the model is damaged: the thresholds must be 3 numbers between 0 and 1, " +
            "one for each label; copy or export it again"
        fun refused(part: String, other: String) =
            assertEquals(expected, refusal(part, other, "multi-label-classification"))
        refused("0.99", "1.00")
        refused("0.99", "0.00")
        refused("0.99", "\"ab\"")
        refused("0.5,", "    ")
        refused("\"thresholds\"", "\"limits\"    ")
        refused("\"decoding\"", "\"settings\"")
    }

    @Test fun aBadScaleIsRefused() {
        val expected = "the model is damaged: mean and scale must be finite numbers, and scale " +
            "above 0; copy or export it again"
        fun refused(part: String, other: String) =
            assertEquals(expected, refusal(part, other, "regression"))
        refused("10.0", "-1.0")
        refused("10.0", " 0.0")
        refused("10.0", "\"aa\"")
        refused("1000.0", "\"many\"")
        refused("\"mean\"", "\"mode\"")
        refused("\"decoding\"", "\"settings\"")
    }

    @Test fun badSettingsOfAnswersAreRefused() {
        val expected = "the model is damaged: no_answer_threshold and temperature must be finite " +
            "numbers, and temperature above 0; copy or export it again"
        for (other in listOf("0.0", "-.5", "\"a\"")) {
            assertEquals(expected, refusal("2.5", other, "matched-answers"))
        }
        assertEquals(listOf("the", "is"), sample("matched-answers").metadata.matchStopWords)
        assertEquals(null, sample("question-answering").metadata.matchStopWords)
        assertTrue(failure { readMatchStopWords(JSONObject("{\"match_types\": {}}")) }
            .contains("match_types in the tokenizer settings have no stop_words"))
    }

    @Test fun filesThatAreCompressedOrThereTwiceAreRefused() {
        fun stored(zip: ZipOutputStream, name: String) {
            zip.putNextEntry(ZipEntry(name).apply { method = ZipEntry.STORED; size = 0; crc = 0 })
        }
        for (name in listOf("labels.txt", "other.txt")) {
            assertEquals("the model is damaged: $name is there twice, or is not stored; " +
                "copy or export it again",
                failure { files { it.putNextEntry(ZipEntry(name)); it.write(ByteArray(1 shl 20)) } })
        }
        // ZipOutputStream writes no name twice.
        val twice = archive { stored(it, "vocab.txt"); stored(it, "vocab.two") }
        val renamed = String(twice, Charsets.ISO_8859_1).replace("vocab.two", "vocab.txt")
        assertTrue(failure { filesOf(renamed.toByteArray(Charsets.ISO_8859_1)) }
            .contains("vocab.txt is there twice"))
        assertEquals(mapOf("vocab.txt" to ""),
            files { stored(it, "vocab.txt"); stored(it, "other.txt") })
    }

    private fun files(write: (ZipOutputStream) -> Unit) = filesOf(archive(write))

    private fun filesOf(archive: ByteArray) =
        readAssociatedFiles(ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN))

    private fun archive(write: (ZipOutputStream) -> Unit): ByteArray =
        ByteArrayOutputStream().also { ZipOutputStream(it).use(write) }.toByteArray()

    /** Returns why a model is refused once a part of its tfsqueeze.json is another. */
    private fun refusal(part: String, other: String, name: String = "pairs"): String =
        failure { ModelFile.read(ByteBuffer.wrap(withDetails(sampleBytes(name), part, other))) }

    @Test fun otherFilesAreNamedAsSuch() {
        assertTrue(failure { ModelFile.read(ByteBuffer.wrap(ByteArray(0))) }
            .contains("not a .tflite file"))
        assertTrue(failure { ModelFile.read(ByteBuffer.wrap("PK and more bytes".toByteArray())) }
            .contains("not a .tflite file"))
    }
}
