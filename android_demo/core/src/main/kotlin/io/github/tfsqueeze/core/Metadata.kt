package io.github.tfsqueeze.core

import java.nio.ByteBuffer
import java.security.MessageDigest
import org.json.JSONException
import org.json.JSONObject
import org.tensorflow.lite.schema.Model
import org.tensorflow.lite.support.metadata.schema.ModelMetadata

/**
 * The data in a .tflite file beside the network.
 *
 * @property name the model's name.
 * @property description what the model is for.
 * @property task the task that the model was trained for.
 * @property labels the names of the logits, in order. For intents and slots they are the intents.
 *   For questions they are "answer" and, where some questions have no answer, "no answer"; a model
 *   of numbers has none.
 * @property slotLabels the names of the slot logits, in order; empty for all other tasks.
 * @property vocabulary the WordPiece tokens, in the order of their ids.
 * @property lowercase whether the tokenizer lowercases texts and strips accents.
 * @property matchStopWords the stop words of the tokenizer's match types; null where it has none.
 * @property pairs whether the model reads pairs of texts.
 * @property thresholds the probability from which a text has each of the labels, for models of
 *   several labels; empty for all other tasks.
 * @property numberScale the scale of a model's numbers; null for all other tasks.
 * @property answerDecoding the threshold and the temperature of answers; null for all other tasks.
 */
class Metadata(
    val name: String,
    val description: String,
    val task: Task,
    val labels: List<String>,
    val slotLabels: List<String>,
    val vocabulary: List<String>,
    val lowercase: Boolean,
    val matchStopWords: List<String>?,
    val pairs: Boolean,
    val thresholds: List<Double>,
    val numberScale: NumberScale?,
    val answerDecoding: AnswerDecoding?,
)

/** The version of tfsqueeze.json that this library reads (see `model_metadata.py`). */
private const val FORMAT_VERSION = 1
private const val METADATA_BUFFER = "TFLITE_METADATA"

/**
 * Reads the metadata that `converters/tflite/metadata.py` packs.
 *
 * @param content the bytes of the whole file.
 * @param model the FlatBuffer at the start of the file.
 */
internal fun readMetadata(content: ByteBuffer, model: Model): Metadata {
    val about = findModelMetadata(model)
    val files = readAssociatedFiles(content)
    fun text(name: String) = files[name]
        ?: throw ModelException("the model has metadata of another tool, without $name; " +
            "convert it again with `tfsqueeze convert`")
    // Only "\n" ends a line: vocabularies contain other characters that end lines elsewhere.
    fun lines(name: String) = text(name).removeSuffix("\n").split("\n")
    try {
        val details = JSONObject(text("tfsqueeze.json"))
        checkFormatVersion(details)
        checkNetwork(content, details.getInt("network_bytes"), details.getString("network_sha256"))
        val tokenizer = JSONObject(text("tokenizer.json"))
        val task = Task.named(details.getString("task"))
        val labels = if (task.hasLabels) lines("labels.txt") else emptyList()
        val decoding = details.optJSONObject("decoding") ?: JSONObject()
        return Metadata(
            name = about?.name() ?: "",
            description = about?.description() ?: "",
            task = task,
            labels = labels,
            slotLabels = if (task.hasSlots) lines("slots.txt") else emptyList(),
            vocabulary = lines("vocab.txt"),
            lowercase = readLowercase(tokenizer),
            matchStopWords = readMatchStopWords(tokenizer),
            pairs = details.getBoolean("pairs"),
            thresholds = if (task == Task.MULTI_LABEL_CLASSIFICATION) {
                readThresholds(decoding, labels.size)
            } else emptyList(),
            numberScale = if (task == Task.REGRESSION) readNumberScale(decoding) else null,
            answerDecoding = if (task == Task.QUESTION_ANSWERING) {
                readAnswerDecoding(decoding)
            } else null,
        )
    } catch (error: JSONException) {
        throw ModelException(
            "the settings in the model are damaged; copy or export it again", error)
    }
}

/** Returns the FlatBuffer with the model's name and description, or null where it is empty. */
private fun findModelMetadata(model: Model): ModelMetadata? {
    // One by one, since a damaged count may be huge; reading past the end of the file throws.
    val entry = (0 until model.metadataLength()).asSequence().map(model::metadata)
        .find { it.name() == METADATA_BUFFER }
        ?: throw ModelException("the model carries no labels and no vocabulary; " +
            "convert it again with `tfsqueeze convert`, which puts them in")
    val buffer: ByteBuffer? = model.buffers(entry.buffer().toInt())?.dataAsByteBuffer()
    return buffer?.let { ModelMetadata.getRootAsModelMetadata(it) }
}

private fun checkFormatVersion(details: JSONObject) {
    val version = details.opt("format_version")
        ?: throw ModelException("the model does not say its format_version; " +
            "convert it again with `tfsqueeze convert`")
    if (version != FORMAT_VERSION) {
        throw ModelException("the model has format_version $version, and this app reads " +
            "$FORMAT_VERSION; update the app, or convert the model again")
    }
}

private fun checkNetwork(content: ByteBuffer, size: Int, expected: String) {
    val network = content.duplicate()
    network.limit(size)
    val digest = MessageDigest.getInstance("SHA-256").apply { update(network) }.digest()
    if (digest.joinToString("") { "%02x".format(it) } != expected) {
        throw ModelException(
            "the model is damaged (its checksum is wrong); copy or export it again")
    }
}
