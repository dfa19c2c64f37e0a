package io.github.tfsqueeze.core.parity

import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.Entity
import io.github.tfsqueeze.core.LabelProbability
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.Prediction
import io.github.tfsqueeze.core.Predictor
import io.github.tfsqueeze.core.SearchIndex
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.Tensor
import org.json.JSONArray
import org.json.JSONObject

/**
 * The predictions of a model.
 *
 * @param library the path of LiteRT's library, or null to replay given outputs.
 * @param index the path of the texts that an embedder searches, or null for none.
 */
internal class Predictions(path: String, library: String?, index: String?) {
    private val model = ModelFile.read(readFile(path))
    private val replay = Replay()
    private val predictor = Predictor.open(
        model, if (library == null) replay else LiteRtEngine(library, path, model),
        index?.let { SearchIndex.read(readFile(it), readFile(path)) })

    /**
     * Returns the prediction for {"text", "second", "outputs"}. The outputs, given without LiteRT
     * only, are those of each run of the network by name.
     */
    fun predict(value: Any): JSONObject {
        val request = value as JSONObject
        request.optJSONArray("outputs")?.let(replay::give)
        val second = if (request.isNull("second")) null else request.getString("second")
        return json(predictor.predict(request.getString("text"), second))
    }

    private fun json(prediction: Prediction) = JSONObject(when (prediction) {
        is Prediction.Labels -> mapOf("labels" to labels(prediction.labels))
        is Prediction.ChosenLabels -> mapOf(
            "chosen" to prediction.chosen.map { it.label }, "labels" to labels(prediction.all))
        is Prediction.Number -> mapOf("number" to prediction.value)
        is Prediction.Embedding -> mapOf("embedding" to prediction.vector.toList())
        is Prediction.Matches -> mapOf(
            "matches" to prediction.matches.map { listOf(it.index, it.text, it.cosine) })
        is Prediction.Entities -> mapOf("entities" to entities(prediction.entities))
        is Prediction.IntentAndSlots -> mapOf(
            "labels" to labels(prediction.intents), "entities" to entities(prediction.slots))
        is Prediction.Answers -> mapOf(
            "best" to prediction.best?.let { listOf(it.start, it.end) },
            "candidates" to prediction.candidates.map { listOf(it.start, it.end, it.probability) },
            "no_answer_probability" to prediction.noAnswerProbability,
            "no_answer_score" to prediction.noAnswerScore)
    })

    private fun labels(labels: List<LabelProbability>) = labels.map { listOf(it.label, it.probability) }

    private fun entities(entities: List<Entity>) =
        entities.map { listOf(it.type, it.start, it.end, it.score) }

    /** An engine that returns given outputs. */
    private class Replay : Engine {
        private val runs = ArrayDeque<JSONObject>()

        fun give(outputs: JSONArray) {
            check(runs.isEmpty()) { "${runs.size} runs were left over" }
            outputs.forEach { runs.add(it as JSONObject) }
        }

        override fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor> {
            val outputs = runs.removeFirst()
            return signature.outputs.associate { info ->
                val values = outputs.getJSONArray(info.name)
                info.name to Tensor.Int8(ByteArray(values.length()) { values.getInt(it).toByte() })
            }
        }

        override fun close() {}
    }
}
