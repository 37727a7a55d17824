import numpy as np
from numpy.typing import NDArray

def deepest(
    solution: NDArray[np.float64],
    *,
    s: NDArray[np.float64],
    poly: NDArray[np.float64],
    rational: NDArray[np.float64],
    triples: NDArray[np.float64] | None = None,
    groups: NDArray[np.intc] | None = None,
) -> tuple[float, NDArray[np.float64]]: ...
def onset(
    rest: NDArray[np.float64],
    start: NDArray[np.float64],
    *,
    nonsolvent: int,
    amount: float,
    s: NDArray[np.float64],
    poly: NDArray[np.float64],
    rational: NDArray[np.float64],
    triples: NDArray[np.float64] | None = None,
    groups: NDArray[np.intc] | None = None,
) -> tuple[float, NDArray[np.float64]] | None: ...
