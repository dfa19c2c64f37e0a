"""Every architecture as a Keras model: saving, masks, training, layers kept and shared."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.models.complexity import count_macs, count_parameters
from tfsqueeze.models.reduction import reduce_layers
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.utils.errors import UserError

TASKS = (
    "Model",
    "ForMaskedLM",
    "ForQuestionAnswering",
    "ForSequenceClassification",
    "ForTokenClassification",
)
CLASSIFIER = "ForSequenceClassification"


def outputs(model, batch):
    """Returns a model's outputs as a list of arrays."""
    y = model({name: batch[name] for name in model.input_names})
    return [np.asarray(x) for x in tf.nest.flatten(y)]


def assert_same_outputs(model, other, batch, atol=0.0):
    for expected, actual in zip(outputs(model, batch), outputs(other, batch), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("task", TASKS)
def test_every_class_survives_saving(
    task, teacher_class, teacher_config, tiny_batch, randomize, tmp_path
):
    model = randomize(teacher_class(task)(teacher_config, name="teacher"))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert loaded.config == teacher_config
    assert_same_outputs(model, loaded, tiny_batch)
    rebuilt = type(model).from_config(model.get_config())
    assert rebuilt.name == "teacher"
    rebuilt.set_weights(model.get_weights())
    assert_same_outputs(model, rebuilt, tiny_batch)


def test_the_bare_encoder_names_its_outputs(
    architecture, teacher_class, teacher_config, tiny_batch
):
    model = teacher_class("Model")(teacher_config)
    y = model({name: tiny_batch[name] for name in model.input_names})
    layers = teacher_config.num_hidden_layers
    expected = {
        "last_hidden_state": (3, 8, 16),
        "pooler_output": (3, 16),
        **{f"hidden_states_{i}": (3, 8, 16) for i in range(layers + 1)},
    }
    if architecture in ("DistilBert", "Electra"):
        del expected["pooler_output"]
    assert {name: tuple(x.shape) for name, x in y.items()} == expected


def test_padding_changes_nothing(teacher_class, teacher_config, tiny_batch, randomize):
    names = ("input_ids", "attention_mask")
    model = randomize(teacher_class(CLASSIFIER)(teacher_config, input_names=names))
    if teacher_config.has_bottlenecks:
        # MobileBERT's embeddings read the next word, be it padding, as they do in transformers.
        table = model.get_layer("embeddings").word_embeddings
        table.assign(table.numpy() * (np.arange(50) != teacher_config.pad_token_id)[:, None])
    padded = model({name: tiny_batch[name] for name in names}).numpy()
    for row, length in ((1, 5), (2, 2)):
        alone = model({name: tiny_batch[name][row : row + 1, :length] for name in names})
        np.testing.assert_allclose(alone[0], padded[row], atol=1e-5)


def test_fit_learns_and_moves_every_weight(teacher_class, teacher_config, architecture):
    keras.utils.set_random_seed(0)
    ids = np.random.default_rng(0).integers(1, 50, (64, 6)).astype("int32")
    labels = (ids[:, 1:] > 40).any(axis=1).astype("int32")
    config = teacher_config.replace(
        initializer_range=0.2,
        **({"dropout": 0.0} if architecture == "DistilBert" else {"hidden_dropout_prob": 0.0}),
    )
    model = teacher_class(CLASSIFIER)(config)
    inputs = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    before = {w.name: w.numpy() for w in model.trainable_weights}
    model.compile(
        keras.optimizers.Adam(5e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        ["accuracy"],
    )
    losses = model.fit(
        {name: inputs[name] for name in model.input_names},
        labels,
        batch_size=32,
        epochs=20,
        verbose=0,
    ).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    unmoved = [w.name for w in model.trainable_weights if np.array_equal(w, before[w.name])]
    assert not unmoved


def test_states_inside_are_those_of_the_model(teacher_class, teacher_config, tiny_batch, randomize):
    model = randomize(teacher_class(CLASSIFIER)(teacher_config))
    bare = teacher_class("Model")(teacher_config)
    for layer in bare.layers:
        if layer.name in {own.name for own in model.layers}:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    view = model.with_states(hidden_states=[0, 2], attentions=[1])
    batch = {name: tiny_batch[name] for name in model.input_names}
    y = view(batch)
    assert set(y) == {"logits", "hidden_states_0", "hidden_states_2", "attentions_1"}
    np.testing.assert_array_equal(y["logits"], model(batch))
    states = bare(batch)
    for name in ("hidden_states_0", "hidden_states_2"):
        np.testing.assert_allclose(y[name], states[name], atol=1e-6)
    attention = y["attentions_1"].numpy()
    assert attention.shape == (3, 2, 8, 8)
    np.testing.assert_allclose(attention.sum(-1), 1, atol=1e-5)
    masked = np.broadcast_to(batch["attention_mask"][:, None, None] == 0, attention.shape)
    np.testing.assert_array_equal(attention[masked], 0)
    # The view has no other weights.
    assert {id(w) for w in view.weights} == {id(w) for w in model.weights}


def test_attention_probabilities_are_those_of_queries_and_keys(
    teacher_class, teacher_config, tiny_batch, randomize
):
    model = randomize(teacher_class(CLASSIFIER)(teacher_config))
    batch = {name: tiny_batch[name] for name in model.input_names}
    y = model.with_states(hidden_states=[0], attentions=[0])(batch)
    states = y["hidden_states_0"]
    if teacher_config.has_bottlenecks:
        for suffix in ("", "_norm"):
            states = model.get_layer(f"layer_0_bottleneck_attention{suffix}")(states)

    def heads(name):
        x = model.get_layer(f"layer_0_{name}")(states).numpy()
        return x.reshape(3, 8, 2, -1).transpose(0, 2, 1, 3)

    scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
    scores += np.where(batch["attention_mask"], 0, -1e4)[:, None, None]
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(y["attentions_0"], weights, atol=1e-5)


def test_states_that_are_not_there(teacher_class, teacher_config):
    model = teacher_class(CLASSIFIER)(teacher_config)
    layers = teacher_config.num_hidden_layers
    with pytest.raises(UserError, match=f"has no attentions_{layers}; there are hidden_states_0"):
        model.with_states(attentions=[layers])


def test_the_closed_forms_of_sizes(teacher_class, teacher_config):
    model = teacher_class("Model")(teacher_config)
    assert sum(count_parameters(teacher_config).values()) == model.count_params()
    if teacher_config.has_bottlenecks:
        # Three words' embeddings; each layer two bottlenecks, attention, two networks, a widening.
        per_layer = 2 * 16 * 8 + 3 * 8 * 8 + 16 * 8 + 2 * (2 * 8 * 32) + 8 * 16
        macs = 8 * 3 * 8 * 16 + 2 * (8 * per_layer + 2 * 8 * 8 * 8) + 16 * 16
        assert sum(count_macs(teacher_config, 8).values()) == macs
        return
    # Two products of attention, and the weights of every layer, the projection and the pooler.
    per_layer = 8 * (4 * 16 * 16 + 2 * 16 * 32) + 2 * 8 * 8 * 16
    macs = teacher_config.num_hidden_layers * per_layer
    macs += 8 * 8 * 16 if teacher_config.projects_embeddings else 0
    macs += 16 * 16 if teacher_config.has_pooler else 0
    assert sum(count_macs(teacher_config, 8).values()) == macs


def test_layer_reduction(teacher_class, teacher_config, tiny_batch, randomize):
    model = randomize(teacher_class(CLASSIFIER)(teacher_config))
    last = teacher_config.num_hidden_layers - 1
    reduced = reduce_layers(model, [last])
    assert reduced.config.num_hidden_layers == 1
    source = f"layer_{teacher_config.layer_groups[last]}_intermediate"
    np.testing.assert_array_equal(
        reduced.get_layer("layer_0_intermediate").get_weights()[0],
        model.get_layer(source).get_weights()[0],
    )
    assert_same_outputs(model, reduce_layers(model, range(last + 1)), tiny_batch)


def test_unsharing_keeps_the_outputs(
    architecture, teacher_class, teacher_config, tiny_batch, randomize
):
    model = randomize(teacher_class(CLASSIFIER)(teacher_config))
    unshared = unshare_layers(model)
    assert_same_outputs(model, unshared, tiny_batch, atol=1e-6)
    if architecture != "Albert":
        assert unshared is model
        return
    assert unshared.config.num_hidden_groups == 3
    unshared_size, shared_size = (
        sum(count_parameters(m.config).values()) for m in (unshared, model)
    )
    assert unshared_size > shared_size
    kernels = [unshared.get_layer(f"layer_{i}_query").get_weights()[0] for i in range(3)]
    np.testing.assert_array_equal(kernels[2], kernels[0])
    assert unshare_layers(unshared) is unshared


def test_layers_in_groups_are_kept_whole_or_apart(
    teacher_config, teacher_class, architecture, randomize
):
    if architecture != "Albert":
        pytest.skip("only ALBERT shares layers")
    config = teacher_config.replace(num_hidden_layers=4, num_hidden_groups=2)
    model = randomize(teacher_class(CLASSIFIER)(config))
    apart = reduce_layers(model, [3, 0])
    assert apart.config.num_hidden_groups == 2
    np.testing.assert_array_equal(
        apart.get_layer("layer_0_query").get_weights()[0],
        model.get_layer("layer_1_query").get_weights()[0],
    )
    assert reduce_layers(model, [2, 3]).config.num_hidden_groups == 1
    with pytest.raises(UserError, match="keep layers that share one set, or none"):
        reduce_layers(model, [0, 1, 2])
