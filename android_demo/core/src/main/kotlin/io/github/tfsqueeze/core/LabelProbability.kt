package io.github.tfsqueeze.core

/** A label and its probability, from 0 to 1. */
data class LabelProbability(val label: String, val probability: Double)

/** Returns the labels of logits, the most probable first; equal ones stay in the model's order. */
internal fun rankLabels(logits: FloatArray, labels: List<String>): List<LabelProbability> =
    labels.zip(softmax(logits).asIterable(), ::LabelProbability)
        .sortedByDescending { it.probability }
