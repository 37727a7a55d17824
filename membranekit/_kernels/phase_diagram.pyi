import numpy as np
from numpy.typing import NDArray

MESSAGES: dict[int, str]

def ternary(
    *,
    s: NDArray[np.float64],
    poly: NDArray[np.float64],
    rational: NDArray[np.float64],
    triples: NDArray[np.float64] | None = None,
    groups: NDArray[np.intc] | None = None,
    lines: NDArray[np.float64],
    spinodal: NDArray[np.float64],
    critical: NDArray[np.float64],
) -> tuple[int, int]: ...
def tie_line(
    start: NDArray[np.float64],
    *,
    weights: NDArray[np.float64],
    value: float,
    s: NDArray[np.float64],
    poly: NDArray[np.float64],
    rational: NDArray[np.float64],
    triples: NDArray[np.float64] | None = None,
    groups: NDArray[np.intc] | None = None,
    out: NDArray[np.float64],
) -> bool: ...
