package io.github.tfsqueeze.demo

import android.content.pm.PackageManager
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.Spinner
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(application = FakeApplication::class)
class MainActivityTest {
    private val app = RuntimeEnvironment.getApplication() as FakeApplication
    private val screen by lazy { Screen() }

    @After
    fun close() = screen.close()

    @Test
    fun `typing shows labels with probabilities, and how long it took`() {
        screen.type("the cat")
        screen.awaitRows()
        assertEquals(2, screen.rows.size)
        assertTrue(screen.rows.toString(), screen.rows[0].matches(Regex("(positive|negative), \\d+\\.\\d %")))
        assertTrue(screen.text(R.id.latency).matches(Regex("\\d+\\.\\d ms: .*")))
        assertFalse(screen.isShown(R.id.message))
    }

    @Test
    fun `another text has another result, and no text has none`() {
        screen.type("the")
        screen.awaitRows()
        val before = screen.rows
        screen.type("the the")
        screen.await("the other label") { screen.rows[0] != before[0] }
        assertEquals(before.map { it.substringBefore(",") }.reversed(),
            screen.rows.map { it.substringBefore(",") })
        screen.type(" ")
        screen.await("an empty screen") { screen.rows.isEmpty() }
        assertEquals("", screen.text(R.id.latency))
    }

    @Test
    fun `entities and slots are shown`() {
        screen.choose(R.id.model, 2)
        screen.type("play songs by york")
        screen.awaitRows()
        assertTrue(screen.rows.toString(), screen.rows.all { it.matches(Regex("[a-z]+: .*, .* %")) })
        screen.choose(R.id.model, 3)
        screen.await("intents") { screen.rows.any { it.startsWith("play, ") } }
        assertTrue(screen.rows.toString(), screen.rows.size >= 3)
    }

    @Test
    fun `the labels that a text has are shown, or that it has none`() {
        screen.choose(R.id.model, 5)
        screen.type("the cat sat on")
        screen.await("a label") { screen.rows.any { it.matches(Regex("billing, \\d+\\.\\d %")) } }
        assertEquals(1, screen.rows.size)
        assertFalse(screen.isShown(R.id.second))
        screen.type("the cat sat")
        screen.await("no label") { screen.rows == listOf("This text has none of the labels.") }
    }

    @Test
    fun `a number is shown with the digits that it needs`() {
        screen.choose(R.id.model, 6)
        screen.type("the cat")
        screen.awaitRows()
        assertEquals(listOf("1,042.5"), screen.rows)
    }

    @Test
    fun `an embedder shows the nearest texts`() {
        screen.choose(R.id.model, 7)
        screen.type("the cat")  // the fake engine's vector is that of "a mat"
        screen.awaitRows()
        assertEquals("a mat, 1.000", screen.rows.first())
        assertFalse(screen.isShown(R.id.second))
    }

    @Test
    fun `a question is asked of a text`() {
        screen.choose(R.id.model, 4)
        screen.type("where is the cat?")
        screen.await("a field for the text") { screen.isShown(R.id.second) }
        assertEquals("Question", screen.text(R.id.first_label))
        assertEquals("Text that has the answer", screen.text(R.id.second_label))
        assertEquals(emptyList<String>(), screen.rows)
        screen.type("the cat sat on a mat", R.id.second)
        screen.awaitRows()
    }

    @Test
    fun `only models of two texts have a second field`() {
        screen.type("cat")
        screen.awaitRows()
        assertFalse(screen.isShown(R.id.second))
        screen.choose(R.id.model, 1)
        screen.await("a second field") { screen.isShown(R.id.second) }
        screen.await("an empty screen") { screen.rows.isEmpty() }
        screen.type("bread", R.id.second)
        screen.awaitRows()
    }

    @Test
    fun `a turned screen keeps texts, choices, result, and the open model`() {
        screen.choose(R.id.device, 1)
        screen.choose(R.id.model, 1)
        screen.type("cat")
        screen.type("bread", R.id.second)
        screen.awaitRows()
        val (before, opened, activity) = Triple(screen.rows, app.opened.size, screen.activity)
        screen.turn()
        assertTrue("the activity is a new one", screen.activity !== activity)
        screen.await("the result") { screen.rows == before }
        assertEquals("cat", screen.text(R.id.first))
        assertEquals("bread", screen.text(R.id.second))
        assertEquals(1, screen.view<Spinner>(R.id.device).selectedItemPosition)
        assertEquals(1, screen.view<Spinner>(R.id.model).selectedItemPosition)
        screen.type("dog")
        screen.awaitRows()
        assertEquals(opened, app.opened.size)
        assertEquals(1, app.open)
    }

    @Test
    fun `a failing device is reported in a sentence, and another can be chosen`() {
        screen.type("the cat")
        screen.choose(R.id.device, 2)
        screen.await("a message") { screen.isShown(R.id.message) }
        assertEquals("NNAPI (deprecated since Android 15) cannot run this model here " +
            "(Internal error: no such device). Choose another device.", screen.text(R.id.message))
        assertTrue(screen.rows.isEmpty())
        screen.choose(R.id.device, 0)
        screen.awaitRows()
        assertFalse(screen.isShown(R.id.message))
    }

    @Test
    fun `a damaged model is reported in a sentence`() {
        app.models = Samples(listOf("damaged"))
        screen.type("the cat")
        screen.await("a message") { screen.isShown(R.id.message) }
        assertEquals("this is not a .tflite file; choose one that `tfsqueeze export` wrote",
            screen.text(R.id.message))
    }

    @Test
    fun `an app without models says where they come from`() {
        app.models = Samples(emptyList())
        assertTrue(screen.isShown(R.id.message))
        assertTrue(screen.text(R.id.message).contains("tfsqueeze export RUN --target android"))
        screen.type("the cat")
    }

    @Test
    fun `leaving closes the model`() {
        screen.type("the cat")
        screen.awaitRows()
        assertEquals(1, app.open)
        screen.close()
        val end = System.nanoTime() + 60_000_000_000
        while (app.open > 0 && System.nanoTime() < end) Thread.sleep(10)
        assertEquals(0, app.open)
    }

    @Test
    fun `the app asks for no permission`() {
        val info = app.packageManager.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS)
        assertNull(info.requestedPermissions)
    }

    @Test
    fun `each field has a name for screen readers and room for a finger`() {
        screen.type("the cat")
        screen.awaitRows()
        val least = 48 * screen.activity.resources.displayMetrics.density
        for (id in listOf(R.id.first, R.id.model, R.id.device)) {
            val view = screen.view<View>(id)
            assertTrue(view.minimumHeight >= least || (view as? EditText)?.minHeight?.let { it >= least } == true)
            assertTrue("no label for $view", labels(screen.view(android.R.id.content)).contains(id))
        }
        assertSame(View.ACCESSIBILITY_LIVE_REGION_POLITE,
            screen.view<View>(R.id.message).accessibilityLiveRegion)
    }

    private fun labels(view: View): List<Int> = listOf(view.labelFor) +
        ((view as? ViewGroup)?.let { group ->
            (0 until group.childCount).flatMap { labels(group.getChildAt(it)) }
        } ?: emptyList())
}
