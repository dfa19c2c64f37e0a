"""Pretraining runs: the loss falls, the backbone can be read, and an interruption costs little."""

import json
import math

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze import BertConfig, BertModel
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification, SqueezeBertModel
from tfsqueeze.pretraining import backbone_start, token_distillation, tokenizer_choice
from tfsqueeze.pretraining.pretrain import pretrain
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

TINY = {
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_dropout_prob": 0.0,
}
LINES = [
    f"the {one} {does} and the {other} waits in the {place} ."
    for one in ("cat", "dog", "bird")
    for other in ("cat", "dog", "fish")
    for does in ("runs", "sings", "sleeps")
    for place in ("house", "garden")
]


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(LINES * 4) + "\n", "utf-8")
    return path


def options(objective, **changes):
    return PretrainingOptions(
        **{
            "objective": objective,
            "preset": "squeezebert-micro",
            "model": TINY,
            "vocab_size": 300,
            "max_length": 24,
            "epochs": 4,
            "batch_tokens": 480,
            "learning_rate": 1e-2,
            **changes,
        }
    )


def test_masked_language_modelling_learns(texts, tmp_path):
    result = pretrain(tmp_path / "run", [texts], options("mlm"))
    assert [row["epoch"] for row in result.history] == [1, 2, 3, 4]
    assert result.history[-1]["loss"] < 0.8 * result.history[0]["loss"]
    model = SqueezeBertForSequenceClassification.from_pretrained(result.backbone, num_labels=3)
    tokenizer = WordPieceTokenizer.from_pretrained(result.backbone)
    assert model(dict(tokenizer(LINES[:2]))).shape == (2, 3)
    again = pretrain(tmp_path / "run", [texts], options("mlm"))
    assert again.history == result.history
    with pytest.raises(UserError, match="holds a run with other options"):
        pretrain(tmp_path / "run", [texts], options("mlm", epochs=5))
    # As long as before.
    texts.write_text(texts.read_text("utf-8").replace("garden", "forest"), "utf-8")
    with pytest.raises(UserError, match="holds a run with other texts; choose another folder"):
        pretrain(tmp_path / "run", [texts], options("mlm"))


@pytest.mark.parametrize("objective", ["distill", "mlm"])
@pytest.mark.parametrize("content", ["", "\n \n\n", "\u200b\n\ufffd \u0301\n"])
def test_files_without_a_text_do_not_claim_the_folder(content, objective, tmp_path):
    path = tmp_path / "blank.txt"
    path.write_text(content, "utf-8")
    with pytest.raises(UserError, match="there is no text in .*blank.txt and 1 more; name files"):
        pretrain(tmp_path / "run", [path, path], options(objective))
    assert not (tmp_path / "run" / "run.json").exists()


@pytest.fixture
def small_teacher(tmp_path, monkeypatch):
    """Stands in for MiniLM, which is large."""
    keras.utils.set_random_seed(0)
    words = sorted({word for line in LINES for word in line.split()})
    tokenizer = WordPieceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.3,
    )
    folder = tmp_path / "teacher"
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for module in (backbone_start, token_distillation, tokenizer_choice):
        monkeypatch.setattr(module, "minilm_folder", lambda: folder)
    return folder


@pytest.mark.slow
def test_distillation_learns_and_goes_on_after_an_interruption(small_teacher, texts, tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(tmp_path / "run", [texts], options("distill"), lambda *_: [Interrupt()])
    assert not (tmp_path / "run" / "backbone").exists()
    counts = []
    result = pretrain(
        tmp_path / "run", [texts], options("distill"), progress=lambda *count: counts.append(count)
    )
    assert counts == []  # the teacher's outputs were there
    assert result.history[-1]["epoch"] == 4 and len(result.history) == 4
    assert result.history[-1]["loss"] < 0.8 * result.history[0]["loss"]
    fields = json.loads((result.backbone / "config.json").read_text())
    assert fields["architectures"] == ["SqueezeBertModel"]
    model = SqueezeBertModel.from_pretrained(result.backbone, input_names=("input_ids",))
    assert np.isfinite(model(np.array([[2, 5, 3]]))["last_hidden_state"]).all()


@pytest.mark.slow
def test_the_teacher_runs_in_each_step_where_its_outputs_are_not_kept(
    small_teacher, texts, tmp_path
):
    losses = {"hidden_states": 1.0, "pooled_sentences": 1.0}
    chosen = options("distill", losses=losses)
    result = pretrain(tmp_path / "run", [texts], chosen)
    assert not (tmp_path / "run" / "teacher").exists()
    first, last = result.history[0], result.history[-1]
    assert {f"{name}_loss" for name in losses} <= first.keys()
    assert last["loss"] < 0.8 * first["loss"]


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["mlm", "distill"])
def test_a_backbone_is_trained_further(objective, small_teacher, texts, tmp_path):
    # Projections to the teacher's channels would begin anew.
    losses, model = {"last_hidden_state": 1.0, "sentences": 1.0}, {**TINY, "hidden_size": 24}
    first = pretrain(tmp_path / "first", [texts], options(objective, losses=losses, model=model))
    again = options(
        objective,
        losses=losses,
        pretrained=str(first.backbone),
        model={},
        epochs=1,
        learning_rate=1e-4,
    )
    second = pretrain(tmp_path / "second", [texts], again)
    assert second.history[0]["loss"] < 1.1 * first.history[-1]["loss"]
    config, vocabulary = (
        [(run.backbone / name).read_text() for run in (first, second)]
        for name in ("config.json", "vocab.txt")
    )
    assert config[0] == config[1] and vocabulary[0] == vocabulary[1]


@pytest.mark.slow
def test_only_a_squeezebert_of_the_vocabulary_is_trained_further(small_teacher, texts, tmp_path):
    with pytest.raises(UserError, match="is a bert; only a SqueezeBERT can be pretrained further"):
        pretrain(tmp_path / "run", [texts], options("distill", pretrained=str(small_teacher)))
    other = pretrain(tmp_path / "other", [texts], options("mlm", epochs=1)).backbone
    with pytest.raises(UserError, match="has another vocabulary than all-MiniLM-L6-v2"):
        pretrain(tmp_path / "third", [texts], options("distill", pretrained=str(other)))


@pytest.mark.slow
def test_pairs_are_learnt_in_16_bits(small_teacher, texts, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("\n".join(f"{a}\t{b}" for a, b in zip(LINES, LINES[::-1], strict=True)))
    losses = {"hidden_states": 1.0, "sentences": 1.0}
    chosen = options(
        "distill", losses=losses, precision="bfloat16", gradient_accumulation_steps=2, epochs=6
    )
    result = pretrain(tmp_path / "run", [texts, pairs], chosen)
    assert result.history[-1]["loss"] < 0.8 * result.history[0]["loss"]
    model = SqueezeBertModel.from_pretrained(result.backbone, input_names=("input_ids",))
    assert model.compute_dtype == "float32"
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_options_out_of_range():
    for fields, message in (
        ({"objective": "nsp"}, "objective 'nsp'"),
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"learning_rate": math.nan}, "learning_rate must be above 0 and finite, not nan"),
        ({"weight_decay": math.inf}, "weight_decay must be at least 0 and finite, not inf"),
        ({"ranking": math.nan}, "ranking must not be negative"),
        ({"losses": {"sentences": math.nan}}, "the weight of sentences must be at least 0 and"),
        ({"seed": -1}, "seed must be from 0 to 4294967295, not -1"),
        ({"seed": 2**32}, "seed must be from 0 to 4294967295, not 4294967296"),
        ({"max_length": 2}, "max_length must be at least 3, not 2"),
        ({"losses": {"logits": 1.0}}, "there is no loss 'logits'; the losses are hidden_states, "),
        ({"losses": {}}, "all weights of the distillation are 0"),
    ):
        with pytest.raises(UserError, match=message):
            PretrainingOptions(**fields)
