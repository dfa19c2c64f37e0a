import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.spelling_vectors import fold_spelling, share_spelling
from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM, SqueezeBertForTokenClassification
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS

VOCABULARY = [*SPECIAL_TOKENS, "Bremen", "Emden", "Minden", "sah", "##en", "##sen"]
IDS = {"input_ids": np.array([[2, 5, 8, 10, 3, 0], [2, 6, 7, 9, 8, 3]], np.int32)}


def shared(model_class):
    keras.utils.set_random_seed(0)
    model = model_class(
        load_preset("squeezebert-micro", vocab_size=len(VOCABULARY), hidden_dropout_prob=0.0),
        input_names=("input_ids",),
    )
    share_spelling(model, VOCABULARY)
    return model


@pytest.mark.parametrize("model_class", [SqueezeBertForTokenClassification, SqueezeBertForMaskedLM])
def test_a_folded_model_is_plain_and_has_the_same_outputs(model_class, tmp_path):
    model = shared(model_class)
    plain = fold_spelling(model)
    assert [w.shape for w in plain.weights] == [
        w.shape for w in model_class(model.config, input_names=("input_ids",)).weights
    ]
    np.testing.assert_allclose(plain(IDS), model(IDS), atol=1e-5)
    plain.save(tmp_path / "plain.keras")
    np.testing.assert_array_equal(
        keras.models.load_model(tmp_path / "plain.keras")(IDS), plain(IDS)
    )


def test_what_one_token_teaches_holds_for_those_spelled_alike():
    model = shared(SqueezeBertForTokenClassification)
    before = fold_spelling(model).get_layer("embeddings").get_weights()[0]
    model.compile(
        keras.optimizers.SGD(1.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit({"input_ids": np.full((4, 3), 5)}, np.zeros((4, 3)), verbose=0)
    moved = np.abs(fold_spelling(model).get_layer("embeddings").get_weights()[0] - before).max(1)
    # "Bremen" was read, "Emden" has its shape and last two letters, "sah" only that it begins.
    assert moved[5] > moved[6] > moved[8] > 0
    assert not moved[: len(SPECIAL_TOKENS)].any()
