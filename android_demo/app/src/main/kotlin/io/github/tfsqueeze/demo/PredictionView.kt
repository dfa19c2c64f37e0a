package io.github.tfsqueeze.demo

import android.content.Context
import android.util.AttributeSet
import android.view.LayoutInflater
import android.view.View
import android.widget.LinearLayout
import android.widget.ProgressBar
import android.widget.TextView
import io.github.tfsqueeze.core.Entity
import io.github.tfsqueeze.core.LabelProbability
import io.github.tfsqueeze.core.Prediction
import java.math.BigDecimal
import java.math.MathContext
import java.text.NumberFormat

/** Shows a prediction as rows of names with shares, each with a bar, or as a number. */
class PredictionView(context: Context, attributes: AttributeSet) :
    LinearLayout(context, attributes) {
    /** Shows a prediction; null shows nothing. */
    fun show(prediction: Prediction?) {
        removeAllViews()
        when (prediction) {
            null -> Unit
            is Prediction.Labels ->
                prediction.labels.take(ROWS).forEach { add(it.label, it.probability) }
            is Prediction.ChosenLabels -> addChosen(prediction.chosen)
            is Prediction.Number -> addNote(numberText(prediction.value))
            is Prediction.Embedding -> addNote(R.string.no_index)
            is Prediction.Matches -> prediction.matches.forEach {
                add(it.text, it.cosine, context.getString(R.string.cosine, it.cosine))
            }
            is Prediction.Entities -> addEntities(prediction.entities)
            is Prediction.IntentAndSlots -> {
                prediction.intents.take(FEW_ROWS).forEach { add(it.label, it.probability) }
                addEntities(prediction.slots)
            }
            is Prediction.Answers -> addAnswers(prediction)
        }
    }

    private fun addChosen(labels: List<LabelProbability>) {
        if (labels.isEmpty()) addNote(R.string.no_label)
        labels.forEach { add(it.label, it.probability) }
    }

    private fun addEntities(entities: List<Entity>) {
        if (entities.isEmpty()) addNote(R.string.nothing_found)
        entities.forEach { add(context.getString(R.string.entity, it.type, it.text), it.score) }
    }

    private fun addAnswers(answers: Prediction.Answers) {
        if (answers.best == null) addNote(R.string.no_answer)
        answers.candidates.take(FEW_ROWS).forEach { add(it.text, it.probability) }
    }

    private fun add(name: String, probability: Double) =
        add(name, probability, context.getString(R.string.probability, 100 * probability))

    private fun add(name: String, share: Double, shareText: String) {
        val row = LayoutInflater.from(context).inflate(R.layout.row, this, false)
        row.findViewById<TextView>(R.id.name).text = name
        row.findViewById<TextView>(R.id.share).text = shareText
        row.findViewById<ProgressBar>(R.id.bar).progress = (1000 * share).toInt()
        row.contentDescription = context.getString(R.string.row_description, name, shareText)
        addView(row)
    }

    private fun addNote(text: Int): View = addNote(context.getString(text))

    private fun addNote(note: String): View =
        TextView(context).apply { text = note }.also(::addView)

    /** Returns a number with as many digits as `tfsqueeze predict` prints. */
    private fun numberText(number: Double): String = NumberFormat.getNumberInstance()
        .apply { maximumFractionDigits = Int.MAX_VALUE }
        .format(BigDecimal(number).round(MathContext(DIGITS)))

    private companion object {
        const val ROWS = 5
        const val FEW_ROWS = 3
        const val DIGITS = 6
    }
}
