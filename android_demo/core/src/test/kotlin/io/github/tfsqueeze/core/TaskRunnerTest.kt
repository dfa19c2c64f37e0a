package io.github.tfsqueeze.core

import kotlin.math.exp
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

class TaskRunnerTest {
    private fun runner(name: String, engine: FixedEngine) = TaskRunner.open(sample(name), engine)

    @Test fun labelsComeWithTheMostProbableFirst() {
        val engine = FixedEngine(mapOf("logits" to listOf(3, 7)))  // 0.0 and 1.0
        val result = runner("text-classification", engine).run("the cat") as Result.Classification
        assertEquals(listOf("positive", "negative"), result.labels.map { it.label })
        assertEquals(1 / (1 + exp(-1.0)), result.labels[0].probability, 1e-12)
        assertEquals(1.0, result.labels.sumOf { it.probability }, 1e-12)
    }

    @Test fun theShortestSignatureThatHoldsTheTextIsRun() {
        val engine = FixedEngine(emptyMap())
        runner("text-classification", engine).use { runner ->
            runner.run("the cat sat on a mat")
            runner.run("the cat sat on a mat.")
            runner.run("the cat ".repeat(100))
        }
        assertEquals(listOf("length_8", "length_16", "length_16"), engine.runs.map { it.first.key })
        assertEquals(listOf(8, 16, 16), engine.runs.map { it.second.getValue("input_ids").size })
        assertTrue(engine.closed)
    }

    @Test fun pairsFillMaskAndTypes() {
        val engine = FixedEngine(emptyMap())
        val runner = runner("pairs", engine)
        assertTrue(runner.takesSecond)
        runner.run("the cat", "a mat")
        val inputs = engine.runs.single().second
        fun values(name: String) = inputs.getValue(name).joinToString("")
        assertEquals("2563" + "9103" + "000000000", values("input_ids"))
        assertEquals("1111" + "111" + "000000000", values("attention_mask"))
        assertEquals("0000" + "111" + "000000000", values("token_type_ids"))
    }

    @Test fun secondTextsBelongToModelsOfTwo() {
        val engine = FixedEngine(emptyMap())
        assertTrue(failure { runner("pairs", engine).run("the cat") }.contains("second"))
        assertTrue(failure { runner("text-classification", engine).run("a", "b") }.contains("single"))
    }

    @Test fun entitiesHaveTheCharactersOfTheText() {
        // Words: songs by new york . (tags B-artist B-place I-artist I-place O)
        val logits = IntArray(16 * 5)
        fun tag(token: Int, tag: Int) { logits[token * 5 + tag] = 100 }
        tag(1, 4); tag(2, 4); tag(3, 1); tag(4, 3); tag(5, 4)
        val engine = FixedEngine(mapOf("logits" to logits.toList()))
        val result = runner("token-classification", engine).run("Songs by  New\tYork.") as Result.Entities
        val entity = result.entities.single()
        assertEquals(Entity("New\tYork", "place", 10, 18, entity.score), entity)
        assertEquals(1.0, entity.score, 1e-9)
    }

    @Test fun intentsAndSlotsComeTogether() {
        val slots = List(16 * 5) { if (it == 2 * 5) 100 else if (it % 5 == 4) 50 else 0 }
        val engine = FixedEngine(mapOf("slot_logits" to slots, "intent_logits" to listOf(1, 0)))
        val result = runner("intent-and-slots", engine).run("play new") as Result.IntentAndSlots
        assertEquals("play", result.intents.first().label)
        assertEquals(listOf("new" to "artist"), result.slots.map { it.text to it.type })
    }

    @Test fun answersAreRankedOverAllWindows() {
        // [CLS] where ? [SEP] and then the context.
        val starts = List(16) { if (it == 6) 40 else if (it == 0) -100 else 0 }
        val ends = List(16) { if (it == 7) 40 else if (it == 0) -100 else 0 }
        val engine = FixedEngine(mapOf("start_logits" to starts, "end_logits" to ends))
        val result = runner("question-answering", engine).run("where?", "It is on a mat") as Result.Answers
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
        val runner = runner("question-answering", engine)
        val result = runner.run("where?", "the cat") as Result.Answers
        assertNull(result.best)
        assertEquals(0.5, checkNotNull(result.noAnswerScore), 0.0)
        assertEquals(listOf("the", "the cat", "cat"), result.candidates.map { it.text })
        val empty = runner.run("where?", "") as Result.Answers
        assertEquals(Result.Answers(null, emptyList(), 1.0, null), empty)
    }

    @Test fun anEngineThatGivesOtherOutputsIsRefused() {
        val wrong = object : Engine {
            override fun run(signature: Signature, inputs: Map<String, IntArray>) =
                mapOf("logits" to Tensor.Float32(FloatArray(3)))
            override fun close() {}
        }
        assertTrue(failure { TaskRunner.open(sample("text-classification"), wrong).run("a") }
            .contains("3 elements in place of 2"))
        assertTrue(failure { TaskRunner.open(sample("question-answering"), wrong).run("a", "b") }
            .contains("no start_logits"))
    }
}
