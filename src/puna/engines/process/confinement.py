"""What an engine's process may not do, whatever a model's file makes of it: gain rights, or reach other machines.

On Linux it can gain no rights by what it executes (`no_new_privs`), and open no TCP connection (Landlock, from Linux
6.7 on); it listens, and is asked. Elsewhere nothing of this is there.
"""

import ctypes
import os
import sys
from collections.abc import Mapping

PR_SET_NO_NEW_PRIVS = 38
"""From Linux's <sys/prctl.h>."""
CREATE_RULESET, RESTRICT_SELF = 444, 446
"""The numbers of Landlock's system calls, the same on every processor."""
CREATE_RULESET_VERSION = 1
NETWORK_VERSION = 4
"""The first version of Landlock that knows of the network."""
CONNECT_TCP = 2

NEEDED = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "GOMP_CPU_AFFINITY"),
        *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONUTF8"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
        *("PROGRAMDATA", "PROGRAMFILES", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
    )
)
FAMILIES = (
    *("LC_", "LD_", "DYLD_", "OMP_", "KMP_", "OPENBLAS_", "MKL_", "VECLIB_", "BLIS_"),
    *("GGML_", "LLAMA_", "CUDA_", "NVIDIA_", "NCCL_", "HIP_", "ROCR_", "HSA_", "AMD_", "GPU_", "ROCM_", "MIOPEN_"),
    *("VK_", "MESA_", "RADV_", "ANV_", "SYCL_", "ONEAPI_", "ZE_", "ZES_", "UR_", "MTL_", "METAL_"),
)
"""How the variables begin that the loader of libraries, mathematics and GPUs go by."""
SECRETS = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that an engine needs. What it does not get it can't give away."""
    return {
        name: value
        for name, value in variables.items()
        if (name.upper() in NEEDED or name.upper().startswith(FAMILIES))
        and not any(word in name.upper() for word in SECRETS)
    }


def confine() -> None:
    """Give up rights, for this thread and all that it starts."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION) < NETWORK_VERSION:
        return
    handled = (ctypes.c_uint64 * 2)(0, CONNECT_TCP)  # of files nothing, of the network connections
    if (rules := libc.syscall(CREATE_RULESET, handled, ctypes.sizeof(handled), 0)) >= 0:
        libc.syscall(RESTRICT_SELF, rules, 0)
        os.close(rules)
