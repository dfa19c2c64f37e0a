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
