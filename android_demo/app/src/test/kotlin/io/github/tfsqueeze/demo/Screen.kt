package io.github.tfsqueeze.demo

import android.os.Looper
import android.view.View
import android.widget.EditText
import android.widget.Spinner
import android.widget.TextView
import org.junit.Assert.fail
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController

/** The app's screen as a person uses it: typing, choosing, turning, reading. */
class Screen {
    private val controller: ActivityController<MainActivity> =
        Robolectric.buildActivity(MainActivity::class.java).setup()
    val activity: MainActivity get() = controller.get()
    private var closed = false

    fun <T : View> view(id: Int): T = activity.findViewById(id)

    fun type(text: String, field: Int = R.id.first) = view<EditText>(field).setText(text)

    fun choose(spinner: Int, position: Int) = view<Spinner>(spinner).setSelection(position)

    fun text(id: Int) = view<TextView>(id).text.toString()

    fun isShown(id: Int) = view<View>(id).visibility == View.VISIBLE

    /** The text that a screen reader reads for each row of the prediction. */
    val rows: List<String>
        get() = view<PredictionView>(R.id.prediction).run {
            (0 until childCount).map { index ->
                getChildAt(index).let { (it.contentDescription ?: (it as TextView).text).toString() }
            }
        }

    /** Waits for the worker's thread until a condition holds. */
    fun await(what: String, condition: () -> Boolean) {
        val end = System.nanoTime() + 60_000_000_000
        while (System.nanoTime() < end) {
            shadowOf(Looper.getMainLooper()).idle()
            if (condition()) return
            Thread.sleep(10)
        }
        fail("$what did not come: rows $rows, message ${text(R.id.message)}")
    }

    fun awaitRows() = await("a result") { rows.isNotEmpty() }

    /** Turns the screen, for which Android creates a new activity. */
    fun turn() {
        RuntimeEnvironment.setQualifiers("+land")
        controller.configurationChange(activity.resources.configuration)
    }

    /** Leaves the app; a second call does nothing. */
    fun close() {
        if (closed) return
        closed = true
        controller.pause().stop().destroy()
    }
}
