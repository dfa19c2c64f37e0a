package io.github.tfsqueeze.demo

import android.graphics.Bitmap
import android.graphics.Canvas
import java.io.File
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeNotNull
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Draws the screen with Android's own graphics, into the file that `screenshot` names. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(application = FakeApplication::class, qualifiers = "w360dp-h640dp-xhdpi")
class ScreenshotTest {
    @Test
    fun `the screen by day`() = draw("day")

    @Test
    @Config(qualifiers = "+night")
    fun `the screen by night`() = draw("night")

    private fun draw(name: String) {
        val screen = Screen()
        screen.choose(R.id.model, 3)
        screen.type("play some jazz")
        screen.awaitRows()
        val root = screen.activity.window.decorView
        val bitmap = Bitmap.createBitmap(root.width, root.height, Bitmap.Config.ARGB_8888)
        root.draw(Canvas(bitmap))
        val colors = (0 until bitmap.height step 7).flatMapTo(HashSet()) { y ->
            (0 until bitmap.width step 7).map { x -> bitmap.getPixel(x, y) }
        }
        assertTrue("the screen is blank", colors.size > 4)
        screen.close()
        val folder = System.getProperty("screenshots")
        assumeNotNull(folder)
        File(folder, "$name.png").outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }
}
