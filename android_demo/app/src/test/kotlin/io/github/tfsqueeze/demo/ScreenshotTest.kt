package io.github.tfsqueeze.demo

import android.graphics.Bitmap
import android.graphics.Canvas
import java.io.File
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
 * The property `screenshots` is a folder for the pictures. It is set where TensorFlow Lite's native
 * library can be loaded.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(application = DesktopApplication::class, qualifiers = "w360dp-h640dp-xhdpi")
class ScreenshotTest {
    private val folder: String? = System.getProperty("screenshots")

    @Before
    fun needsNativeLibrary() = assumeNotNull(folder)

    @Test
    fun `the screen by day`() = draw("day")

    @Test
    @Config(qualifiers = "+night")
    fun `the screen by night`() = draw("night")

    private fun draw(name: String) {
        val screen = Screen()
        screen.type("The company said")
        screen.awaitRows()
        // Two texts may take the same time, rounded.
        fun result() = screen.rows + screen.text(R.id.latency)
        val first = result()
        screen.type("The company said its profit rose in the third quarter.")
        screen.await("the second result") { result() != first }
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

/** The app with its own models and its own engine. */
class DesktopApplication : DemoApplication() {
    override val devices = listOf(Device.Cpu(1))
}
