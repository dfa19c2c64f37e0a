package io.github.tfsqueeze.core

import org.json.JSONArray
import org.json.JSONObject

const val PAD_TOKEN = "[PAD]"
const val UNK_TOKEN = "[UNK]"
const val CLS_TOKEN = "[CLS]"
const val SEP_TOKEN = "[SEP]"

/**
 * Returns whether tokenizer settings in Hugging Face's format ask for lowercase.
 *
 * Throws [ModelException] where another setting is not the one that [WordPieceTokenizer] has.
 */
internal fun readLowercase(settings: JSONObject): Boolean {
    val lowercase = settings.optBoolean("do_lower_case", true)
    val expected = mapOf<String, Any>(
        "strip_accents" to lowercase, "tokenize_chinese_chars" to true, "do_basic_tokenize" to true,
        "pad_token" to PAD_TOKEN, "unk_token" to UNK_TOKEN, "cls_token" to CLS_TOKEN,
        "sep_token" to SEP_TOKEN)
    for ((key, value) in expected) {
        if (!settings.isNull(key) && settings.get(key) != value) {
            throw ModelException("the tokenizer settings have $key=${settings.get(key)}; " +
                "only $value is supported")
        }
    }
    return lowercase
}

/**
 * Returns the stop words of a tokenizer with match types, or null for one without.
 *
 * Throws [ModelException] where there are match types without stop words.
 */
internal fun readMatchStopWords(settings: JSONObject): List<String>? {
    if (settings.isNull("match_types")) return null
    val words: JSONArray = settings.optJSONObject("match_types")?.optJSONArray("stop_words")
        ?: throw ModelException("the model is damaged: match_types in the tokenizer settings have " +
            "no stop_words; copy or export it again")
    return List(words.length()) { words.getString(it) }
}
