"""Every model class and variant: shapes, saving, mixed lengths, masks, training."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.squeezebert import (
    SqueezeBertForIntentAndSlots,
    SqueezeBertForMaskedLM,
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSentenceEmbeddings,
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
    SqueezeBertModel,
)
from tfsqueeze.utils.errors import UserError

CLASSES = [
    SqueezeBertModel,
    SqueezeBertForIntentAndSlots,
    SqueezeBertForMaskedLM,
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSentenceEmbeddings,
    SqueezeBertForSequenceClassification,
    SqueezeBertForTokenClassification,
]

# One layer each, since building is most of a test's time.
VARIANTS = {
    "paper": {"num_hidden_layers": 1},
    "squeeze_expand": {
        "num_hidden_layers": 1,
        "feed_forward_type": "squeeze_expand",
        "conv_kernel_size": 5,
    },
    "both": {
        "num_hidden_layers": 1,
        "feed_forward_type": "both",
        "squeeze_size": 6,
        "hidden_act": "sigmoid_gelu",
    },
    "hybrid": {"layer_types": ("convolution", "attention"), "hidden_act": "relu"},
    "no_norm": {"num_hidden_layers": 1, "normalization_type": "no_norm"},
    "max_pooling": {"num_hidden_layers": 1, "classifier_pooling": "max"},
    "mixed_groups": {
        "num_hidden_layers": 1,
        "q_groups": 4,
        "v_groups": 1,
        "post_attention_groups": 2,
        "intermediate_groups": 1,
    },
    "no_layers": {"num_hidden_layers": 0},
}


def outputs(model, batch):
    """Returns a model's outputs as a list of arrays."""
    y = model({name: batch[name] for name in model.input_names})
    return [np.asarray(x) for x in tf.nest.flatten(y)]


def assert_survives_saving(model, batch, path):
    model.save(path)
    loaded = keras.models.load_model(path)
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    for expected, actual in zip(outputs(model, batch), outputs(loaded, batch), strict=True):
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("model_class", CLASSES, ids=lambda c: c.__name__)
def test_every_class_survives_saving(model_class, tiny_config, tiny_batch, randomize, tmp_path):
    config = tiny_config(
        num_hidden_layers=1, feed_forward_type="both", slot_labels=("O", "B-city", "I-city")
    )
    assert_survives_saving(randomize(model_class(config)), tiny_batch, tmp_path / "model.keras")


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_survives_saving(variant, tiny_config, tiny_batch, randomize, tmp_path):
    model = SqueezeBertForSequenceClassification(tiny_config(**VARIANTS[variant]))
    assert_survives_saving(randomize(model), tiny_batch, tmp_path / "model.keras")


@pytest.mark.parametrize(
    "model_class, shapes",
    [
        (SqueezeBertForIntentAndSlots, [(3, 5), (3, 8, 2)]),
        (SqueezeBertForMaskedLM, [(3, 8, 50)]),
        (SqueezeBertForQuestionAnswering, [(3, 8), (3, 8)]),
        (SqueezeBertForSentenceEmbeddings, [(3, 16)]),
        (SqueezeBertForSequenceClassification, [(3, 5)]),
        (SqueezeBertForTokenClassification, [(3, 8, 5)]),
    ],
    ids=lambda p: getattr(p, "__name__", ""),
)
def test_logits(model_class, shapes, tiny_config, tiny_batch):
    config = tiny_config(num_hidden_layers=1, slot_labels=["O", "B-city"]).with_labels("abcde")
    model = model_class(config)
    assert [x.shape for x in outputs(model, tiny_batch)] == shapes


def test_the_bare_encoder_names_its_outputs(tiny_config, tiny_batch):
    y = SqueezeBertModel(tiny_config())(tiny_batch)
    assert {name: tuple(x.shape) for name, x in y.items()} == {
        "last_hidden_state": (3, 8, 16),
        "pooler_output": (3, 16),
        **{f"hidden_states_{i}": (3, 8, 16) for i in range(3)},
    }
    np.testing.assert_array_equal(y["last_hidden_state"], y["hidden_states_2"])


def test_intents_and_slots_name_their_outputs_and_learn_together(tiny_config, tiny_batch):
    config = tiny_config(num_hidden_layers=1, slot_labels=["O", "B-city"]).with_labels("abc")
    model = SqueezeBertForIntentAndSlots(config)
    assert {name: tuple(x.shape) for name, x in model(tiny_batch).items()} == {
        "intent_logits": (3, 3),
        "slot_logits": (3, 8, 2),
    }
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", {name: loss for name in model.output})
    before = {w.name: w.numpy() for w in model.trainable_weights}
    model.fit(tiny_batch, {"intent_logits": np.arange(3), "slot_logits": np.eye(3, 8)}, verbose=0)
    assert not [w.name for w in model.trainable_weights if np.array_equal(w, before[w.name])]


def test_a_model_of_slots_needs_their_names(tiny_config):
    with pytest.raises(UserError, match="needs the names of its slots"):
        SqueezeBertForIntentAndSlots(tiny_config())


def test_get_config_rebuilds_the_model(tiny_config, tiny_batch, randomize):
    model = randomize(
        SqueezeBertModel(
            tiny_config(num_hidden_layers=1), input_names=("input_ids",), name="encoder"
        )
    )
    rebuilt = SqueezeBertModel.from_config(model.get_config())
    assert rebuilt.name == "encoder"
    rebuilt.set_weights(model.get_weights())
    for expected, actual in zip(
        outputs(model, tiny_batch), outputs(rebuilt, tiny_batch), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("variant", VARIANTS)
def test_padding_changes_nothing(variant, tiny_config, tiny_batch, randomize):
    config = tiny_config(**VARIANTS[variant])
    # With a mask, and with the padding found by its id.
    names = ("input_ids", "attention_mask")
    masked = randomize(SqueezeBertForSequenceClassification(config, input_names=names))
    unmasked = SqueezeBertForSequenceClassification(config, input_names=names[:1])
    unmasked.set_weights(masked.get_weights())
    padded = masked({name: tiny_batch[name] for name in names}).numpy()
    np.testing.assert_allclose(unmasked(tiny_batch["input_ids"]), padded, atol=1e-5)
    for row, length in ((1, 5), (2, 2)):
        alone = unmasked(tiny_batch["input_ids"][row : row + 1, :length])
        np.testing.assert_allclose(alone[0], padded[row], atol=1e-5)


def test_predict_takes_mixed_lengths(tiny_config, tiny_batch):
    model = SqueezeBertForSequenceClassification(tiny_config(num_hidden_layers=1))
    for length in (8, 3):
        batch = {name: values[:, :length] for name, values in tiny_batch.items()}
        np.testing.assert_allclose(model.predict(batch, verbose=0), model(batch), atol=1e-5)


@pytest.mark.parametrize("layer_type", ["attention", "convolution"])
def test_tokens_look_at_each_other_and_not_at_padding(
    layer_type, tiny_config, tiny_batch, randomize
):
    model = randomize(SqueezeBertModel(tiny_config(num_hidden_layers=1, layer_types=(layer_type,))))
    before = model(tiny_batch)["last_hidden_state"].numpy()
    ids = tiny_batch["input_ids"].copy()
    ids[1, 4] = ids[1, 4] % 49 + 1
    changed = model({**tiny_batch, "input_ids": ids})["last_hidden_state"].numpy()
    assert np.abs(changed - before)[1, 3].max() > 1e-4
    np.testing.assert_array_equal(changed[[0, 2]], before[[0, 2]])
    ids = tiny_batch["input_ids"].copy()
    ids[1, 5:] = 7
    changed = model({**tiny_batch, "input_ids": ids})["last_hidden_state"].numpy()
    np.testing.assert_array_equal(changed[1, :5], before[1, :5])


def test_a_bi_encoder_encodes_each_text_by_itself(tiny_config, randomize):
    config = tiny_config(num_hidden_layers=2, pair_encoder="bi_encoder", type_vocab_size=4)
    ids = np.array([[2, 7, 8, 3, 9, 10, 3, 0]], "int32")
    batch = {
        "input_ids": ids,
        "attention_mask": (ids != 0).astype("int32"),
        # Words of both texts that match have types of their own: 2 and 3.
        "token_type_ids": np.array([[0, 2, 0, 0, 1, 3, 1, 0]], "int32"),
    }
    changed = {**batch, "input_ids": np.where(ids == 9, 11, ids)}
    encoder = randomize(SqueezeBertModel(config))
    before, after = (encoder(x)["last_hidden_state"].numpy()[0] for x in (batch, changed))
    np.testing.assert_array_equal(after[:4], before[:4])
    assert (np.abs(after - before)[4:7].max(axis=1) > 1e-4).all()
    classifier = randomize(SqueezeBertForSequenceClassification(config))
    assert np.abs(classifier(changed) - classifier(batch)).max() > 1e-4
    shorter = {name: values[:, :-1] for name, values in batch.items()}
    np.testing.assert_allclose(classifier(shorter), classifier(batch), atol=1e-5)


def test_a_bi_encoder_needs_token_types(tiny_config):
    with pytest.raises(UserError, match="single texts to a cross_encoder"):
        SqueezeBertModel(tiny_config(pair_encoder="bi_encoder"), input_names=("input_ids",))


def test_token_types_matter(tiny_config, tiny_batch, randomize):
    config = tiny_config(num_hidden_layers=1)
    model = randomize(SqueezeBertForSequenceClassification(config))
    zeros = np.zeros_like(tiny_batch["token_type_ids"])
    untyped = model({**tiny_batch, "token_type_ids": zeros}).numpy()
    assert np.abs(untyped - model(tiny_batch)).max() > 1e-4
    without = SqueezeBertForSequenceClassification(
        config, input_names=("input_ids", "attention_mask")
    )
    without.set_weights(model.get_weights())
    batch = {name: tiny_batch[name] for name in without.input_names}
    np.testing.assert_allclose(without(batch), untyped, atol=1e-5)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 1},
        {
            "num_hidden_layers": 1,
            "layer_types": ("convolution",),
            "feed_forward_type": "both",
            "classifier_pooling": "max",
        },
        {"num_hidden_layers": 1, "pair_encoder": "bi_encoder"},
    ],
    ids=["paper", "variants", "bi_encoder"],
)
def test_keras_fit_learns(changes, tiny_config):
    keras.utils.set_random_seed(0)
    ids = np.random.default_rng(0).integers(1, 50, (64, 6)).astype("int32")
    labels = (ids[:, 1:] > 40).any(axis=1).astype("int32")
    inputs = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.tile([0, 0, 0, 1, 1, 1], (64, 1)),
    }
    config = tiny_config(initializer_range=0.2, hidden_dropout_prob=0.0, **changes)
    model = SqueezeBertForSequenceClassification(config)
    before = {w.name: w.numpy() for w in model.trainable_weights}
    model.compile(
        keras.optimizers.Adam(5e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        ["accuracy"],
    )
    losses = model.fit(inputs, labels, batch_size=32, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    unmoved = [w.name for w in model.trainable_weights if np.array_equal(w, before[w.name])]
    assert not unmoved


def test_masked_lm_trains_its_embeddings_through_the_decoder(tiny_config, tiny_batch):
    model = SqueezeBertForMaskedLM(tiny_config(num_hidden_layers=1))
    table = model.get_layer("embeddings").word_embeddings
    with tf.GradientTape() as tape:
        logits = model(tiny_batch)
        loss = tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(tiny_batch["input_ids"], logits)
        )
    gradient = tf.convert_to_tensor(tape.gradient(loss, table)).numpy()
    unused = sorted(set(range(50)) - set(tiny_batch["input_ids"].ravel()))
    assert np.abs(gradient[unused]).max(axis=1).min() > 0


def test_masked_lm_can_be_asked_about_some_tokens(tiny_config, tiny_batch, randomize, tmp_path):
    config = tiny_config(num_hidden_layers=1)
    names = ("input_ids", "masked_positions")
    whole = randomize(SqueezeBertForMaskedLM(config, input_names=names[:1]))
    some = SqueezeBertForMaskedLM(config, input_names=names)
    some.set_weights(whole.get_weights())
    positions = np.array([[1, 7], [4, 0], [0, 1]], np.int32)
    batch = {"input_ids": tiny_batch["input_ids"], "masked_positions": positions}
    expected = np.take_along_axis(whole(batch["input_ids"]).numpy(), positions[..., None], 1)
    np.testing.assert_allclose(some(batch), expected, atol=1e-5)
    assert_survives_saving(some, batch, tmp_path / "model.keras")


@pytest.mark.parametrize(
    "names", [("attention_mask",), ("input_ids", "labels"), ("input_ids", "masked_positions")]
)
def test_unknown_inputs(names, tiny_config):
    with pytest.raises(UserError, match="input_names"):
        SqueezeBertModel(tiny_config(), input_names=names)
