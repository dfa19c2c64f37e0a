package io.github.tfsqueeze.core.parity

import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.Entity
import io.github.tfsqueeze.core.LabelProbability
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.Result
import io.github.tfsqueeze.core.Signature
import io.github.tfsqueeze.core.TaskRunner
import io.github.tfsqueeze.core.Tensor
import org.json.JSONArray
import org.json.JSONObject

/** The results of a model, run by LiteRT or on outputs that are given. */
internal class Results(path: String, library: String?) {
    private val model = ModelFile.read(readFile(path))
    private val replay = Replay()
    private val runner = TaskRunner.open(
        model, if (library == null) replay else LiteRtEngine(library, path, model))

    /** The result of {"text", "second", "outputs"}: the outputs are, without LiteRT, those of
     * each run of the network by name. */
    fun result(value: Any): JSONObject {
        val request = value as JSONObject
        request.optJSONArray("outputs")?.let(replay::give)
        val second = if (request.isNull("second")) null else request.getString("second")
        return json(runner.run(request.getString("text"), second))
    }

    private fun json(result: Result) = JSONObject(when (result) {
        is Result.Classification -> mapOf("labels" to labels(result.labels))
        is Result.Entities -> mapOf("entities" to entities(result.entities))
        is Result.IntentAndSlots -> mapOf(
            "labels" to labels(result.intents), "entities" to entities(result.slots))
        is Result.Answers -> mapOf(
            "best" to result.best?.let { listOf(it.start, it.end) },
            "candidates" to result.candidates.map { listOf(it.start, it.end, it.probability) },
            "no_answer_probability" to result.noAnswerProbability,
            "no_answer_score" to result.noAnswerScore)
    })

    private fun labels(labels: List<LabelProbability>) = labels.map { listOf(it.label, it.probability) }

    private fun entities(entities: List<Entity>) =
        entities.map { listOf(it.type, it.start, it.end, it.score) }

    /** An engine without a network. */
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
