package io.github.tfsqueeze.core

/** Predicts a label for a text, or for a pair of texts. */
internal class TextClassificationPredictor(model: ModelFile, engine: Engine) :
    Predictor(model, engine) {
    override val takesSecondText get() = model.metadata.pairs

    override fun predictChecked(text: String, secondText: String?): Prediction {
        val sequence = if (secondText == null) InputSequence(tokenizer.encode(text))
        else tokenizer.encodePair(text, secondText)
        return Prediction.Labels(rankLabels(run(sequence).single(), model.metadata.labels))
    }
}
