package io.github.tfsqueeze.demo

import android.content.res.AssetManager
import java.io.FileInputStream
import java.nio.ByteBuffer
import java.nio.channels.FileChannel

/** The models among an app's assets: each a file of `tfsqueeze export --target android`. */
class ModelAssets(private val assets: AssetManager) {
    /** The names of the files. */
    val names: List<String> =
        assets.list("").orEmpty().filter { it.endsWith(SUFFIX) }.sorted()

    /** Maps a file into memory; the app stores it uncompressed. Throws IOException. */
    fun open(name: String): ByteBuffer = assets.openFd(name).use { file ->
        FileInputStream(file.fileDescriptor).use {
            it.channel.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)
        }
    }

    companion object {
        private const val SUFFIX = ".tflite"

        fun title(name: String) = name.removeSuffix(SUFFIX)
    }
}
