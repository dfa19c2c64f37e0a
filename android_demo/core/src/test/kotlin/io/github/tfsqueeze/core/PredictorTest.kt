package io.github.tfsqueeze.core

import kotlin.math.exp
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

class PredictorTest {
    private fun open(name: String, engine: FixedEngine) = Predictor.open(sample(name), engine)

    @Test fun labelsComeWithTheMostProbableFirst() {
        val engine = FixedEngine(mapOf("logits" to listOf(3, 7)))  // 0.0 and 1.0
        val result = open("text-classification", engine).predict("the cat") as Prediction.Labels
        assertEquals(listOf("positive", "negative"), result.labels.map { it.label })
        assertEquals(1 / (1 + exp(-1.0)), result.labels[0].probability, 1e-12)
        assertEquals(1.0, result.labels.sumOf { it.probability }, 1e-12)
    }

    @Test fun aTextHasTheLabelsThatReachTheirThresholds() {
        fun labels(vararg stored: Int): Prediction.ChosenLabels {
            val engine = FixedEngine(mapOf("logits" to stored.toList()))
            return open("multi-label-classification", engine).predict("the cat") as Prediction.ChosenLabels
        }
        fun names(vararg stored: Int) = labels(*stored).chosen.map { it.label }
        // 1.0, whose probability is the very threshold, 0.25 and 2.0
        val result = labels(7, 4, 11)
        assertEquals(listOf("billing", "delivery"), result.chosen.map { it.label })
        assertEquals(listOf("urgent", "billing", "delivery"), result.all.map { it.label })
        assertEquals(result.all.drop(1), result.chosen)
        assertEquals(1 / (1 + exp(-2.0)), result.all[0].probability, 1e-15)
        assertEquals(listOf("delivery"), names(6, 3, 11))
        assertEquals(emptyList<String>(), names(6, 2, 11))
        assertEquals(listOf("urgent", "delivery", "billing"), names(7, 8, 22))
    }

    /** Returns the prediction of a model for the Task Library, whose output has probabilities. */
    private fun signed(name: String, vararg probabilities: Float): Prediction {
        val output = TensorInfo(
            "probability", listOf(1, probabilities.size), DataType.FLOAT32, 0f, 0)
        val engine = object : Engine {
            override fun run(signature: Signature, inputs: Map<String, IntArray>) =
                mapOf(output.name to Tensor.Float32(probabilities))
            override fun close() {}
        }
        val model = sample(name).run {
            ModelFile(metadata,
                signatures.map { Signature(it.key, it.index, it.inputs, listOf(output)) })
        }
        return Predictor.open(model, engine).predict("the cat")
    }

    @Test fun probabilitiesOfAFileForTheTaskLibraryStayAsTheyAre() {
        fun check(labels: List<LabelProbability>, vararg expected: Pair<String, Double>) {
            assertEquals(expected.map { it.first }, labels.map { it.label })
            for ((label, pair) in labels.zip(expected)) {
                assertEquals(pair.second, label.probability, 1e-6)
            }
        }
        fun one(vararg probabilities: Float) =
            (signed("text-classification", *probabilities) as Prediction.Labels).labels
        check(one(0.125f, 0.875f), "positive" to 0.875, "negative" to 0.125)
        check(one(1f, 0f), "negative" to 1.0, "positive" to 0.0)
        val several = signed("multi-label-classification", 0.6f, 1f, 0f) as Prediction.ChosenLabels
        check(several.all, "delivery" to 1.0, "billing" to 0.6, "urgent" to 0.0)
        check(several.chosen, "delivery" to 1.0)
        assertEquals("the model gives probabilities, and one for regression has none; " +
            "convert it again", failure { signed("regression", 0.5f) })
    }

    @Test fun labelsAndNumbersOfPairsNeedTwoTexts() {
        for (name in listOf("multi-label-pairs", "regression-pairs")) {
            val engine = FixedEngine(emptyMap())
            val predictor = open(name, engine)
            assertTrue(predictor.takesSecondText)
            predictor.predict("the cat", "a mat")
            assertEquals("0000" + "111" + "000000000",
                engine.runs.single().second.getValue("token_type_ids").joinToString(""))
            assertTrue(failure { predictor.predict("the cat") }.contains("second"))
        }
    }

    @Test fun aNumberHasTheScaleOfTraining() {
        fun number(name: String, stored: Int, second: String?) =
            (open(name, FixedEngine(mapOf("logits" to listOf(stored)))).predict("the cat", second)
                as Prediction.Number).value
        assertEquals(1000.0, number("regression", 3, null), 0.0)
        assertEquals(1000 + 10 * -2.5, number("regression", -7, null), 0.0)
        assertEquals(2.7 + 1.46 * 31, number("regression-pairs", 127, "a mat"), 0.0)
    }

    @Test fun theShortestSignatureThatHoldsTheTextIsRun() {
        val engine = FixedEngine(emptyMap())
        open("text-classification", engine).use { predictor ->
            predictor.predict("the cat sat on a mat")
            predictor.predict("the cat sat on a mat.")
            predictor.predict("the cat ".repeat(100))
        }
        assertEquals(listOf("length_8", "length_16", "length_16"), engine.runs.map { it.first.key })
        assertEquals(listOf(8, 16, 16), engine.runs.map { it.second.getValue("input_ids").size })
        assertTrue(engine.closed)
    }

    @Test fun pairsFillMaskAndTypes() {
        val engine = FixedEngine(emptyMap())
        val predictor = open("pairs", engine)
        assertTrue(predictor.takesSecondText)
        predictor.predict("the cat", "a mat")
        val inputs = engine.runs.single().second
        fun values(name: String) = inputs.getValue(name).joinToString("")
        assertEquals("2563" + "9103" + "000000000", values("input_ids"))
        assertEquals("1111" + "111" + "000000000", values("attention_mask"))
        assertEquals("0000" + "111" + "000000000", values("token_type_ids"))
    }

    @Test fun secondTextsBelongToModelsOfTwo() {
        val engine = FixedEngine(emptyMap())
        assertTrue(failure { open("pairs", engine).predict("the cat") }.contains("second"))
        assertTrue(failure { open("text-classification", engine).predict("a", "b") }.contains("single"))
    }

    @Test fun entitiesHaveTheCharactersOfTheText() {
        // Words: songs by new york . (tags B-artist B-place I-artist I-place O)
        val logits = IntArray(16 * 5)
        fun tag(token: Int, tag: Int) { logits[token * 5 + tag] = 100 }
        tag(1, 4); tag(2, 4); tag(3, 1); tag(4, 3); tag(5, 4)
        val engine = FixedEngine(mapOf("logits" to logits.toList()))
        val result = open("token-classification", engine).predict("Songs by  New\tYork.") as Prediction.Entities
        val entity = result.entities.single()
        assertEquals(Entity("New\tYork", "place", 10, 18, entity.score), entity)
        assertEquals(1.0, entity.score, 1e-9)
    }

    @Test fun intentsAndSlotsComeTogether() {
        val slots = List(16 * 5) { if (it == 2 * 5) 100 else if (it % 5 == 4) 50 else 0 }
        val engine = FixedEngine(mapOf("slot_logits" to slots, "intent_logits" to listOf(1, 0)))
        val result = open("intent-and-slots", engine).predict("play new") as Prediction.IntentAndSlots
        assertEquals("play", result.intents.first().label)
        assertEquals(listOf("new" to "artist"), result.slots.map { it.text to it.type })
    }

    @Test fun answersAreRankedOverAllWindows() {
        // [CLS] where ? [SEP] and then the context.
        val starts = List(16) { if (it == 6) 40 else if (it == 0) -100 else 0 }
        val ends = List(16) { if (it == 7) 40 else if (it == 0) -100 else 0 }
        val engine = FixedEngine(mapOf("start_logits" to starts, "end_logits" to ends))
        val result = open("question-answering", engine).predict("where?", "It is on a mat") as Prediction.Answers
        val best = checkNotNull(result.best)
        assertEquals(Answer("on a", 6, 10, best.probability), best)
        assertEquals(best, result.candidates.first())
        assertEquals(15, result.candidates.size)
        assertEquals(-(40 + 40 + 200) * 0.25, checkNotNull(result.noAnswerScore), 0.0)
        assertEquals(1.0, result.candidates.sumOf { it.probability } + result.noAnswerProbability, 1e-12)
        // Of equals the earlier comes first.
        assertEquals(listOf("It is on a", "is on a"), result.candidates.subList(1, 3).map { it.text })
    }

    @Test fun aQuestionMayHaveNoAnswer() {
        val engine = FixedEngine(mapOf("start_logits" to listOf(1), "end_logits" to listOf(1)))
        val predictor = open("question-answering", engine)
        val result = predictor.predict("where?", "the cat") as Prediction.Answers
        assertNull(result.best)
        assertEquals(0.5, checkNotNull(result.noAnswerScore), 0.0)
        assertEquals(listOf("the", "the cat", "cat"), result.candidates.map { it.text })
        val empty = predictor.predict("where?", "") as Prediction.Answers
        assertEquals(Prediction.Answers(null, emptyList(), 1.0, null), empty)
    }

    @Test fun validationChoosesWhenThereIsNoAnswerAndHowSureAnAnswerIs() {
        fun answers(name: String, noAnswer: Int): Prediction.Answers {
            val logits = listOf(noAnswer, 0, 0, 0, 0, 10)
            val engine = FixedEngine(mapOf("start_logits" to logits, "end_logits" to logits))
            return open(name, engine).predict("where?", "the cat") as Prediction.Answers
        }
        // The scores are (10 - 3) / 4 and twice that; no answer leads by (noAnswer - 10) / 2.
        assertNull(answers("question-answering", 11).best)
        assertEquals("cat", answers("matched-answers", 12).best?.text)
        assertNull(answers("matched-answers", 13).best)
        val sure = answers("question-answering", 10)
        val unsure = answers("matched-answers", 10)
        assertEquals(1.0, sure.candidates.sumOf { it.probability } + sure.noAnswerProbability, 1e-12)
        assertTrue(unsure.candidates.first().probability < sure.candidates.first().probability)
    }

    @Test fun wordsOfQuestionAndContextHaveTypesOfTheirOwn() {
        for ((name, types) in listOf(
            "matched-answers" to "0202013311000000", "question-answering" to "0000011111000000")) {
            val engine = FixedEngine(emptyMap())
            open(name, engine).predict("cat the?", "the cat? the")
            assertEquals(types,
                engine.runs.single().second.getValue("token_type_ids").joinToString(""))
        }
    }

    @Test fun anEngineWithOtherOutputsIsRefused() {
        val wrong = object : Engine {
            override fun run(signature: Signature, inputs: Map<String, IntArray>) =
                mapOf("logits" to Tensor.Float32(FloatArray(3)))
            override fun close() {}
        }
        assertTrue(failure { Predictor.open(sample("text-classification"), wrong).predict("a") }
            .contains("3 elements instead of 2"))
        assertTrue(failure { Predictor.open(sample("question-answering"), wrong).predict("a", "b") }
            .contains("no start_logits"))
    }
}
