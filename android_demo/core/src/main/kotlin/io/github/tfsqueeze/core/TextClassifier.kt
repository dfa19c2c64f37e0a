package io.github.tfsqueeze.core

/** One label for a text, or for a pair of texts. */
internal class TextClassifier(model: ModelFile, engine: Engine) : TaskRunner(model, engine) {
    override val takesSecond get() = model.metadata.pairs

    override fun predict(text: String, second: String?): Result {
        val row = if (second == null) TokenRow(tokenizer.encode(text))
        else tokenizer.encodePair(text, second)
        return Result.Classification(ranked(logits(row).single(), model.metadata.labels))
    }
}
