package io.github.tfsqueeze.core

import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.security.MessageDigest
import java.util.zip.ZipInputStream
import org.json.JSONException
import org.json.JSONObject

/** What a model is for, by the name that `tfsqueeze --task` has for it. */
enum class Task(val title: String) {
    TEXT_CLASSIFICATION("text-classification"),
    TOKEN_CLASSIFICATION("token-classification"),
    INTENT_AND_SLOTS("intent-and-slots"),
    QUESTION_ANSWERING("question-answering"),
}

/**
 * What travels in a .tflite file beside the network.
 *
 * @property name, description of the model.
 * @property labels names of the logits, in order; of intents and slots those of the intents; of
 *   questions what there are: "answer", and "no answer" where some have none.
 * @property slotLabels names of the slot logits, in order; none but for intents and slots.
 * @property vocabulary WordPiece tokens, in the order of their ids.
 * @property lowercase whether texts are lowercased and stripped of accents.
 * @property pairs whether a text is a pair of texts.
 */
class Metadata(
    val name: String,
    val description: String,
    val task: Task,
    val labels: List<String>,
    val slotLabels: List<String>,
    val vocabulary: List<String>,
    val lowercase: Boolean,
    val pairs: Boolean,
)

private const val ENTRY = "TFLITE_METADATA"
private const val END_OF_DIRECTORY = 0x06054b50
private const val END_OF_DIRECTORY_SIZE = 22
private const val MAX_COMMENT_SIZE = 0xFFFF
private const val DIRECTORY_OFFSET = 16
private const val LOCAL_HEADER_OFFSET = 42

/** Reads the metadata that `converters/metadata.py` packs; [root] is the model's table. */
internal fun readMetadata(content: ByteBuffer, root: Table): Metadata {
    val entry = root.tables(Slots.MODEL_METADATA).find { it.string(Slots.METADATA_NAME) == ENTRY }
        ?: throw ModelException("the model carries no labels and no vocabulary; " +
            "convert it again with `tfsqueeze convert`, which puts them in")
    val about = root.tables(Slots.MODEL_BUFFERS)[entry.int(Slots.METADATA_BUFFER)]
        .bytes(Slots.BUFFER_DATA)?.let { Table.root(it) }
    val files = associatedFiles(content)
    fun text(name: String) = files[name]
        ?: throw ModelException("the model has metadata of another tool, without $name; " +
            "convert it again with `tfsqueeze convert`")
    // Only "\n" ends a line: vocabularies hold other characters that end lines elsewhere.
    fun lines(name: String) = text(name).removeSuffix("\n").split("\n")
    try {
        val details = JSONObject(text("tfsqueeze.json"))
        checkNetwork(content, details.getInt("network_bytes"), details.getString("network_sha256"))
        val taskTitle = details.optString("task", Task.TEXT_CLASSIFICATION.title)
        val task = Task.entries.find { it.title == taskTitle }
            ?: throw ModelException("the model is for $taskTitle, which this version does not know")
        return Metadata(
            about?.string(Slots.DESCRIPTION_NAME) ?: "",
            about?.string(Slots.DESCRIPTION_TEXT) ?: "",
            task,
            lines("labels.txt"),
            if (task == Task.INTENT_AND_SLOTS) lines("slots.txt") else emptyList(),
            lines("vocab.txt"),
            readLowercase(JSONObject(text("tokenizer.json"))),
            details.optBoolean("pairs", false))
    } catch (error: JSONException) {
        throw ModelException("the settings in the model are damaged; copy or export it again", error)
    }
}

private fun readLowercase(settings: JSONObject): Boolean {
    val lowercase = settings.optBoolean("do_lower_case", true)
    val expected = mapOf<String, Any>(
        "strip_accents" to lowercase, "tokenize_chinese_chars" to true, "do_basic_tokenize" to true,
        "pad_token" to PAD_TOKEN, "unk_token" to UNK_TOKEN, "cls_token" to CLS_TOKEN,
        "sep_token" to SEP_TOKEN)
    for ((key, value) in expected) {
        if (!settings.isNull(key) && settings.get(key) != value) {
            throw ModelException("the tokenizer settings have $key=${settings.get(key)}; " +
                "only $value is supported")
        }
    }
    return lowercase
}

private fun checkNetwork(content: ByteBuffer, size: Int, expected: String) {
    val network = content.duplicate()
    network.limit(size)
    val digest = MessageDigest.getInstance("SHA-256").apply { update(network) }.digest()
    if (digest.joinToString("") { "%02x".format(it) } != expected) {
        throw ModelException("the model is damaged (its checksum is wrong); copy or export it again")
    }
}

/** The files in the zip at the end, as UTF-8 text by name. */
private fun associatedFiles(content: ByteBuffer): Map<String, String> {
    val last = content.limit() - END_OF_DIRECTORY_SIZE
    val end = (last downTo maxOf(0, last - MAX_COMMENT_SIZE))
        .find { content.getInt(it) == END_OF_DIRECTORY }
        ?: throw ModelException("the labels and vocabulary at the end of the model are missing; " +
            "copy or export it again")
    val directory = content.getInt(end + DIRECTORY_OFFSET)
    val files = content.duplicate()
    files.position(content.getInt(directory + LOCAL_HEADER_OFFSET))
    try {
        return ZipInputStream(BufferInputStream(files)).use { zip ->
            generateSequence { zip.nextEntry }
                .associate { it.name to String(zip.readBytes(), Charsets.UTF_8) }
        }
    } catch (error: IOException) {
        throw ModelException("the labels and vocabulary at the end of the model are damaged; " +
            "copy or export it again", error)
    }
}

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
