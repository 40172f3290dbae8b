"""BERT, and the sentence transformers made of it."""

from typing import Any

import gguf

from puna.core.errors import DamagedModel, InvalidRequest
from puna.library.conversion.family import Family

_SPECIAL = {"cls": "bos", "sep": "sep", "unk": "unk", "pad": "pad", "mask": "mask"}


class Bert(Family):
    """An encoder with WordPiece tokens, learned positions and pooling."""

    kind = gguf.MODEL_ARCH.BERT
    # Positions are counted by the engine; the pooler and the heads are for tasks other than embedding.
    skipped = ("position_ids", "pooler.dense.weight", "pooler.dense.bias")

    def write_values(self, writer: Any) -> None:
        setting = self.checkpoint.setting
        if self.checkpoint.config.get("position_embedding_type", "absolute") != "absolute":
            raise InvalidRequest("BERT models with relative positions can't be converted")
        if self.checkpoint.config.get("hidden_act", "gelu") != "gelu":
            raise InvalidRequest(f"the activation '{setting('hidden_act')}' can't be converted, only 'gelu'")
        self.write_sizes(writer)
        writer.add_layer_norm_eps(setting("layer_norm_eps"))
        writer.add_causal_attention(False)
        writer.add_pooling_type(self._pooling())
        self._write_tokenizer(writer)

    def _pooling(self) -> gguf.PoolingType:
        """How sentence-transformers pools; by the first token where nothing is said, as BERT was trained."""
        document = self.checkpoint.optional("1_Pooling/config.json")
        if document.get("pooling_mode_mean_tokens") or document.get("pooling_mode") == "mean":
            return gguf.PoolingType.MEAN
        if not document or document.get("pooling_mode_cls_token") or document.get("pooling_mode") == "cls":
            return gguf.PoolingType.CLS
        raise InvalidRequest("only pooling by the mean of tokens or by the first one can be converted")

    def _write_tokenizer(self, writer: Any) -> None:
        pieces = self._vocabulary()
        control = {piece for piece in pieces if piece.startswith("[") and piece.endswith("]")}
        types = [gguf.TokenType.CONTROL if piece in control else gguf.TokenType.NORMAL for piece in pieces]
        writer.add_tokenizer_model("bert")
        writer.add_tokenizer_pre("default")
        writer.add_token_list([_marked(piece) for piece in pieces])
        writer.add_token_types(types)
        writer.add_token_type_count(self.checkpoint.config.get("type_vocab_size", 1))
        ids = {piece: number for number, piece in enumerate(pieces)}
        names = self.checkpoint.optional("tokenizer_config.json")
        for role, key in _SPECIAL.items():
            piece = names.get(f"{role}_token", f"[{role.upper()}]")
            piece = piece["content"] if isinstance(piece, dict) else piece
            if piece in ids:
                getattr(writer, f"add_{key}_token_id")(ids[piece])
        if "[SEP]" in ids:
            writer.add_eos_token_id(ids["[SEP]"])

    def _vocabulary(self) -> list[str]:
        """The pieces in the order of their ids. Raises InvalidRequest where they are not WordPiece."""
        path = self.checkpoint.folder / "vocab.txt"
        if path.is_file():
            pieces = path.read_text("utf-8").removesuffix("\n").split("\n")
        else:
            model = self.checkpoint.document("tokenizer.json").get("model", {})
            if model.get("type") != "WordPiece":
                raise InvalidRequest(f"a BERT model with the tokenizer '{model.get('type')}' can't be converted")
            pieces = sorted(model["vocab"], key=model["vocab"].__getitem__)
        size = int(self.checkpoint.setting("vocab_size"))
        if len(pieces) > size:
            raise DamagedModel(path, f"the vocabulary has {len(pieces)} pieces, but the model only {size}")
        return pieces + [f"[unused-{number}]" for number in range(len(pieces), size)]


def _marked(piece: str) -> str:
    """A piece as llama.cpp's WordPiece wants it: a mark at the beginning of words, none inside of them."""
    if piece.startswith("[") and piece.endswith("]"):
        return piece
    return piece[2:] if piece.startswith("##") else "\u2581" + piece
