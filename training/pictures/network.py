"""The parts of `tiny-image`, all of them classes of diffusers and transformers."""

from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from training.pictures.shapes import SIZE

WORDS = 64
"""The width of the text encoder."""
LATENTS = 8
"""The numbers of one latent."""
STAGES = 5
SHRINKS = 2 ** (STAGES - 1)
"""How many pixels of an edge are one latent."""


def autoencoder() -> AutoencoderTiny:
    """Where a stage has all pixels there are no blocks: those would take most of the time."""
    widths = (16,) * STAGES
    return AutoencoderTiny(
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        num_encoder_blocks=(0, 1, 1, 1, 2),
        num_decoder_blocks=(3, 3, 2, 1, 0),
        latent_channels=LATENTS,
    )


def text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=WORDS,
            intermediate_size=4 * WORDS,
            projection_dim=WORDS,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=tokenizer.model_max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id,
        )
    )


def denoiser() -> UNet2DConditionModel:
    """A U-Net that hears the prompt as a whole, with the time: one shape needs no attention to single words, and without
    it colours are there after a few hundred steps."""
    return UNet2DConditionModel(
        sample_size=SIZE // SHRINKS,
        in_channels=LATENTS,
        out_channels=LATENTS,
        block_out_channels=(48, 96),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        mid_block_type="UNetMidBlock2D",
        up_block_types=("UpBlock2D", "UpBlock2D"),
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
        cross_attention_dim=WORDS,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def scheduler() -> DDIMScheduler:
    """Its last step is pure noise, so that plain backgrounds can be learned; few steps are spread over all times."""
    return DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=1,
    )
