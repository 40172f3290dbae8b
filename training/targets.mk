# `make tiny` makes the bundled model from its seed, `make tiny-eval` examines the one that is there.
# Neither is part of install, test or CI. Training goes on from build/tiny/checkpoint.pt if it was stopped.

TINY_PYTHON := .venv-training/bin/python
TINY_READY := .venv-training/.ready
TINY_OUT := build/tiny
TINY_SIGHT := build/tiny-sight
TINY_GGUF := src/puna/models/tiny.gguf
TINY_PROJECTOR := src/puna/models/tiny-projector.gguf
TINY_IMAGE := src/puna/models/tiny-image
TINY_IMAGE_READY := .venv-training/.images-ready
# Memory that is given back and taken again at every step costs a third of the time; jemalloc, where it is installed, is quicker still.
TINY_JEMALLOC := $(firstword $(wildcard /usr/lib/*/libjemalloc.so.2))
TINY_MALLOC := $(if $(TINY_JEMALLOC),LD_PRELOAD=$(TINY_JEMALLOC),MALLOC_MMAP_THRESHOLD_=2000000000 MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_TOP_PAD_=300000000)
# oneDNN makes a kernel for each shape of a batch, and by itself keeps a thousand of them.
TINY_SPEED := $(TINY_MALLOC) ONEDNN_PRIMITIVE_CACHE_CAPACITY=3000 OMP_NUM_THREADS=1

.PHONY: tiny-image

# The model that draws, by its own training: 13 minutes of a core that multiplies bfloat16 (AVX-512), more on others. One thread: two wait for each
# other on cores that others use. It ends with an error where fewer than 17 of 18 pictures are right.
tiny-image: $(TINY_IMAGE_READY)
	OMP_NUM_THREADS=1 $(TINY_PYTHON) -W ignore -m training.pictures.train --out build/tiny-image --threads 1
	$(TINY_PYTHON) -W ignore -m training.pictures.export --out build/tiny-image --folder $(TINY_IMAGE)
	$(TINY_PYTHON) -W ignore -m training.pictures.evaluate --folder $(TINY_IMAGE)

$(TINY_IMAGE_READY): training/pictures/requirements.txt $(TINY_READY)
	.venv-training/bin/pip install --quiet --disable-pip-version-check -r training/pictures/requirements.txt
	touch $@

.PHONY: tiny tiny-train tiny-export tiny-sight tiny-eval tiny-recover

tiny: tiny-train tiny-export tiny-sight tiny-eval

tiny-train: $(TINY_READY)
	$(TINY_SPEED) $(TINY_PYTHON) -W ignore -m training.train --out $(TINY_OUT) $(if $(TINY_STEPS),--steps $(TINY_STEPS))

tiny-export: $(TINY_READY)
	$(TINY_PYTHON) -m training.export --out $(TINY_OUT) --gguf $(TINY_GGUF)

# What it sees with: the tower by itself, in half an hour of one core, then before the language model in build/tiny.
tiny-sight: $(TINY_SIGHT)/tower.pt
	$(TINY_SPEED) $(TINY_PYTHON) -W ignore -m training.sight.join --language $(TINY_OUT) --out $(TINY_SIGHT)
	$(TINY_PYTHON) -m training.sight.export --out $(TINY_SIGHT) --gguf $(TINY_PROJECTOR)

$(TINY_SIGHT)/tower.pt: $(TINY_READY)
	$(TINY_SPEED) $(TINY_PYTHON) -W ignore -m training.sight.train --out $(TINY_SIGHT)

# A folder of training from the file that is there; `make tiny TINY_STEPS=…` then goes on from it.
tiny-recover: $(TINY_READY)
	$(TINY_PYTHON) -m training.recover --gguf $(TINY_GGUF) --out $(TINY_OUT)

tiny-eval: $(TINY_READY)
	$(TINY_PYTHON) -m training.evaluate --gguf $(TINY_GGUF) --projector $(TINY_PROJECTOR) --show 3 $(if $(wildcard $(TINY_OUT)/tokenizer.json),--tokenizer $(TINY_OUT)/tokenizer.json)

$(TINY_READY): training/requirements.txt
	python3 -m venv .venv-training
	.venv-training/bin/pip install --quiet --disable-pip-version-check -r training/requirements.txt
	touch $@
