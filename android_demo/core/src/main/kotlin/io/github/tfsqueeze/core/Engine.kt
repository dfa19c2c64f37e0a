package io.github.tfsqueeze.core

/** A runtime that has a model open. A [Predictor] never calls it from two threads at once. */
interface Engine : AutoCloseable {
    /**
     * Runs a signature once.
     *
     * @param inputs the elements of each of the signature's inputs, by name, in row-major order.
     * @return the elements of each of the signature's outputs, likewise.
     */
    fun run(signature: Signature, inputs: Map<String, IntArray>): Map<String, Tensor>
}
