package io.github.tfsqueeze.demo

import android.app.Activity
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.text.Editable
import android.text.TextWatcher
import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.EditText
import android.widget.Spinner
import android.widget.TextView
import io.github.tfsqueeze.core.ModelException
import io.github.tfsqueeze.core.ModelFile
import io.github.tfsqueeze.core.Predictor
import io.github.tfsqueeze.core.SearchIndex
import io.github.tfsqueeze.core.Task

/** The only screen: a model, a device, texts, and the predictions for them as one types. */
class MainActivity : Activity() {
    private val app get() = application as DemoApplication
    private val models get() = app.models
    private val model by lazy { findViewById<Spinner>(R.id.model) }
    private val device by lazy { findViewById<Spinner>(R.id.device) }
    private val first by lazy { findViewById<EditText>(R.id.first) }
    private val second by lazy { findViewById<EditText>(R.id.second) }
    private val message by lazy { findViewById<TextView>(R.id.message) }
    private val prediction by lazy { findViewById<PredictionView>(R.id.prediction) }
    private val latency by lazy { findViewById<TextView>(R.id.latency) }
    private lateinit var worker: PredictionWorker

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.main)
        fill(model, models.names)
        fill(device, app.devices.map(::name))
        if (models.names.isEmpty()) fail(getString(R.string.no_model))
        for (field in listOf(first, second)) field.addTextChangedListener(Typing(::submit))
        // A turned screen continues with the open model.
        @Suppress("DEPRECATION")
        worker = lastNonConfigurationInstance as PredictionWorker? ?: createWorker()
        worker.listener = ::show
    }

    private fun createWorker(): PredictionWorker {
        val app = app  // Not this activity: the worker outlives it.
        val screen = Handler(Looper.getMainLooper())
        return PredictionWorker(
            open = { name, device ->
                val content = app.models.open(name)
                val model = ModelFile.read(content)
                val index = app.models.openIndex(name)?.let { SearchIndex.read(it, content) }
                Predictor.open(model, app.openEngine(content, device), index)
            },
            post = { screen.post(it) })
    }

    // Once the texts of a turned screen are back in their fields.
    override fun onPostCreate(savedInstanceState: Bundle?) {
        super.onPostCreate(savedInstanceState)
        submit()
    }

    @Deprecated("Needs no library, unlike what replaces it.")
    override fun onRetainNonConfigurationInstance(): Any = worker

    override fun onDestroy() {
        worker.listener = null
        if (!isChangingConfigurations) worker.close()
        super.onDestroy()
    }

    private fun submit() {
        val name = models.names.getOrNull(model.selectedItemPosition) ?: return
        worker.submit(Request(name, app.devices[device.selectedItemPosition],
            first.text.toString(), second.text.toString()))
    }

    private fun show(outcome: Outcome) {
        when (outcome) {
            is Outcome.Opened -> showFields(outcome)
            is Outcome.Waiting -> showPrediction(null)
            is Outcome.Success -> showPrediction(outcome)
            is Outcome.Failure -> fail(describe(outcome))
        }
    }

    private fun showFields(opened: Outcome.Opened) {
        val asks = when (opened.task) {
            Task.QUESTION_ANSWERING -> true
            Task.TEXT_CLASSIFICATION, Task.MULTI_LABEL_CLASSIFICATION, Task.REGRESSION,
            Task.TOKEN_CLASSIFICATION, Task.INTENT_AND_SLOTS, Task.SENTENCE_EMBEDDINGS -> false
        }
        findViewById<TextView>(R.id.first_label)
            .setText(if (asks) R.string.question else R.string.text)
        first.setHint(if (asks) R.string.question_hint else R.string.text_hint)
        val label = findViewById<TextView>(R.id.second_label)
        label.setText(if (asks) R.string.context else R.string.second)
        second.setHint(if (asks) R.string.context_hint else R.string.second_hint)
        for (view in listOf(label, second)) {
            view.visibility = if (opened.takesSecondText) View.VISIBLE else View.GONE
        }
    }

    private fun showPrediction(success: Outcome.Success?) {
        message.visibility = View.GONE
        prediction.show(success?.prediction)
        latency.text = success?.let { getString(R.string.latency, it.milliseconds) }
    }

    private fun fail(sentence: String) {
        showPrediction(null)
        message.text = sentence
        message.visibility = View.VISIBLE
    }

    private fun describe(failure: Outcome.Failure): String =
        if (failure.error is ModelException) failure.error.message!!
        else getString(R.string.device_failed, name(failure.request.device),
            failure.error.message ?: failure.error.javaClass.simpleName)

    private fun name(device: Device): String = when (device) {
        is Device.Cpu -> resources.getQuantityString(R.plurals.cpu, device.threads, device.threads)
        Device.Gpu -> getString(R.string.gpu)
        Device.Nnapi -> getString(R.string.nnapi)
    }

    private fun fill(spinner: Spinner, names: List<String>) {
        spinner.adapter = ArrayAdapter(this, android.R.layout.simple_spinner_item, names)
            .apply { setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item) }
        spinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(
                parent: AdapterView<*>?, view: View?, position: Int, id: Long) = submit()

            override fun onNothingSelected(parent: AdapterView<*>?) = Unit
        }
    }
}

private class Typing(private val changed: () -> Unit) : TextWatcher {
    override fun beforeTextChanged(text: CharSequence?, start: Int, count: Int, after: Int) = Unit

    override fun onTextChanged(text: CharSequence?, start: Int, before: Int, count: Int) = Unit

    override fun afterTextChanged(text: Editable?) = changed()
}
