# `make tiny` makes the bundled model from its seed, `make tiny-eval` examines the one that is there.
# Neither is part of install, test or CI. Training goes on from build/tiny/checkpoint.pt if it was stopped.

TINY_PYTHON := .venv-training/bin/python
TINY_READY := .venv-training/.ready
TINY_OUT := build/tiny
TINY_GGUF := src/puna/models/tiny.gguf
# Memory that is given back and taken again at every step costs a third of the time.
TINY_MALLOC := MALLOC_MMAP_THRESHOLD_=2000000000 MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_TOP_PAD_=300000000

.PHONY: tiny tiny-train tiny-export tiny-eval

tiny: tiny-train tiny-export tiny-eval

tiny-train: $(TINY_READY)
	$(TINY_MALLOC) OMP_NUM_THREADS=1 $(TINY_PYTHON) -W ignore -m training.train --out $(TINY_OUT) $(if $(TINY_STEPS),--steps $(TINY_STEPS))

tiny-export: $(TINY_READY)
	$(TINY_PYTHON) -m training.export --out $(TINY_OUT) --gguf $(TINY_GGUF)

tiny-eval: $(TINY_READY)
	$(TINY_PYTHON) -m training.evaluate --gguf $(TINY_GGUF) --show 3 $(if $(wildcard $(TINY_OUT)/tokenizer.json),--tokenizer $(TINY_OUT)/tokenizer.json)

$(TINY_READY): training/requirements.txt
	python3 -m venv .venv-training
	.venv-training/bin/pip install --quiet --disable-pip-version-check -r training/requirements.txt
	touch $@
