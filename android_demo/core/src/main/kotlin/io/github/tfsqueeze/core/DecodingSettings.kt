package io.github.tfsqueeze.core

import org.json.JSONObject

/** Returns the probability from which a text has each of the labels. */
internal fun readThresholds(decoding: JSONObject, labels: Int): List<Double> {
    val values = decoding.optJSONArray("thresholds")
    val thresholds = List(values?.length() ?: 0) { checkNotNull(values).optDouble(it) }
    if (thresholds.size != labels || !thresholds.all { it > 0 && it < 1 }) {
        throw ModelException("the model is damaged: the thresholds must be $labels numbers " +
            "between 0 and 1, one for each label; copy or export it again")
    }
    return thresholds
}

/** Returns the mean and the scale of a regressor's numbers. */
internal fun readNumberScale(decoding: JSONObject): NumberScale {
    // NaN where there is none.
    val (mean, scale) = listOf("mean", "scale").map(decoding::optDouble)
    if (!mean.isFinite() || !scale.isFinite() || scale <= 0) {
        throw ModelException("the model is damaged: mean and scale must be finite numbers, " +
            "and scale above 0; copy or export it again")
    }
    return NumberScale(mean, scale)
}

/** Returns the threshold and the temperature of answers; files of earlier versions lack both. */
internal fun readAnswerDecoding(decoding: JSONObject): AnswerDecoding {
    // NaN where there is something that is no number.
    val threshold =
        if (decoding.has("no_answer_threshold")) decoding.optDouble("no_answer_threshold") else 0.0
    val temperature = if (decoding.has("temperature")) decoding.optDouble("temperature") else 1.0
    if (!threshold.isFinite() || !temperature.isFinite() || temperature <= 0) {
        throw ModelException("the model is damaged: no_answer_threshold and temperature must be " +
            "finite numbers, and temperature above 0; copy or export it again")
    }
    return AnswerDecoding(threshold, temperature)
}
