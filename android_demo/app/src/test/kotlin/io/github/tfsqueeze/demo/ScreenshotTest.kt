package io.github.tfsqueeze.demo

import android.graphics.Bitmap
import android.graphics.Canvas
import io.github.tfsqueeze.core.Engine
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.parity.LiteRtEngine
import java.io.File
import java.nio.ByteBuffer
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeNotNull
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/**
 * Runs the app's own models, and draws the screen with Android's own graphics.
 *
 * The properties `litert`, a libLiteRt.so for this machine, and `screenshots`, a folder, are needed.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(application = DesktopApplication::class, qualifiers = "w360dp-h640dp-xhdpi")
class ScreenshotTest {
    private val folder: String? = System.getProperty("screenshots")

    @Before
    fun needsLiteRt() = assumeNotNull(folder, System.getProperty("litert"))

    @Test
    fun `the screen by day`() = draw("day")

    @Test
    @Config(qualifiers = "+night")
    fun `the screen by night`() = draw("night")

    private fun draw(name: String) {
        val screen = Screen()
        screen.type("The company said its profit rose in the third quarter.")
        screen.awaitRows()
        val root = screen.activity.window.decorView
        val bitmap = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(bitmap))
        screen.close()
        val colors = (0 until bitmap.height step 7).flatMapTo(HashSet()) { y ->
            (0 until bitmap.width step 7).map { x -> bitmap.getPixel(x, y) }
        }
        assertTrue("the screen is blank", colors.size > 4)
        File(folder, "$name.png").outputStream()
            .use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }
}

/** The app on a desktop's LiteRT. */
class DesktopApplication : DemoApplication() {
    override val devices = listOf(Device.Cpu(1))

    override fun openEngine(model: ByteBuffer, device: Device): Engine {
        val file = File.createTempFile("model", ".tflite").apply { deleteOnExit() }
        file.outputStream().channel.use { it.write(model.duplicate()) }
        return LiteRtEngine(System.getProperty("litert")!!, file.path, ModelFile.read(model))
    }
}
