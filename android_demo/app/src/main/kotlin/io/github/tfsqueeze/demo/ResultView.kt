package io.github.tfsqueeze.demo

import android.content.Context
import android.util.AttributeSet
import android.view.LayoutInflater
import android.view.View
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.TextView
import io.github.tfsqueeze.core.Entity
import io.github.tfsqueeze.core.Result

/** Shows a result as rows of names with probabilities, each with a bar. */
class ResultView(context: Context, attributes: AttributeSet) : LinearLayout(context, attributes) {
    /** Null shows nothing. */
    fun show(result: Result?) {
        removeAllViews()
        when (result) {
            null -> Unit
            is Result.Classification ->
                result.labels.take(ROWS).forEach { add(it.label, it.probability) }
            is Result.Entities -> addEntities(result.entities)
            is Result.IntentAndSlots -> {
                result.intents.take(FEW_ROWS).forEach { add(it.label, it.probability) }
                addEntities(result.slots)
            }
            is Result.Answers -> addAnswers(result)
        }
    }

    private fun addEntities(entities: List<Entity>) {
        if (entities.isEmpty()) addNote(R.string.nothing_found)
        entities.forEach { add(context.getString(R.string.entity, it.type, it.text), it.score) }
    }

    private fun addAnswers(answers: Result.Answers) {
        if (answers.best == null) addNote(R.string.no_answer)
        answers.candidates.take(FEW_ROWS).forEach { add(it.text, it.probability) }
    }

    private fun add(name: String, probability: Double) {
        val row = LayoutInflater.from(context).inflate(R.layout.row, this, false)
        val percent = context.getString(R.string.probability, 100 * probability)
        row.findViewById<TextView>(R.id.name).text = name
        row.findViewById<TextView>(R.id.probability).text = percent
        row.findViewById<ProgressBar>(R.id.bar).progress = (1000 * probability).toInt()
        row.contentDescription = context.getString(R.string.row_description, name, percent)
        addView(row)
    }

    private fun addNote(text: Int): View =
        TextView(context).apply { setText(text) }.also(::addView)

    private companion object {
        const val ROWS = 5
        const val FEW_ROWS = 3
    }
}
