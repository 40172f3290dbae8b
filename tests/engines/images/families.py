"""Pipelines of every family that docs/images.md names, tiny, with random weights, drawn with by the engine's code.

`python -m tests.engines.images.families` (`make test-pipelines`): what comes out means nothing, that something comes
out means that the folder is read, the size and the steps are understood, and unfinished pictures can be shown.
"""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from PIL import Image
from tokenizers.pre_tokenizers import ByteLevel

from puna.core.images import ImageRequest
from puna.engines.images.arguments import ImageArguments
from puna.engines.images.painter import Painter
from puna.library.pipelines import pipeline_files
from puna.models import TINY_IMAGE

WIDTH = 32
SIZE = (64, 64)
PROMPT = "a red circle"
SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": WIDTH // 2,
}


def clip_tokenizer() -> Any:
    return transformers.CLIPTokenizer.from_pretrained(Path(TINY_IMAGE, "tokenizer"))


def clip(kind: Any = transformers.CLIPTextModel) -> Any:
    shape = {"hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 4}
    ends = {"bos_token_id": 0, "eos_token_id": 2}
    return kind(transformers.CLIPTextConfig(vocab_size=1000, projection_dim=WIDTH, **shape, **ends))


def qwen_tokenizer(folder: Path) -> Any:
    """Bytes, and what a chat needs."""
    pieces = [*sorted(ByteLevel.alphabet()), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.Qwen2Tokenizer.from_pretrained(folder)
    tokenizer.chat_template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
    return tokenizer


def kl(channels: int, **more: Any) -> Any:
    blocks = {"down_block_types": ("DownEncoderBlock2D",) * 2, "up_block_types": ("UpDecoderBlock2D",) * 2}
    return diffusers.AutoencoderKL(
        block_out_channels=(WIDTH, WIDTH), latent_channels=channels, sample_size=32, **blocks, **more
    )


def unet(**more: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=32,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        **more,
    )


def stable_diffusion(_: Path) -> Any:
    parts = {
        "vae": kl(4),
        "text_encoder": clip(),
        "tokenizer": clip_tokenizer(),
        "unet": unet(cross_attention_dim=WIDTH),
    }
    none = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return diffusers.StableDiffusionPipeline(scheduler=diffusers.PNDMScheduler(skip_prk_steps=True), **parts, **none)


def stable_diffusion_xl(_: Path) -> Any:
    times = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    return diffusers.StableDiffusionXLPipeline(
        vae=kl(4),
        text_encoder=clip(),
        text_encoder_2=clip(transformers.CLIPTextModelWithProjection),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        unet=unet(cross_attention_dim=2 * WIDTH, projection_class_embeddings_input_dim=80, **times),
        scheduler=diffusers.EulerDiscreteScheduler(),
    )


def flux(_: Path) -> Any:
    pieces = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        *((letter, -2.0) for letter in "▁abcdefghijklmnopqrstuvwxyz"),
    ]
    layers = {"num_layers": 1, "num_single_layers": 1, "num_attention_heads": 2, "attention_head_dim": 16}
    return diffusers.FluxPipeline(
        vae=kl(4, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=transformers.T5EncoderModel(
            transformers.T5Config(vocab_size=100, d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2)
        ),
        tokenizer_2=transformers.T5TokenizerFast(vocab=pieces),
        transformer=diffusers.FluxTransformer2DModel(
            in_channels=16, joint_attention_dim=WIDTH, pooled_projection_dim=WIDTH, axes_dims_rope=(4, 4, 8), **layers
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )


def z_image(folder: Path) -> Any:
    return diffusers.ZImagePipeline(
        vae=kl(16, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.1),
        text_encoder=transformers.Qwen3Model(transformers.Qwen3Config(**SMALL)),
        tokenizer=qwen_tokenizer(folder),
        transformer=diffusers.ZImageTransformer2DModel(
            in_channels=16,
            dim=WIDTH,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=WIDTH,
            axes_dims=[4, 4, 8],
            axes_lens=[256, 32, 32],
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )


def qwen_image(folder: Path) -> Any:
    rope = {"rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}}
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": WIDTH}
    text = {**{name: value for name, value in SMALL.items() if name != "head_dim"}, **rope}
    config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision)
    return diffusers.QwenImagePipeline(
        vae=diffusers.AutoencoderKLQwenImage(
            base_dim=24,
            z_dim=4,
            dim_mult=[1, 2],
            num_res_blocks=1,
            temperal_downsample=[False],
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        text_encoder=transformers.Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=qwen_tokenizer(folder),
        transformer=diffusers.QwenImageTransformer2DModel(
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            axes_dims_rope=(8, 4, 4),
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
    )


FAMILIES: dict[str, Callable[[Path], Any]] = {
    "Stable Diffusion": stable_diffusion,
    "Stable Diffusion XL": stable_diffusion_xl,
    "FLUX": flux,
    "Z-Image": z_image,
    "Qwen-Image": qwen_image,
}


def draw(pipeline: Any, folder: Path) -> list[dict[str, Any]]:
    """What the engine tells while it draws with what a user would have in that folder."""
    pipeline.save_pretrained(folder, safe_serialization=True)
    painter = Painter(ImageArguments(files=tuple(pipeline_files(folder).items()), precision="full", threads=1))
    request = ImageRequest(prompt=PROMPT, size=SIZE, steps=3, seed=1, partial_images=1)
    painter.check(request)
    told: list[dict[str, Any]] = []
    painter.draw(request, told.append)
    return told


def main() -> None:
    for name, make in FAMILIES.items():
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as folder:
            told = draw(make(Path(made)), Path(folder))
        [image] = [one for one in told if one["kind"] == "image"]
        assert Image.open(io.BytesIO(image["data"])).size == SIZE
        print(f"{name}: {', '.join(one['kind'] for one in told)}; {image['tokens']} places")


if __name__ == "__main__":
    main()
