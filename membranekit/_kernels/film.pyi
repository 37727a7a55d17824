from collections.abc import Callable
from typing import NoReturn, final

import numpy as np
from numpy.typing import NDArray

MESSAGES: dict[int, str]
TROUBLES: dict[int, str]

# Cython leaves its refusals to pickle a Film among the names of the module.
__reduce_cython__: Callable[..., NoReturn]
__setstate_cython__: Callable[..., NoReturn]

@final
class Film:
    def __new__(
        cls,
        polymer_volumes: NDArray[np.float64],
        amounts: NDArray[np.float64],
        molar_volumes: NDArray[np.float64],
        most_bath_cells: int = 0,
        support_nodes: int = 24,
    ) -> Film: ...
    @property
    def n(self) -> int: ...
    @property
    def cells(self) -> int: ...
    @property
    def bath_cells(self) -> int: ...
    @property
    def ends(self) -> int: ...
    @property
    def mode(self) -> int: ...
    @property
    def temperature(self) -> float: ...
    @property
    def time(self) -> float: ...
    @property
    def steps(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def evaluations(self) -> int: ...
    @property
    def trouble(self) -> int: ...
    @property
    def troubled_cell(self) -> int: ...
    def set_mixture(
        self,
        table: NDArray[np.float64],
        rational_b: NDArray[np.float64],
        rational_c: NDArray[np.float64],
        *,
        triples: NDArray[np.float64] | None = None,
        groups: NDArray[np.intc] | None = None,
        henry: NDArray[np.float64] | None = None,
    ) -> None: ...
    def set_friction(
        self,
        pairs: NDArray[np.float64],
        polymeric: NDArray[np.float64],
        coil: NDArray[np.float64],
        network: NDArray[np.float64],
        drag: NDArray[np.float64],
        wall: NDArray[np.float64],
        *,
        slowdown: float,
        intrinsic: float,
        martin: float,
        network_modulus: float,
        obstruction: float = 2.0,
        crowding: float = 0.5,
        free_volume: NDArray[np.float64] | None = None,
    ) -> None: ...
    def set_arrest(
        self,
        kind: int,
        weight: NDArray[np.float64],
        glass_temperature: NDArray[np.float64],
        gel_fraction: float,
        growth_law: NDArray[np.float64],
    ) -> None: ...
    def set_support(
        self,
        thickness: float,
        capacity: float,
        conductivity: float,
        temperature: float,
        held: bool,
        film_temperature: float,
        heat_capacity: NDArray[np.float64],
        film_conductivity: float,
    ) -> None: ...
    def keep_one_phase(self) -> None: ...
    def begin_air(
        self,
        volatile: NDArray[np.float64],
        coefficient: NDArray[np.float64],
        far: NDArray[np.float64],
        saturation: NDArray[np.float64],
        enthalpy: NDArray[np.float64],
        *,
        pressure: float,
        temperature: float,
        heat_coefficient: float,
        cover_gap: float,
    ) -> int: ...
    def begin_bath(
        self,
        widths: NDArray[np.float64],
        composition: NDArray[np.float64],
        reference: int,
        diffusivity: NDArray[np.float64],
        *,
        temperature: float,
        heat_coefficient: float,
        both: bool = False,
    ) -> int: ...
    def watch(self, flag: NDArray[np.intc]) -> None: ...
    def advance(
        self,
        t_end: float,
        t_return: float,
        *,
        rtol: float = 1e-3,
        longest: float = 1e30,
        most: int = 1000000,
    ) -> int: ...
    def film_amounts(self) -> NDArray[np.float64]: ...
    def lean_amounts(self) -> NDArray[np.float64]: ...
    def exchanged_amounts(self) -> NDArray[np.float64]: ...
    def bath_amounts(self) -> NDArray[np.float64]: ...
    def surface_potentials(self, end: int = 0) -> NDArray[np.float64]: ...
    def distances(self) -> NDArray[np.float64]: ...
    def clocks(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]: ...
    def state(self) -> NDArray[np.float64]: ...
    def set_state(self, z: NDArray[np.float64]) -> None: ...
    def layout(self) -> tuple[NDArray[np.int64], int]: ...
    def rates(
        self, z: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]: ...
    def jacobian(self, z: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def hold_network(self, totals: NDArray[np.float64]) -> None: ...
    def ode_state(self) -> NDArray[np.float64]: ...
    def ode_rates(self, y: NDArray[np.float64], out: NDArray[np.float64]) -> None: ...
    def ode_jacobian(
        self, y: NDArray[np.float64], out: NDArray[np.float64]
    ) -> None: ...
    def dae_residual(
        self,
        z: NDArray[np.float64],
        slope: NDArray[np.float64],
        out: NDArray[np.float64],
    ) -> None: ...
    def dae_jacobian(
        self, z: NDArray[np.float64], factor: float, out: NDArray[np.float64]
    ) -> None: ...
    def masses(self) -> NDArray[np.float64]: ...
    def mark_demixed(self, cell: int, total: float) -> None: ...
    def spoil_surface(self, share: float) -> None: ...
