package io.github.tfsqueeze.demo

import java.nio.ByteBuffer

/** Models by name. */
interface ModelSource {
    val names: List<String>

    /** Maps a model's file into memory. Throws IOException. */
    fun open(name: String): ByteBuffer

    /** Maps the texts that a model searches into memory; null without any. Throws IOException. */
    fun openIndex(name: String): ByteBuffer?
}
