"""SqueezeBERT for phones, Edge TPUs and microcontrollers.

Names are imported on first use, so that `import tfsqueeze` does not load TensorFlow.

Example:
    >>> import tfsqueeze
    >>> run = tfsqueeze.train("reuters-r8", "runs/r8")  # doctest: +SKIP
    >>> content = run.convert("r8.tflite")  # doctest: +SKIP
    >>> predictor = tfsqueeze.Predictor.open("r8.tflite")  # doctest: +SKIP
    >>> predictor.predict(["profits rose in the third quarter"])[0].label  # doctest: +SKIP
    'earn'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfsqueeze.utils.lazy_imports import lazy_names

__version__ = "0.1.0"

# The module of each public name.
_MODULES = {
    "AlbertConfig": "tfsqueeze.configs.albert_config",
    "AlbertForMaskedLM": "tfsqueeze.models.albert",
    "AlbertForQuestionAnswering": "tfsqueeze.models.albert",
    "AlbertForSentenceEmbeddings": "tfsqueeze.models.albert",
    "AlbertForSequenceClassification": "tfsqueeze.models.albert",
    "AlbertForTokenClassification": "tfsqueeze.models.albert",
    "AlbertModel": "tfsqueeze.models.albert",
    "BertConfig": "tfsqueeze.configs.bert_config",
    "BertForMaskedLM": "tfsqueeze.models.bert",
    "BertForQuestionAnswering": "tfsqueeze.models.bert",
    "BertForSentenceEmbeddings": "tfsqueeze.models.bert",
    "BertForSequenceClassification": "tfsqueeze.models.bert",
    "BertForTokenClassification": "tfsqueeze.models.bert",
    "BertModel": "tfsqueeze.models.bert",
    "DistilBertConfig": "tfsqueeze.configs.distilbert_config",
    "DistilBertForMaskedLM": "tfsqueeze.models.distilbert",
    "DistilBertForQuestionAnswering": "tfsqueeze.models.distilbert",
    "DistilBertForSentenceEmbeddings": "tfsqueeze.models.distilbert",
    "DistilBertForSequenceClassification": "tfsqueeze.models.distilbert",
    "DistilBertForTokenClassification": "tfsqueeze.models.distilbert",
    "DistilBertModel": "tfsqueeze.models.distilbert",
    "ElectraConfig": "tfsqueeze.configs.electra_config",
    "ElectraForMaskedLM": "tfsqueeze.models.electra",
    "ElectraForQuestionAnswering": "tfsqueeze.models.electra",
    "ElectraForSentenceEmbeddings": "tfsqueeze.models.electra",
    "ElectraForSequenceClassification": "tfsqueeze.models.electra",
    "ElectraForTokenClassification": "tfsqueeze.models.electra",
    "ElectraModel": "tfsqueeze.models.electra",
    "MobileBertConfig": "tfsqueeze.configs.mobilebert_config",
    "MobileBertForMaskedLM": "tfsqueeze.models.mobilebert",
    "MobileBertForQuestionAnswering": "tfsqueeze.models.mobilebert",
    "MobileBertForSentenceEmbeddings": "tfsqueeze.models.mobilebert",
    "MobileBertForSequenceClassification": "tfsqueeze.models.mobilebert",
    "MobileBertForTokenClassification": "tfsqueeze.models.mobilebert",
    "MobileBertModel": "tfsqueeze.models.mobilebert",
    "PRESETS": "tfsqueeze.configs.presets",
    "Predictor": "converters.inference.predictor",
    "SentenceEncoder": "tfsqueeze.models.sentence_encoder",
    "SqueezeBertConfig": "tfsqueeze.configs.squeezebert_config",
    "SqueezeBertForIntentAndSlots": "tfsqueeze.models.squeezebert",
    "SqueezeBertForMaskedLM": "tfsqueeze.models.squeezebert",
    "SqueezeBertForQuestionAnswering": "tfsqueeze.models.squeezebert",
    "SqueezeBertForSentenceEmbeddings": "tfsqueeze.models.squeezebert",
    "SqueezeBertForSequenceClassification": "tfsqueeze.models.squeezebert",
    "SqueezeBertForTokenClassification": "tfsqueeze.models.squeezebert",
    "SqueezeBertModel": "tfsqueeze.models.squeezebert",
    "TaskName": "tfsqueeze.tasks",
    "TextModel": "tfsqueeze.models.text_model",
    "TrainedRun": "tfsqueeze.training.trained_run",
    "TrainingOptions": "tfsqueeze.training.training_options",
    "UserError": "tfsqueeze.utils.errors",
    "WordPieceTokenizer": "tfsqueeze.tokenizers.wordpiece",
    "convert": "converters.conversion.runs",
    "load_dataset": "tfsqueeze.data.sources.named_datasets",
    "load_minilm": "tfsqueeze.models.sentence_encoder",
    "load_preset": "tfsqueeze.configs.presets",
    "load_quantized": "tfsqueeze.quantization",
    "load_run": "tfsqueeze.training.trained_run",
    "quantize_aware": "tfsqueeze.quantization",
    "reduce_layers": "tfsqueeze.models.reduction",
    "train": "tfsqueeze.recipes.train",
    "train_task": "tfsqueeze.training.train_task",
    "train_vocabulary": "tfsqueeze.tokenizers.vocabulary",
    "tune_checkpoint": "tfsqueeze.training.tuned_checkpoint",
}

# Type checkers read the imports. At run time a name is imported on first use.
if TYPE_CHECKING:
    from converters.conversion.runs import convert as convert
    from converters.inference.predictor import Predictor as Predictor
    from tfsqueeze.configs.albert_config import AlbertConfig as AlbertConfig
    from tfsqueeze.configs.bert_config import BertConfig as BertConfig
    from tfsqueeze.configs.distilbert_config import DistilBertConfig as DistilBertConfig
    from tfsqueeze.configs.electra_config import ElectraConfig as ElectraConfig
    from tfsqueeze.configs.mobilebert_config import MobileBertConfig as MobileBertConfig
    from tfsqueeze.configs.presets import PRESETS as PRESETS
    from tfsqueeze.configs.presets import load_preset as load_preset
    from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig as SqueezeBertConfig
    from tfsqueeze.data.sources.named_datasets import load_dataset as load_dataset
    from tfsqueeze.models.albert import AlbertForMaskedLM as AlbertForMaskedLM
    from tfsqueeze.models.albert import AlbertForQuestionAnswering as AlbertForQuestionAnswering
    from tfsqueeze.models.albert import (
        AlbertForSentenceEmbeddings as AlbertForSentenceEmbeddings,
    )
    from tfsqueeze.models.albert import (
        AlbertForSequenceClassification as AlbertForSequenceClassification,
    )
    from tfsqueeze.models.albert import AlbertForTokenClassification as AlbertForTokenClassification
    from tfsqueeze.models.albert import AlbertModel as AlbertModel
    from tfsqueeze.models.bert import BertForMaskedLM as BertForMaskedLM
    from tfsqueeze.models.bert import BertForQuestionAnswering as BertForQuestionAnswering
    from tfsqueeze.models.bert import BertForSentenceEmbeddings as BertForSentenceEmbeddings
    from tfsqueeze.models.bert import BertForSequenceClassification as BertForSequenceClassification
    from tfsqueeze.models.bert import BertForTokenClassification as BertForTokenClassification
    from tfsqueeze.models.bert import BertModel as BertModel
    from tfsqueeze.models.distilbert import DistilBertForMaskedLM as DistilBertForMaskedLM
    from tfsqueeze.models.distilbert import (
        DistilBertForQuestionAnswering as DistilBertForQuestionAnswering,
    )
    from tfsqueeze.models.distilbert import (
        DistilBertForSentenceEmbeddings as DistilBertForSentenceEmbeddings,
    )
    from tfsqueeze.models.distilbert import (
        DistilBertForSequenceClassification as DistilBertForSequenceClassification,
    )
    from tfsqueeze.models.distilbert import (
        DistilBertForTokenClassification as DistilBertForTokenClassification,
    )
    from tfsqueeze.models.distilbert import DistilBertModel as DistilBertModel
    from tfsqueeze.models.electra import ElectraForMaskedLM as ElectraForMaskedLM
    from tfsqueeze.models.electra import ElectraForQuestionAnswering as ElectraForQuestionAnswering
    from tfsqueeze.models.electra import (
        ElectraForSentenceEmbeddings as ElectraForSentenceEmbeddings,
    )
    from tfsqueeze.models.electra import (
        ElectraForSequenceClassification as ElectraForSequenceClassification,
    )
    from tfsqueeze.models.electra import (
        ElectraForTokenClassification as ElectraForTokenClassification,
    )
    from tfsqueeze.models.electra import ElectraModel as ElectraModel
    from tfsqueeze.models.mobilebert import MobileBertForMaskedLM as MobileBertForMaskedLM
    from tfsqueeze.models.mobilebert import (
        MobileBertForQuestionAnswering as MobileBertForQuestionAnswering,
    )
    from tfsqueeze.models.mobilebert import (
        MobileBertForSentenceEmbeddings as MobileBertForSentenceEmbeddings,
    )
    from tfsqueeze.models.mobilebert import (
        MobileBertForSequenceClassification as MobileBertForSequenceClassification,
    )
    from tfsqueeze.models.mobilebert import (
        MobileBertForTokenClassification as MobileBertForTokenClassification,
    )
    from tfsqueeze.models.mobilebert import MobileBertModel as MobileBertModel
    from tfsqueeze.models.reduction import reduce_layers as reduce_layers
    from tfsqueeze.models.sentence_encoder import SentenceEncoder as SentenceEncoder
    from tfsqueeze.models.sentence_encoder import load_minilm as load_minilm
    from tfsqueeze.models.squeezebert import (
        SqueezeBertForIntentAndSlots as SqueezeBertForIntentAndSlots,
    )
    from tfsqueeze.models.squeezebert import SqueezeBertForMaskedLM as SqueezeBertForMaskedLM
    from tfsqueeze.models.squeezebert import (
        SqueezeBertForQuestionAnswering as SqueezeBertForQuestionAnswering,
    )
    from tfsqueeze.models.squeezebert import (
        SqueezeBertForSentenceEmbeddings as SqueezeBertForSentenceEmbeddings,
    )
    from tfsqueeze.models.squeezebert import (
        SqueezeBertForSequenceClassification as SqueezeBertForSequenceClassification,
    )
    from tfsqueeze.models.squeezebert import (
        SqueezeBertForTokenClassification as SqueezeBertForTokenClassification,
    )
    from tfsqueeze.models.squeezebert import SqueezeBertModel as SqueezeBertModel
    from tfsqueeze.models.text_model import TextModel as TextModel
    from tfsqueeze.quantization import load_quantized as load_quantized
    from tfsqueeze.quantization import quantize_aware as quantize_aware
    from tfsqueeze.recipes.train import train as train
    from tfsqueeze.tasks import TaskName as TaskName
    from tfsqueeze.tokenizers.vocabulary import train_vocabulary as train_vocabulary
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer as WordPieceTokenizer
    from tfsqueeze.training.train_task import train_task as train_task
    from tfsqueeze.training.trained_run import TrainedRun as TrainedRun
    from tfsqueeze.training.trained_run import load_run as load_run
    from tfsqueeze.training.training_options import TrainingOptions as TrainingOptions
    from tfsqueeze.training.tuned_checkpoint import tune_checkpoint as tune_checkpoint
    from tfsqueeze.utils.errors import UserError as UserError
else:
    __all__ = sorted(_MODULES)
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
