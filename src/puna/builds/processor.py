"""What a processor can do that makes an engine faster, in the words of llama.cpp."""

import re
import sys
from contextlib import suppress
from pathlib import Path

FEATURES = {
    "ssse3": "SSSE3",
    "avx": "AVX",
    "avx2": "AVX2",
    "f16c": "F16C",
    "fma": "FMA",
    "bmi2": "BMI2",
    "avx_vnni": "AVX_VNNI",
    "avx512f": "AVX512",
    "avx512vbmi": "AVX512_VBMI",
    "avx512_vnni": "AVX512_VNNI",
    "avx512_bf16": "AVX512_BF16",
    "amx_int8": "AMX_INT8",
    "asimd": "NEON",
    "asimddp": "DOTPROD",
    "i8mm": "MATMUL_INT8",
    "sve": "SVE",
    "sme": "SME",
}
"""Linux's words for them, and llama.cpp's."""
FOR_BUILDS = frozenset(FEATURES.values())
USED = re.compile(r"\b([A-Z][A-Z0-9_]*) = [1-9]")
CPU = re.compile(r"CPU : (.*)")


def processor_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Those that this processor has; empty where nobody knows."""
    if sys.platform != "linux":
        return frozenset()
    with suppress(OSError):
        if match := re.search(r"^(?:flags|Features)\s*: (.*)$", cpuinfo.read_text(), re.MULTILINE):
            return frozenset(FEATURES[word] for word in match[1].split() if word in FEATURES)
    return frozenset()


def used_features(system_info: str) -> frozenset[str]:
    """Those that an engine uses, from the line in which it says so."""
    match = CPU.search(system_info)
    return frozenset(USED.findall(match[1])) & FOR_BUILDS if match else frozenset()
