package io.github.tfsqueeze.core

/** The real values of the outputs of one run, by name. */
internal class Outputs(private val byName: Map<String, FloatArray>) {
    operator fun get(name: String): FloatArray =
        byName[name] ?: throw ModelException("the model has no output $name")

    /** Whether the only output has probabilities in place of logits, in a file for the Task Library. */
    val areProbabilities: Boolean get() = byName.keys == setOf(PROBABILITY)

    /** Returns the only output, whatever name another converter gave it. */
    fun single(): FloatArray = byName.values.singleOrNull()
        ?: throw ModelException("the model has the outputs ${byName.keys}; one is needed")

    private companion object {
        // `converters/tflite/signature_names.py` has the same name.
        const val PROBABILITY = "probability"
    }
}
