"""Transport through a cast film, its air and its baths.

a) Cells of polymer: m is the volume of membrane polymer per area above a point,
   u_i = phi_i/phi_P, du_i/dt = -dj_i/dm. Polymer is conserved exactly and the
   thickness is the sum of dm (1 + sum u). Cell 0 lies at the surface.
b) Faces: T q = sqrt(l) (mu_a - mu_b), j = sqrt(l) q, with l the log-mean fractions and
   T = (d_a S_a + d_b S_b)/2, d the cells' thicknesses; S_ij counts
   2 sqrt(x_i x_j)/(x_i + x_j) times, x = l/phi of the cell, so that the drag on a
   species vanishes with what there is of it beside the other, and two parts of one
   species drag as the whole. T is positive definite since each S and the matrix of
   these weights are, so entropy is produced at every face. A dissolved polymer takes
   the harmonic mean: the drag of the others would empty a cell of it in finite time.
c) Surface: the potentials m there are unknowns, joined to cell 0 by its half cell,
   mu_0 - m = R j. In air j is the gas flux of m; in a bath j is an unknown too and m
   the potential of the bath's liquid at the interface, whose composition is unknown.
d) Bath: fixed cells beside the moving interface, Fick's law in the volume frame plus
   the net volume flux q, exponentially fitted. The flux of the reference component (the bath's main one)
   closes the volume. q is an unknown of each cell, so all rows stay block-tridiagonal.
   Nothing crosses the film's support side, unless the bath acts on both sides: then
   the same bath lies beyond the last cell too. The unknowns of end 0 are bath (far to
   near) and interface, then come the film's cells, then interface and bath (near to
   far) of end 1, where fluxes out of the film are counted positive as at end 0. One
   routine serves either end: `toward` are the blocks that couple a node to its
   neighbor on the film's side, `away` those to its neighbor on the bath's.
e) Time: RODASP, a Rosenbrock method of order 4(3), L-stable and stiffly accurate, whose
   order does not fall on parabolic equations [Steinebach 1995; Hairer & Wanner 1996],
   on M z' = f(z) with M zero in algebraic rows. Linear invariants (amounts) are kept to
   round-off, since each flux enters two rows and, at an open end, a row of exchanged
   amounts.
f) Temperature: the film is one temperature on top of a support with conduction.
   Composition is stepped at the temperature predicted for the middle of the step, heat
   is then stepped with the amounts that crossed the surface. A film with a bath on both
   sides has left its support: both its sides exchange heat with the bath, and the
   support, whose temperatures stay as they were, with nothing.
g) What is not evaluated again: a step's answer is evaluated once, with the derivatives
   of the next step; a rejected step leaves f and the Jacobian as they are; a cell that
   has hardly moved since its derivatives were made is continued along them, and so are
   the fluxes of its faces (`find_quiet`), the same flux in both rows of a face.
"""

from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.math cimport exp, expm1, fabs, isfinite, log, sqrt
from libc.string cimport memcpy, memset

import numpy as np

from _block_tridiagonal cimport MAX_BLOCK, block_factor, block_solve
from _dense cimport lu_factor, lu_solve, spd_inverse, spd_solve
from _coexistence cimport stability as stability_of
from _film_cell cimport SPECIES, Cell, evaluate_cell
from _flory_huggins cimport (
    MAX_PAIRS, MAX_TRIPLES, Mixture, potentials, set_flat, set_groups,
)
from _friction cimport Friction

cdef double GAS_CONSTANT = 8.31446261815324
cdef double V0 = 18.07e-6
# cells of a film, of a bath, nodes of a support: their numbers stay small integers
cdef int MOST_NODES = 100000
# attempted time steps between two looks for signals
cdef long SIGNALS = 16
# how far a fraction of a bath's liquid may lie outside 0 to 1: it stands in linear laws.
# Were it to follow the tolerance, a state could be refused once that became stricter
cdef double BEYOND = 1e-5
# least fraction of a bath beside the film, that of the traces in a fresh one
cdef double LEAST = 9e-10
# share of lean phase from which a cell's pores count as open
cdef double OPEN_PORES = 0.05
# troubled attempts at a step, older ones counted less, that are more than an accident,
# and the accepted steps for which more accuracy is asked then
cdef double UNREST = 4.5
cdef int STRICT_STEPS = 60
# a step this short is given up [s]. Where a front drags a trace out of a cell the step
# is what is left of it over its rate, and no more than exp(-100) may be left
cdef double SHORTEST = 1e-200

# the tolerance of the error estimate over that asked for: it is the error of the answer
# of third order, and so much more than that of fourth
cdef double ESTIMATE = 2.0
# of a step in which a cell demixed, the part to try next: what follows is faster
cdef double AFTER_DEMIXING = 0.35

cdef enum:
    CLOSED = 0
    AIR = 1
    BATH = 2

cdef enum:
    DONE = 0
    PAUSED = 1
    TOO_SMALL = 2
    TOO_MANY = 3
    NO_START = 4
    STOPPED = 5

cdef enum:
    PHASES = 1
    NEGATIVE = 2
    SURFACE = 3
    ACCURACY = 4
    SINGULAR = 5
    BOILING = 6

TROUBLES = {
    PHASES: "no phase equilibrium was found",
    NEGATIVE: "an amount would become negative",
    SURFACE: "the surface has no solution",
    ACCURACY: "the error stays above the tolerance",
    SINGULAR: "the equations of a step are singular",
    BOILING: "the surface boils: its vapors fill the air",
}

MESSAGES = {
    TOO_SMALL: "the time step fell below its limit",
    TOO_MANY: "the number of time steps reached its limit",
    NO_START: "the surface has no solution at the start of the step",
    STOPPED: "the run was stopped",
}


cdef inline double log_mean(double a, double b, double* da, double* db) noexcept nogil:
    """Log-mean of two positive numbers and its derivatives."""
    cdef double total = a + b, t = (b - a) / total, w, z, f, df
    if fabs(t) < 0.05:
        # t/artanh(t) times the plain mean: cells side by side are alike, and a
        # logarithm of hardly more than one would lose digits
        w = t * t
        f = 1.0 - w * (1.0 / 3.0 + w * (4.0 / 45.0 + w * (
            44.0 / 945.0 + w * (428.0 / 14175.0))))
        df = -t / total * (2.0 / 3.0 + w * (16.0 / 45.0 + w * (
            88.0 / 315.0 + w * (3424.0 / 14175.0))))
        da[0] = 0.5 * f - df * b
        db[0] = 0.5 * f + df * a
        return 0.5 * total * f
    z = log(b / a)
    f = (b - a) / z
    da[0] = (f / a - 1.0) / z
    db[0] = (1.0 - f / b) / z
    return f


cdef inline double harmonic_mean(double a, double b, double* da,
                                 double* db) noexcept nogil:
    """Harmonic mean of two positive numbers and its derivatives."""
    cdef double inverse = 1.0 / (a + b)
    da[0] = 2.0 * b * b * inverse * inverse
    db[0] = 2.0 * a * a * inverse * inverse
    return 2.0 * a * b * inverse


cdef inline double likeness(double x, double y, double* elasticity) noexcept nogil:
    """2 sqrt(x y)/(x + y); elasticity: d ln of it/d ln x, and minus that/d ln y.

    One where both ratios are equal, so that a species split into two drags the others
    as one does; a Cauchy matrix between two diagonal ones, so that a positive definite
    matrix weighed by it stays so [Schur]."""
    cdef double inverse = 1.0 / (x + y)
    elasticity[0] = 0.5 * (y - x) * inverse
    return 2.0 * sqrt(x * y) * inverse


cdef inline double bernoulli(double x, double* slope) noexcept nogil:
    """x/(exp(x) - 1) of x >= 0 and its derivative; of -x they are this + x and
    -1 - the derivative."""
    cdef double inverse, value
    if x < 1e-2:
        slope[0] = -0.5 + x / 6.0 * (1.0 - x * x / 30.0)
        return 1.0 - 0.5 * x + x * x / 12.0 * (1.0 - x * x / 60.0)
    if x > 700.0:
        slope[0] = 0.0
        return 0.0
    inverse = 1.0 / expm1(x)
    value = x * inverse
    slope[0] = inverse - value * (1.0 + inverse)
    return value


cdef inline double bath_flux(double q, double diffusivity, double distance,
                             double inner, double outer, double* d_inner,
                             double* d_outer, double* d_q) noexcept nogil:
    """Flux of a species from `inner` to `outer`, fitted exponentially, so that it is
    monotone in both at any Peclet number [Scharfetter & Gummel 1969]."""
    cdef double speed = diffusivity / distance, peclet = fabs(q) / speed, slope
    cdef double against = bernoulli(peclet, &slope), along = against + peclet
    if q > 0.0:
        d_inner[0] = speed * along
        d_outer[0] = -speed * against
        d_q[0] = (1.0 + slope) * inner - slope * outer
    else:
        d_inner[0] = speed * against
        d_outer[0] = -speed * along
        d_q[0] = (1.0 + slope) * outer - slope * inner
    return d_inner[0] * inner + d_outer[0] * outer


cdef enum:
    STAGES = 6


# RODASP [Steinebach 1995]: stage i solves
# (M/(gamma h) - J) k_i = f(z + sum_j a_ij k_j) + M sum_j c_ij k_j/h. The last stage is
# the error estimate, and the answer is its argument plus itself; that argument is the
# one before plus the stage before
cdef double GAMMA = 0.25
cdef double[STAGES][STAGES] ARGUMENT
cdef double[STAGES][STAGES] COUPLING
# of the estimate's local error
cdef double ORDER = 4.0


cdef int set_rodasp() except -1:
    cdef int i, j
    arguments = (
        (3.0,),
        (1.831036793486759, 0.4955183967433795),
        (2.304376582692669, -0.05249275245743001, -1.176798761832782),
        (-7.170454962423024, -4.741636671481785, -16.31002631330971,
         -1.062004044111401),
        (-7.170454962423024, -4.741636671481785, -16.31002631330971,
         -1.062004044111401, 1.0),
    )
    couplings = (
        (-12.0,),
        (-8.791795173947035, -2.207865586973518),
        (10.81793056857153, 6.780270611428266, 19.53485944642410),
        (34.19095006749676, 15.49671153725963, 54.74760875964130, 14.16005392148534),
        (34.62605830930532, 15.30084976114473, 56.99955578662667, 18.40807009793095,
         -5.714285714285717),
    )
    for i in range(STAGES - 1):
        for j in range(i + 1):
            ARGUMENT[i + 1][j] = arguments[i][j]
            COUPLING[i + 1][j] = couplings[i][j]
    return 0


set_rodasp()


cdef inline double in_all(int count, const double* weight, const double* k, int size,
                          int i) noexcept nogil:
    """Sum over stages j < count of weight[j] k[j][i]."""
    cdef int j
    cdef double value = 0.0
    for j in range(count):
        value += weight[j] * k[j * size + i]
    return value


cdef inline void combine(int count, const double* weight, const double* k,
                         const double* start, const double* mass, int size,
                         double* out) noexcept nogil:
    """out = start + mass times the sum over stages j < count of weight[j] k[j]; mass
    NULL counts as 1."""
    cdef int i
    if mass == NULL:
        for i in range(size):
            out[i] = start[i] + in_all(count, weight, k, size, i)
    else:
        for i in range(size):
            out[i] = start[i] + mass[i] * in_all(count, weight, k, size, i)


cdef void combine_any(int count, const double* weight, const double* k,
                      const double* start, const double* mass, int size,
                      double* out) noexcept nogil:
    if count == 0:
        memcpy(out, start, size * sizeof(double))
    elif count == 1:
        combine(1, weight, k, start, mass, size, out)
    elif count == 2:
        combine(2, weight, k, start, mass, size, out)
    elif count == 3:
        combine(3, weight, k, start, mass, size, out)
    elif count == 4:
        combine(4, weight, k, start, mass, size, out)
    else:
        combine(5, weight, k, start, mass, size, out)


cdef inline int place(int node, int i, int n, int surface,
                      int reference) noexcept nogil:
    """Where species i of a node stands among the amounts; -1: it does not."""
    if node > surface:
        return (n - 1) * surface + (node - surface - 1) * n + i
    if i == reference:
        return -1
    return (n - 1) * node + i - (1 if i > reference else 0)


cdef inline void enter(double* band, int size, int width, int row, int column,
                       double value) noexcept nogil:
    """Add to a banded matrix, where the band has a place for it."""
    if column >= 0 and -width <= row - column <= width:
        band[(row - column + width) * size + column] += value


cdef int evaluate_any(int n, const Mixture* mixture, const Friction* f, double modulus,
                      double reference, const double* u, Cell* c,
                      bint derivatives) noexcept nogil:
    if n == 3:
        return evaluate_cell(3, mixture, f, modulus, reference, u, c, derivatives)
    if n == 4:
        return evaluate_cell(4, mixture, f, modulus, reference, u, c, derivatives)
    if n == 5:
        return evaluate_cell(5, mixture, f, modulus, reference, u, c, derivatives)
    return evaluate_cell(n, mixture, f, modulus, reference, u, c, derivatives)


cdef inline int face(int n, const int* polymeric, double dm_a, double dm_b,
                     const Cell* a, const Cell* b, double* flux, double* d_a,
                     double* d_b) noexcept nogil:
    """Flux from cell a to b and, unless NULL, its derivatives (n, n); -1: none.

    Of the derivatives' n**3 terms most do not need as many: all that follows from
    dphi_i = (delta_id - phi_i)/A is a diagonal, a part the same for each d, and a part
    of i and d (d ln x_i - d ln x_j is the change of phi's logarithms alone).
    """
    cdef int i, j, d, side
    cdef const Cell* c
    cdef double t[49]
    cdef double inverse[49]
    cdef double l[7]
    cdef double sl[7]
    cdef double la[7]
    cdef double lb[7]
    cdef double drive[7]
    cdef double q[7]
    cdef double ha = 0.5 * dm_a * a.total, hb = 0.5 * dm_b * b.total
    cdef double xa[7]
    cdef double xb[7]
    cdef double ca[49]
    cdef double cb[49]
    cdef double ua[49]
    cdef double ub[49]
    cdef double ta[49]
    cdef double tb[49]
    cdef double u[49]
    cdef double both[7]
    cdef double by_l[7]
    cdef double by_phi[7]
    cdef double grow[7]
    cdef double shrink[7]
    cdef double rhs[49]
    cdef double value, h, sign, change, weight, rest, own
    cdef const double* like
    cdef const double* part
    cdef const double* mine
    cdef const double* slope
    cdef double* out
    for i in range(n):
        if polymeric[i]:
            l[i] = harmonic_mean(a.phi[i], b.phi[i], &la[i], &lb[i])
        else:
            l[i] = log_mean(a.phi[i], b.phi[i], &la[i], &lb[i])
        sl[i] = sqrt(l[i])
        xa[i] = l[i] / a.phi[i]
        xb[i] = l[i] / b.phi[i]
        drive[i] = sl[i] * (a.mu[i] - b.mu[i])
    for i in range(n):
        ca[i * n + i] = cb[i * n + i] = 1.0
        ua[i * n + i] = ub[i * n + i] = 0.0
        ta[i * n + i] = ha * a.s[i * n + i]
        tb[i * n + i] = hb * b.s[i * n + i]
        t[i * n + i] = ta[i * n + i] + tb[i * n + i]
        for j in range(i):
            ca[i * n + j] = ca[j * n + i] = likeness(xa[i], xa[j], &value)
            cb[i * n + j] = cb[j * n + i] = likeness(xb[i], xb[j], &change)
            ta[i * n + j] = ta[j * n + i] = ha * a.s[i * n + j] * ca[i * n + j]
            tb[i * n + j] = tb[j * n + i] = hb * b.s[i * n + j] * cb[i * n + j]
            t[i * n + j] = t[j * n + i] = ta[i * n + j] + tb[i * n + j]
            # u: change of these with ln(x_i/x_j)
            ua[i * n + j] = value * ta[i * n + j]
            ub[i * n + j] = change * tb[i * n + j]
            ua[j * n + i] = -ua[i * n + j]
            ub[j * n + i] = -ub[i * n + j]
    if d_a == NULL:
        for i in range(n):
            q[i] = drive[i]
        if spd_solve(t, q, n) != 0:
            return -1
        for i in range(n):
            flux[i] = sl[i] * q[i]
        return 0
    if spd_inverse(t, inverse, n) != 0:
        return -1
    for i in range(n):
        value = 0.0
        for j in range(n):
            value += inverse[i * n + j] * drive[j]
        q[i] = value
        flux[i] = sl[i] * value
    for i in range(n):
        both[i] = 0.0
        for j in range(n):
            u[i * n + j] = ua[i * n + j] + ub[i * n + j]
            both[i] += u[i * n + j] * q[j]
    for side in range(2):
        c = a if side == 0 else b
        out = d_a if side == 0 else d_b
        slope = &la[0] if side == 0 else &lb[0]
        like = &ca[0] if side == 0 else &cb[0]
        part = &ta[0] if side == 0 else &tb[0]
        mine = &ua[0] if side == 0 else &ub[0]
        h = ha if side == 0 else hb
        sign = 1.0 if side == 0 else -1.0
        rest = 1.0 / c.total
        for i in range(n):
            # d ln l_i/d u_i and d ln phi_i/d u_i, but for what is the same for each d
            grow[i] = slope[i] * rest / l[i]
            shrink[i] = rest / c.phi[i]
            by_l[i] = grow[i] * q[i]
            by_phi[i] = shrink[i] * q[i]
        for i in range(n):
            value = c.phi[i] * grow[i] * (both[i] - 0.5 * drive[i])
            own = 0.0
            for j in range(n):
                value -= u[i * n + j] * (by_l[j] * c.phi[j])
                value -= part[i * n + j] * (rest * q[j])
                own += mine[i * n + j] * q[j]
            for d in range(n):
                rhs[i * n + d] = (value + sign * sl[i] * c.dmu[i * n + d]
                                  + u[i * n + d] * by_l[d] - mine[i * n + d] * by_phi[d])
            rhs[i * n + i] += grow[i] * (0.5 * drive[i] - both[i]) + shrink[i] * own
            for j in range(n):
                weight = h * like[i * n + j] * q[j]
                for d in range(n):
                    rhs[i * n + d] -= weight * c.ds[(i * n + j) * n + d]
        for i in range(n):
            value = 0.5 * flux[i] * grow[i]
            for d in range(n):
                out[i * n + d] = -value * c.phi[i]
            out[i * n + i] += value
            for j in range(n):
                weight = sl[i] * inverse[i * n + j]
                for d in range(n):
                    out[i * n + d] += weight * rhs[j * n + d]
    return 0


cdef int refuse_unfinite(str what, tuple numbers) except -1:
    for each in numbers:
        if each is not None and not np.isfinite(each).all():
            raise ValueError(f"{what}: a number is not finite")
    return 0


cdef int refuse_unless_positive(str what, tuple numbers) except -1:
    refuse_unfinite(what, numbers)
    for each in numbers:
        if not np.greater(each, 0.0).all():
            raise ValueError(f"{what}: a number is not positive")
    return 0


# the share by which a cell may have moved is STILL times the root of the estimate's
# tolerance. What is left out is in no estimate of a step's error
cdef double STILL = 0.5
# of all such bounds, the part beyond which a step does not start with old derivatives,
# or the cell would leave them on the way and be evaluated for each stage
cdef double STILL_AT_START = 0.7
# how many kelvins a cell may be from the temperature of its derivatives, times the
# square of the share by which its amounts may: 3 % of friction a kelvin
cdef double STILL_KELVIN = 5.0


cdef inline bint is_little(double change, double amount, double phase,
                           double part) noexcept nogil:
    """Whether a species' amount in a phase of that volume changes by little.

    A trace of long chains changes by orders where all else hardly moves, and nothing
    else notices: it may, but not vanish, since its logarithm is not continued beyond.
    """
    return (fabs(change) < 0.1 * part * (amount + 0.01 * phase)
            and fabs(change) < 0.5 * part * amount)


cdef inline double safe_share(double amount, double phase,
                              double change) noexcept nogil:
    """The share of `change` by which a species in a phase may surely move: half of
    what `is_little` asks for, so that it may have moved by as much before."""
    cdef double most = 0.1 * (amount + 0.01 * phase)
    if most > 0.5 * amount:
        most = 0.5 * amount
    return 0.5 * most / (change + 1e-300)


cdef inline double safe_radius(int n, const Cell* c,
                               const double* reach) noexcept nogil:
    """How far each amount may surely move, relative to its `reach`, so that the phases
    hardly do."""
    cdef int i, j
    cdef double lean, rich, share, radius = 1e300
    if c.single:
        return radius
    if not c.two:
        share = 0.0
        for j in range(n):
            lean = 0.0
            for i in range(n):
                lean += c.y[i] * c.dmu[i * n + j]
            share += fabs(lean) * reach[j]
        return 0.3 * c.distance / (share + 1e-300)
    for i in range(n):
        lean = 0.0
        rich = 0.0
        for j in range(n):
            lean += fabs(c.dx[i * n + j]) * reach[j]
            rich += fabs(c.drich[i * n + j]) * reach[j]
        share = safe_share(c.x[i], c.lean * c.total, lean)
        radius = share if share < radius else radius
        share = safe_share(c.rich[i], (1.0 - c.lean) * c.total, rich)
        radius = share if share < radius else radius
    return radius


cdef inline bint is_near(int n, const double* u, const double* rest,
                         const double* scale, const Cell* c, double still, double part,
                         double* radius) noexcept nogil:
    """Whether the amounts u are within `part` of the bounds that let a cell be
    continued along its derivatives at `rest`.

    scale (2 n): one over what each amount's change is measured by, and over the amount;
    radius: as of `safe_radius`, or 0 once phases have been continued beyond it."""
    cdef int i, j
    cdef double moved[7]
    cdef double change, other, farthest = 0.0, share = 0.0, all_changes = 0.0
    for i in range(n):
        moved[i] = u[i] - rest[i]
        change = fabs(moved[i]) * scale[i]
        other = fabs(moved[i]) * scale[n + i]
        farthest = change if change > farthest else farthest
        share = other if other > share else share
    # what is left out goes with the square of it over the amount
    if not (farthest <= still * part and share <= 0.5 * part):
        return False
    if farthest < radius[0] * part:
        return True
    for i in range(n):
        change = 0.0
        other = 0.0
        if c.two:
            for j in range(n):
                change += c.dx[i * n + j] * moved[j]
                other += c.drich[i * n + j] * moved[j]
            if not (is_little(change, c.x[i], c.lean * c.total, part)
                    and is_little(other, c.rich[i], (1.0 - c.lean) * c.total, part)):
                return False
        else:
            for j in range(n):
                change += c.dmu[i * n + j] * moved[j]
            all_changes += c.y[i] * change
    if c.two:
        if part < 1.0:
            radius[0] = 0.0
        return True
    return fabs(all_changes) < 0.3 * part * c.distance


cdef inline void add_change(int n, const double* slope, const double* moved,
                            double* out) noexcept nogil:
    """out += slope moved."""
    cdef int i, j
    cdef double value
    for i in range(n):
        value = out[i]
        for j in range(n):
            value += slope[i * n + j] * moved[j]
        out[i] = value


cdef class Film


cdef inline void find_quiet(int n, Film film, const double* z, double still,
                            double part) noexcept nogil:
    """Find the cells so near the state of their derivatives that they serve: within
    `part` of the share `still`, and far from a change of phases.

    No amount may have moved by more than half of itself either: a trace's flux goes
    with its logarithm. Continued farther it would leave a cell that has no more of it,
    and ahead of a front nothing would enter. The cells beside a surface are always
    evaluated."""
    cdef int k, last = film.cells - 2 if film.ends == 2 else film.cells - 1
    cdef const double* u = z + film.start[film.surface + 1]
    for k in range(film.cells):
        film.quiet[k] = (
            film.at_rest[k] and 0 < k <= last
            and film.rest_total[k] == film.demixed_total[k]
            and (fabs(film.cell_temperature - film.rest_kelvin[k])
                 <= STILL_KELVIN * still * still)
            and is_near(n, u + k * n, film.rest + k * n, film.rest_scale + 2 * k * n,
                        &film.cell[k], still, part, &film.rest_radius[k]))


cdef inline int film_rates(int n, Film film, const double* z, double* f,
                           bint with_blocks) noexcept nogil:
    """Fill the rows of the film's cells with the fluxes of its inner faces and, if
    asked, the blocks beside a face that has new derivatives."""
    cdef int k, i, at, here, first = film.start[film.surface + 1]
    cdef const double* u = z + first
    cdef double* row = f + first
    cdef const double* rest = film.rest
    cdef const int* quiet = film.quiet
    cdef const int* place = film.place + film.surface + 1
    cdef double* lower = film.blocks
    cdef double* diagonal = film.blocks + film.room
    cdef double* upper = film.blocks + 2 * film.room
    cdef double* d_a = film.face_a
    cdef double* d_b = film.face_b
    cdef double* old = film.face_flux
    cdef double flux[7]
    cdef double before[7]
    cdef double moved[7]
    cdef double value
    cdef bint inner, fresh, was_fresh = False
    for i in range(n):
        before[i] = 0.0
        moved[i] = u[i] - rest[i]
    for k in range(film.cells):
        at = k * n * n
        inner = k + 1 < film.cells
        fresh = False
        if inner:
            fresh = not (quiet[k] and quiet[k + 1])
            if not fresh:
                for i in range(n):
                    flux[i] = old[k * n + i]
            elif film._face(k, flux, d_a + at if with_blocks else NULL, d_b + at) != 0:
                return -1
            elif with_blocks:
                for i in range(n):
                    old[k * n + i] = flux[i]
            if quiet[k]:
                add_change(n, d_a + at, moved, flux)
            for i in range(n):
                moved[i] = u[(k + 1) * n + i] - rest[(k + 1) * n + i]
            if quiet[k + 1]:
                add_change(n, d_b + at, moved, flux)
        else:
            for i in range(n):
                flux[i] = 0.0
        for i in range(n):
            row[k * n + i] = before[i] - flux[i]
            before[i] = flux[i]
        if with_blocks and (fresh or was_fresh):
            here = place[k]
            for i in range(n * n):
                value = 0.0
                if k > 0:
                    value = d_b[at - n * n + i]
                    lower[here + i] = d_a[at - n * n + i]
                if inner:
                    value -= d_a[at + i]
                    upper[here + i] = -d_b[at + i]
                diagonal[here + i] = value
        was_fresh = fresh
    return 0


cdef class Film:
    """A film, its support, and what lies on its surface; SI floats.

    Parameters
    ----------
    polymer_volumes : array (cells), [m]
        Volume of membrane polymer per area in each cell, surface first.
    amounts : array (cells, n), [1]
        u at the start.
    molar_volumes : array (n + 1), [m3/mol]
        Of the small species and, last, of the membrane polymer.
    """

    cdef readonly int n, cells, bath_cells, ends, mode
    cdef int nodes, size, surface, volume_reference, most_bath_cells
    cdef double* dm
    cdef double* width
    cdef double* z
    cdef double* work
    cdef double* stage
    cdef double* mass
    cdef double* blocks
    cdef int* pivots
    cdef int* block_size
    cdef int* start
    cdef int* place         # of a node's blocks in each array of them
    cdef int room           # length of such an array
    cdef Cell* cell
    cdef double* node_u
    # of each cell: the state of its last derivatives, and whether they serve now
    cdef double* rest
    cdef double* rest_kelvin
    cdef double* rest_total
    cdef double* rest_scale     # of the amounts' changes since, and how far is near
    cdef double* rest_radius
    cdef int* at_rest
    cdef int* quiet
    cdef int* rest_two
    cdef bint phases_moved  # whether one has changed its phases since
    # of each face: flux and derivatives there
    cdef double* face_flux
    cdef double* face_a
    cdef double* face_b
    cdef bint faces_current
    # per cell: what has happened so far
    cdef double* demixed_total
    cdef double* binodal_time
    cdef double* spinodal_time
    cdef double* arrest_time
    cdef double* growth
    cdef double* last_distance
    cdef double* last_spinodal
    cdef double* last_arrest
    cdef double* last_total
    cdef double* last_rate
    cdef double* was_two
    cdef double* switched
    cdef double* arrest_amounts
    cdef double* arrest_lean
    cdef double* last_amounts
    cdef double* last_lean
    cdef bint network_held
    # exchanged amounts, those of end 1 behind those of end 0
    cdef double exchanged[14]
    cdef double exchange_rate[14]
    cdef double exchange_work[14 * STAGES]
    cdef double crossed[14]
    cdef double start_rate[14]
    cdef double exchange_jacobian[98]
    # temperature-dependent tables
    cdef double thermo_table[MAX_PAIRS][5][5]
    cdef double triple_table[MAX_TRIPLES][5]
    cdef double friction_table[MAX_PAIRS][2][2]
    cdef double coil_table[7][2]
    cdef double network_table[7][2]
    cdef double zeta0_table[7][2]
    cdef double wall_table[2]
    cdef double bath_table[7][2]
    cdef double pressure_table[7][3]
    cdef double enthalpy_table[7][2]
    cdef Mixture mixture
    cdef Friction friction
    cdef double modulus, network_modulus
    cdef double volumes[8]
    # the air
    cdef int volatile_[7]
    cdef double gas_coefficient[7][2]
    cdef double gas_far[7]
    cdef double gas_factor[7]
    cdef double saturation[7]
    cdef double gas_pressure, gas_temperature, cover_gap
    cdef double bath_start[7]
    cdef double beyond[7]   # how far below 0 a fraction of the bath may be
    cdef double bath_diffusivity[7]
    # heat
    cdef int support_nodes, back_held
    cdef double* support
    cdef double support_dx, support_capacity, support_conductivity, back_temperature
    cdef double heat_coefficient, heat_far, film_conductivity
    cdef double heat_capacity[8]
    cdef double temperature_rate
    cdef readonly double temperature, time
    # arrest and growth
    cdef int arrest_kind
    cdef double glass_weight[8]
    cdef double glass_temperature[8]
    cdef double gel_fraction
    cdef double growth_law[3]
    # control
    cdef double step_size, cell_temperature
    cdef readonly long steps, rejected, evaluations
    cdef readonly int trouble, troubled_cell
    cdef double unrest, strictness
    cdef int strict_steps
    cdef double spoil
    cdef const int[::1] watched
    cdef const int* stop

    def __cinit__(self, const double[::1] polymer_volumes not None,
                  const double[:, ::1] amounts not None,
                  const double[::1] molar_volumes not None, int most_bath_cells=0,
                  int support_nodes=24):
        cdef int i, k
        self.cells = polymer_volumes.shape[0]
        self.n = amounts.shape[1]
        if amounts.shape[0] != self.cells or molar_volumes.shape[0] != self.n + 1:
            raise ValueError("the arrays of a film do not fit each other")
        if not 1 <= self.n <= SPECIES or self.cells < 2 or most_bath_cells < 0:
            raise ValueError("a film has 1 to 7 small species and 2 cells or more")
        if not 2 <= support_nodes <= MOST_NODES:
            raise ValueError("a support has 2 to 100000 nodes")
        if self.cells > MOST_NODES or most_bath_cells > MOST_NODES:
            raise ValueError("a film and a bath have at most 100000 cells")
        refuse_unless_positive(
            "the arrays of a film", (polymer_volumes, amounts, molar_volumes))
        self.support_nodes = support_nodes
        self.most_bath_cells = most_bath_cells
        cdef int nodes = self.cells + 2 * (most_bath_cells + 1)
        cdef int size = self.n * (nodes + 2)
        self.dm = <double*>PyMem_Calloc(self.cells, 8)
        self.width = <double*>PyMem_Calloc(most_bath_cells + 1, 8)
        self.z = <double*>PyMem_Calloc(size, 8)
        self.work = <double*>PyMem_Calloc((STAGES + 2) * size, 8)
        self.stage = <double*>PyMem_Calloc(size, 8)
        self.mass = <double*>PyMem_Calloc(size, 8)
        # a surface's rows are twice as many, and so are its neighbors' columns
        self.blocks = <double*>PyMem_Calloc(5 * (nodes + 10) * self.n * self.n, 8)
        self.pivots = <int*>PyMem_Calloc(nodes * MAX_BLOCK, sizeof(int))
        self.block_size = <int*>PyMem_Calloc(nodes, sizeof(int))
        self.start = <int*>PyMem_Calloc(nodes + 1, sizeof(int))
        self.place = <int*>PyMem_Calloc(nodes + 1, sizeof(int))
        self.cell = <Cell*>PyMem_Calloc(self.cells, sizeof(Cell))
        self.node_u = <double*>PyMem_Calloc((12 + 4 * self.n) * self.cells, 8)
        self.rest = <double*>PyMem_Calloc(
            (3 + 4 * self.n + 2 * self.n * self.n) * self.cells, 8)
        self.at_rest = <int*>PyMem_Calloc(3 * self.cells, sizeof(int))
        self.support = <double*>PyMem_Calloc(5 * (support_nodes + 1), 8)
        if (not self.dm or not self.width or not self.z or not self.work
                or not self.stage or not self.mass or not self.blocks
                or not self.pivots or not self.block_size or not self.start
                or not self.place
                or not self.cell or not self.node_u or not self.rest
                or not self.at_rest or not self.support):
            raise MemoryError("a film of this size does not fit in memory")
        self.rest_kelvin = self.rest + self.n * self.cells
        self.rest_total = self.rest_kelvin + self.cells
        self.face_flux = self.rest_total + self.cells
        self.face_a = self.face_flux + self.n * self.cells
        self.face_b = self.face_a + self.n * self.n * self.cells
        self.rest_scale = self.face_b + self.n * self.n * self.cells
        self.rest_radius = self.rest_scale + 2 * self.n * self.cells
        self.quiet = self.at_rest + self.cells
        self.rest_two = self.quiet + self.cells
        self.demixed_total = self.node_u
        self.binodal_time = self.node_u + self.cells
        self.spinodal_time = self.node_u + 2 * self.cells
        self.arrest_time = self.node_u + 3 * self.cells
        self.growth = self.node_u + 4 * self.cells
        self.last_distance = self.node_u + 5 * self.cells
        self.last_spinodal = self.node_u + 6 * self.cells
        self.last_arrest = self.node_u + 7 * self.cells
        self.last_total = self.node_u + 8 * self.cells
        self.last_rate = self.node_u + 9 * self.cells
        self.was_two = self.node_u + 10 * self.cells
        self.switched = self.node_u + 11 * self.cells
        self.arrest_amounts = self.node_u + 12 * self.cells
        self.arrest_lean = self.arrest_amounts + self.n * self.cells
        self.last_amounts = self.arrest_lean + self.n * self.cells
        self.last_lean = self.last_amounts + self.n * self.cells
        self.mixture.count = self.n + 1
        self.friction.n = self.n
        for i in range(self.n + 1):
            self.volumes[i] = molar_volumes[i]
            self.mixture.s[i] = V0 / molar_volumes[i]
        for k in range(self.cells):
            self.dm[k] = polymer_volumes[k]
            self.binodal_time[k] = -1.0
            self.spinodal_time[k] = -1.0
            self.arrest_time[k] = -1.0
            for i in range(self.n):
                self.z[(k + 1) * self.n + i] = amounts[k, i]
                self.cell[k].y[i] = 1.0 / self.n
        self.mode = CLOSED
        self.strictness = 1.0
        self._lay_out(0, 1)

    def __dealloc__(self):
        PyMem_Free(self.dm)
        PyMem_Free(self.width)
        PyMem_Free(self.z)
        PyMem_Free(self.work)
        PyMem_Free(self.stage)
        PyMem_Free(self.mass)
        PyMem_Free(self.blocks)
        PyMem_Free(self.pivots)
        PyMem_Free(self.block_size)
        PyMem_Free(self.start)
        PyMem_Free(self.place)
        PyMem_Free(self.cell)
        PyMem_Free(self.node_u)
        PyMem_Free(self.rest)
        PyMem_Free(self.at_rest)
        PyMem_Free(self.support)

    cdef void _lay_out(self, int bath_cells, int ends) noexcept:
        """Order the unknowns: bath (far to near), surface, film and, with two ends,
        surface and bath (near to far) of the other; keep the film's."""
        cdef int end, k, i, node, n = self.n
        cdef int old = self.start[self.surface + 1] if self.nodes else n
        cdef double* film = self.work
        memcpy(film, self.z + old, self.cells * n * sizeof(double))
        self.bath_cells = bath_cells
        self.ends = ends
        self.surface = bath_cells
        self.nodes = self.cells + ends * (bath_cells + 1)
        self.size = 0
        for k in range(self.nodes):
            self.block_size[k] = n
            if self.mode == BATH and (k == self._surface_of(0)
                                      or k == self._surface_of(1)):
                self.block_size[k] = 2 * n
            self.start[k] = self.size
            self.size += self.block_size[k]
        self.start[self.nodes] = self.size
        self.room = 0
        for k in range(self.nodes):
            self.place[k] = self.room
            node = self.block_size[k]
            if k > 0 and self.block_size[k - 1] > node:
                node = self.block_size[k - 1]
            if k + 1 < self.nodes and self.block_size[k + 1] > node:
                node = self.block_size[k + 1]
            self.room += node * self.block_size[k]
        memset(self.z, 0, self.size * sizeof(double))
        memset(self.mass, 0, self.size * sizeof(double))
        memset(self.blocks, 0, 3 * self.room * sizeof(double))
        memcpy(self.z + self.start[self.surface + 1], film,
               self.cells * n * sizeof(double))
        for end in range(ends):
            for k in range(bath_cells):
                node = self._bath_node(end, k)
                for i in range(n):
                    if i != self.volume_reference:
                        self.mass[self.start[node] + i] = self.width[k]
        for k in range(self.cells):
            for i in range(n):
                self.mass[self.start[self.surface + 1 + k] + i] = self.dm[k]

    cdef inline int _surface_of(self, int end) noexcept nogil:
        """Node of the surface at an end, behind the film's at end 1."""
        return self.surface + end * (self.cells + 1)

    cdef inline int _bath_node(self, int end, int k) noexcept nogil:
        """Node of a bath's cell, k counted from the far side as the widths are."""
        return k if end == 0 else self.nodes - 1 - k

    cdef inline int _cell_of(self, int end) noexcept nogil:
        """The film's cell at an end."""
        return 0 if end == 0 else self.cells - 1

    # ------------------------------------------------------------------ set-up

    def set_mixture(self, const double[:, :, ::1] table not None,
                    const double[::1] rational_b not None,
                    const double[::1] rational_c not None, *,
                    const double[:, ::1] triples=None, const int[::1] groups=None,
                    const double[::1] henry=None):
        """Interaction functions b_ij = V0 g_ij/V_ref of the pairs i < j.

        table (pairs, 5, 5): coefficient of w^k times the m-th of 1, t, t^2, t^3, 1/T
        with t = T - 298.15 K; pair (i, j) stands at j (j - 1)/2 + i. triples
        (triples, 5): the same of b_ijk, i < j < k; groups: whose components share w.
        henry (n): instead, in the film, mu_i = s_i ln(u_i/H_i) in one phase.
        """
        cdef int pairs = self.n * (self.n + 1) // 2
        cdef int all_triples = pairs * (self.n - 1) // 3
        cdef int p, k, m
        if (table.shape[0] != pairs or table.shape[1] != 5 or table.shape[2] != 5
                or rational_b.shape[0] != pairs or rational_c.shape[0] != pairs
                or (triples is not None and (triples.shape[0] != all_triples
                                             or triples.shape[1] != 5))
                or (groups is not None and groups.shape[0] != self.n + 1)
                or (henry is not None and henry.shape[0] != self.n)):
            raise ValueError("the interaction table does not fit the film")
        refuse_unfinite("interactions", (table, rational_b, rational_c, triples, henry))
        for p in range(pairs):
            self.mixture.rational_b[p] = rational_b[p]
            self.mixture.rational_c[p] = rational_c[p]
            self.mixture.varies[p] = rational_b[p] != 0.0
            for k in range(5):
                for m in range(5):
                    self.thermo_table[p][k][m] = table[p, k, m]
                    if k > 0 and table[p, k, m] != 0.0:
                        self.mixture.varies[p] = 1
        self.mixture.has_triples = triples is not None
        if triples is not None:
            for p in range(all_triples):
                for m in range(5):
                    self.triple_table[p][m] = triples[p, m]
        set_groups(&self.mixture, &groups[0] if groups is not None else NULL)
        self.mixture.has_henry = henry is not None
        if henry is not None:
            for p in range(self.n):
                if not henry[p] > 0.0:
                    raise ValueError("Henry's constants are positive and fit the film")
                self.mixture.log_henry[p] = log(henry[p])
        self.cell_temperature = 0.0
        for p in range(self.cells):
            self.cell[p].y_temperature = 0.0

    def set_friction(self, const double[:, :, ::1] pairs not None,
                     const double[::1] polymeric not None,
                     const double[:, ::1] coil not None,
                     const double[:, ::1] network not None,
                     const double[:, ::1] drag not None,
                     const double[::1] wall not None, *, double slowdown,
                     double intrinsic, double martin, double network_modulus,
                     double obstruction=2.0, double crowding=0.5,
                     const double[:, ::1] free_volume=None):
        """Friction laws ln zeta = a + b/T [s/m2] and the network modulus [Pa].

        pairs (n (n-1)/2, 2, 2): of i-rich and of j-rich liquid; coil, network (n, 2):
        of dissolved polymers; drag (n, 2): of the polymer on each species; wall (2): of
        pore walls. obstruction, crowding: the exponents of ((1 + phi)/(1 - phi)) in
        every friction and of phi in the drag; free_volume (n + 1, 2): n_j, d_j.
        """
        cdef int count = self.n * (self.n - 1) // 2
        cdef int p, i, k
        if (pairs.shape[0] != count or pairs.shape[1] != 2 or pairs.shape[2] != 2
                or polymeric.shape[0] != self.n or coil.shape[0] != self.n
                or coil.shape[1] != 2 or network.shape[0] != self.n
                or network.shape[1] != 2 or drag.shape[0] != self.n
                or drag.shape[1] != 2 or wall.shape[0] != 2
                or (free_volume is not None and (free_volume.shape[0] != self.n + 1
                                                 or free_volume.shape[1] != 2))):
            raise ValueError("the friction tables do not fit the film")
        refuse_unfinite("frictions", (pairs, polymeric, coil, network, drag, wall,
                                      slowdown, intrinsic, martin, network_modulus,
                                      obstruction, crowding, free_volume))
        for p in range(count):
            for i in range(2):
                for k in range(2):
                    self.friction_table[p][i][k] = pairs[p, i, k]
        for i in range(self.n):
            self.friction.polymeric[i] = polymeric[i] > 0.0
            for k in range(2):
                self.coil_table[i][k] = coil[i, k]
                self.network_table[i][k] = network[i, k]
                self.zeta0_table[i][k] = drag[i, k]
        for k in range(2):
            self.wall_table[k] = wall[k]
        self.friction.obstruction = obstruction
        self.friction.crowding = crowding
        self.friction.free_volume = free_volume is not None
        if free_volume is not None:
            for i in range(self.n + 1):
                self.friction.hindrance[i] = free_volume[i, 0]
                self.friction.vacancy[i] = free_volume[i, 1]
        self.friction.slowdown = slowdown
        self.friction.intrinsic = intrinsic
        self.friction.martin = martin
        self.network_modulus = network_modulus
        self.cell_temperature = 0.0

    def set_arrest(self, int kind, const double[::1] weight not None,
                   const double[::1] glass_temperature not None, double gel_fraction,
                   const double[::1] growth_law not None):
        """Arrest by glass (kind 1: Kelley-Bueche weights, K) or gel (kind 2: volume
        fraction of the membrane polymer in the rich phase).

        growth_law (3): exponent of the rich phase's polymer fraction, activation
        temperature [K], reference [K].
        """
        cdef int i
        if (weight.shape[0] != self.n + 1 or glass_temperature.shape[0] != self.n + 1
                or growth_law.shape[0] != 3):
            raise ValueError("the arrest tables do not fit the film")
        refuse_unfinite("arrest", (weight, glass_temperature, gel_fraction, growth_law))
        self.arrest_kind = kind
        for i in range(self.n + 1):
            self.glass_weight[i] = weight[i]
            self.glass_temperature[i] = glass_temperature[i]
        self.gel_fraction = gel_fraction
        for i in range(3):
            self.growth_law[i] = growth_law[i]

    def set_support(self, double thickness, double capacity, double conductivity,
                    double temperature, bint held, double film_temperature,
                    const double[::1] heat_capacity not None, double film_conductivity):
        """Support: heat capacity [J/m3/K]; heat_capacity (n + 1) of the film's parts."""
        cdef int k
        if heat_capacity.shape[0] != self.n + 1:
            raise ValueError("the heat capacities do not fit the film")
        refuse_unless_positive("the support", (
            thickness, capacity, temperature, film_temperature, heat_capacity,
            film_conductivity))
        if not (isfinite(conductivity) and conductivity >= 0.0):
            raise ValueError("the support: its conductivity is not a number from 0 on")
        self.support_dx = thickness / self.support_nodes
        self.support_capacity = capacity
        self.support_conductivity = conductivity
        self.back_held = held
        self.back_temperature = temperature
        for k in range(self.n + 1):
            self.heat_capacity[k] = heat_capacity[k]
        self.film_conductivity = film_conductivity
        self.temperature = film_temperature
        self.support[0] = film_temperature
        for k in range(self.support_nodes):
            self.support[k + 1] = temperature
        self.temperature_rate = 0.0
        self.cell_temperature = 0.0  # the laws are new
        self._set_temperature(film_temperature)

    def keep_one_phase(self):
        """Keep every cell one phase; past the spinodal its network bears stress.

        No flash is made and no binodal is timed: `distances` tells what is unstable.
        """
        cdef int k
        for k in range(self.cells):
            self.cell[k].single = 1

    def begin_air(self, const double[::1] volatile not None,
                  const double[:, ::1] coefficient not None,
                  const double[::1] far not None,
                  const double[:, ::1] saturation not None,
                  const double[:, ::1] enthalpy not None, *, double pressure,
                  double temperature, double heat_coefficient, double cover_gap):
        """Start an exposure to air.

        coefficient (n, 2): k_i = a + b (T - 298.15 K) [m/s]; far (n): partial
        pressures [Pa]; saturation (n, 3): ln p = a + b/T + c ln T; enthalpy (n, 2):
        of vaporization, a + b (T - 298.15 K) [J/mol]; cover_gap 0: open air [m].
        """
        cdef int i, k
        if (volatile.shape[0] != self.n or coefficient.shape[0] != self.n
                or coefficient.shape[1] != 2 or far.shape[0] != self.n
                or saturation.shape[0] != self.n or saturation.shape[1] != 3
                or enthalpy.shape[0] != self.n or enthalpy.shape[1] != 2):
            raise ValueError("the air's tables do not fit the film")
        refuse_unfinite("the air", (volatile, coefficient, far, saturation, enthalpy,
                                    heat_coefficient, cover_gap))
        refuse_unless_positive("the air", (pressure, temperature))
        self.mode = AIR
        self._lay_out(0, 1)
        memset(self.exchanged, 0, 14 * sizeof(double))
        for i in range(self.n):
            self.volatile_[i] = volatile[i] > 0.0
            self.gas_far[i] = far[i]
            for k in range(2):
                self.gas_coefficient[i][k] = coefficient[i, k]
                self.enthalpy_table[i][k] = enthalpy[i, k]
            for k in range(3):
                self.pressure_table[i][k] = saturation[i, k]
        self.gas_pressure = pressure
        self.gas_temperature = temperature
        self.heat_coefficient = heat_coefficient
        self.heat_far = temperature
        self.cover_gap = cover_gap
        self.step_size = 1e-7
        self.cell_temperature = 0.0  # the laws are new
        self._set_temperature(self.temperature)
        if self._evaluate(self.z, True, 0.0) != 0:
            return NO_START
        for i in range(self.n):
            self.z[self.start[self.surface] + i] = self.cell[0].mu[i]
        return self._solve_surfaces()

    def begin_bath(self, const double[::1] widths not None,
                   const double[::1] composition not None, int reference,
                   const double[:, ::1] diffusivity not None, *, double temperature,
                   double heat_coefficient, bint both=False):
        """Start an immersion: widths (cells, far to near) [m]; composition (n): volume
        fractions of the fresh bath; diffusivity (n, 2): ln D = a + b/T [m2/s]; both:
        the film has left its support, and the bath meets both its sides."""
        cdef int end, i, k, cells = widths.shape[0]
        cdef int node
        cdef double total, volume
        cdef const Cell* c
        if (composition.shape[0] != self.n or diffusivity.shape[0] != self.n
                or diffusivity.shape[1] != 2 or cells < 1
                or not 0 <= reference < self.n):
            raise ValueError("the bath's tables do not fit the film")
        if cells > self.most_bath_cells:
            raise ValueError("the film was made for fewer bath cells")
        refuse_unfinite("the bath", (composition, diffusivity, heat_coefficient))
        refuse_unless_positive("the bath", (widths, temperature))
        self.mode = BATH
        self.volume_reference = reference
        for k in range(cells):
            self.width[k] = widths[k]
        self._lay_out(cells, 2 if both else 1)
        memset(self.exchanged, 0, 14 * sizeof(double))
        for i in range(self.n):
            self.bath_start[i] = composition[i]
            for k in range(2):
                self.bath_table[i][k] = diffusivity[i, k]
        for end in range(self.ends):
            for k in range(cells):
                node = self.start[self._bath_node(end, k)]
                for i in range(self.n):
                    if i != reference:
                        self.z[node + i] = composition[i]
        volume = 0.0
        for k in range(self.cells):
            volume += self.dm[k]
            for i in range(self.n):
                volume += self.dm[k] * self.z[self.start[self.surface + 1 + k] + i]
        for i in range(self.n):
            # of a trace much less: it must not leave a film that has little of it
            total = 0.0
            for k in range(self.cells):
                total += self.dm[k] * self.z[self.start[self.surface + 1 + k] + i]
            total = max(total / volume, composition[i])
            self.beyond[i] = BEYOND * max(1e-5, min(1.0, 100.0 * total))
        self.heat_coefficient = heat_coefficient
        self.heat_far = temperature
        self.step_size = 1e-9
        self.cell_temperature = 0.0  # the laws are new
        self._set_temperature(self.temperature)
        if self._evaluate(self.z, True, 0.0) != 0:
            return NO_START
        for end in range(self.ends):
            node = self.start[self._surface_of(end)]
            c = &self.cell[self._cell_of(end)]
            total = 0.0
            for i in range(self.n):
                total += c.x[i] if c.two else c.y[i]
            for i in range(self.n):
                if i != reference:
                    self.z[node + self.n + i] = log(
                        (c.x[i] if c.two else c.y[i]) / total)
        return self._solve_surfaces()

    # ------------------------------------------------------------- the equations

    cdef void _set_temperature(self, double temperature) noexcept nogil:
        """Fill every law of temperature."""
        cdef int p, k, i, n = self.n
        cdef double t = temperature - 298.15, inverse = 1.0 / temperature
        if temperature == self.cell_temperature:
            return
        self.cell_temperature = temperature
        self.mixture.temperature = temperature
        for p in range(n * (n + 1) // 2):
            for k in range(5):
                self.mixture.poly[p][k] = (
                    self.thermo_table[p][k][0] + t * (self.thermo_table[p][k][1]
                    + t * (self.thermo_table[p][k][2]
                           + t * self.thermo_table[p][k][3]))
                    + self.thermo_table[p][k][4] * inverse)
        set_flat(&self.mixture)
        if self.mixture.has_triples:
            for p in range((n + 1) * n * (n - 1) // 6):
                self.mixture.triple[p] = (
                    self.triple_table[p][0] + t * (self.triple_table[p][1]
                    + t * (self.triple_table[p][2] + t * self.triple_table[p][3]))
                    + self.triple_table[p][4] * inverse)
        for p in range(n * (n - 1) // 2):
            self.friction.log_dilute_i[p] = (
                self.friction_table[p][0][0] + self.friction_table[p][0][1] * inverse)
            self.friction.log_dilute_j[p] = (
                self.friction_table[p][1][0] + self.friction_table[p][1][1] * inverse)
        for i in range(n):
            self.friction.coil[i] = exp(
                self.coil_table[i][0] + self.coil_table[i][1] * inverse)
            self.friction.network[i] = exp(
                self.network_table[i][0] + self.network_table[i][1] * inverse)
            self.friction.zeta0[i] = exp(
                self.zeta0_table[i][0] + self.zeta0_table[i][1] * inverse)
            self.bath_diffusivity[i] = exp(
                self.bath_table[i][0] + self.bath_table[i][1] * inverse)
            if self.volatile_[i]:
                self.saturation[i] = exp(
                    self.pressure_table[i][0] + self.pressure_table[i][1] * inverse
                    + self.pressure_table[i][2] * log(temperature))
                self.gas_factor[i] = (
                    self.volumes[i] * (self.gas_coefficient[i][0]
                                       + self.gas_coefficient[i][1] * t)
                    / (GAS_CONSTANT * 0.5 * (temperature + self.gas_temperature)))
        self.friction.wall = exp(self.wall_table[0] + self.wall_table[1] * inverse)
        self.modulus = V0 * self.network_modulus / (GAS_CONSTANT * temperature)

    cdef int _evaluate_cell(self, int k, const double* z,
                            bint derivatives) noexcept nogil:
        cdef const double* u = z + self.start[self.surface + 1] + k * self.n
        cdef double* scale = self.rest_scale + 2 * k * self.n
        cdef double reach[7]
        cdef int i
        self.quiet[k] = 0
        self.at_rest[k] = 0
        if evaluate_any(self.n, &self.mixture, &self.friction, self.modulus,
                        self.demixed_total[k], u, &self.cell[k], derivatives) != 0:
            self.trouble = PHASES
            self.troubled_cell = k
            return -1
        if derivatives:
            memcpy(self.rest + k * self.n, u, self.n * sizeof(double))
            self.rest_kelvin[k] = self.cell_temperature
            self.rest_total[k] = self.demixed_total[k]
            self.rest_two[k] = self.cell[k].two
            self.at_rest[k] = 1
            for i in range(self.n):
                reach[i] = sqrt(u[i] * (u[i] + 0.01 * self.cell[k].total))
                scale[i] = 1.0 / reach[i]
                scale[self.n + i] = 1.0 / u[i]
            self.rest_radius[k] = safe_radius(self.n, &self.cell[k], reach)
        elif self.cell[k].two != self.rest_two[k]:
            self.phases_moved = True
        return 0

    cdef void _find_quiet(self, const double* z, double still,
                          double part) noexcept nogil:
        if self.n == 3:
            find_quiet(3, self, z, still, part)
        elif self.n == 4:
            find_quiet(4, self, z, still, part)
        elif self.n == 5:
            find_quiet(5, self, z, still, part)
        else:
            find_quiet(self.n, self, z, still, part)

    cdef int _evaluate(self, const double* z, bint derivatives,
                       double still) noexcept nogil:
        """Evaluate every cell at z, but for those that have moved by less than the
        share `still` since their last derivatives (with derivatives: by less than
        STILL_AT_START of it), whose faces are continued along them: the error is of the
        order of its square."""
        cdef int k
        if still > 0.0 and self.faces_current:
            self._find_quiet(z, still, STILL_AT_START if derivatives else 1.0)
        else:
            memset(self.quiet, 0, self.cells * sizeof(int))
        for k in range(self.cells):
            if not self.quiet[k] and self._evaluate_cell(k, z, derivatives) != 0:
                self.faces_current = False
                return -1
        if derivatives:
            self.faces_current = False
        self.evaluations += 1
        return 0

    cdef void _follow(self, int k, const double* u) noexcept nogil:
        """Continue the phases of a quiet cell."""
        cdef int n = self.n, i, j
        cdef Cell* c = &self.cell[k]
        for i in range(n):
            if not c.two:
                c.rich[i] = u[i]
                continue
            for j in range(n):
                c.x[i] += c.dx[i * n + j] * (u[j] - c.u[j])
                c.rich[i] += c.drich[i * n + j] * (u[j] - c.u[j])
        memcpy(c.u, u, n * sizeof(double))

    cdef int _gas_flux(self, const double* m, double* flux,
                       double* jacobian) noexcept nogil:
        """Volume fluxes out of the film of the surface potentials m; jacobian (n, n),
        row i, column j. -1 when the surface would boil."""
        cdef int i, j, n = self.n
        cdef double p[7]
        cdef double here = self.gas_pressure, far = self.gas_pressure
        cdef double mean, slope, other, drift
        for i in range(n):
            p[i] = 0.0
            if self.volatile_[i]:
                p[i] = self.saturation[i] * exp(m[i] / self.mixture.s[i])
                here -= p[i]
                far -= self.gas_far[i]
        if not (here > 0.0 and far > 0.0):
            self.trouble = BOILING
            return -1
        # film theory: P over the log mean of the air's own pressures
        mean = log_mean(here, far, &slope, &other)
        drift = self.gas_pressure / mean
        for i in range(n):
            flux[i] = 0.0
            if self.volatile_[i]:
                flux[i] = self.gas_factor[i] * (p[i] - self.gas_far[i]) * drift
        if jacobian == NULL:
            return 0
        for i in range(n):
            for j in range(n):
                jacobian[i * n + j] = 0.0
                if self.volatile_[i] and self.volatile_[j]:
                    jacobian[i * n + j] = (
                        flux[i] * slope / mean * p[j] / self.mixture.s[j])
            if self.volatile_[i]:
                jacobian[i * n + i] += (self.gas_factor[i] * drift * p[i]
                                        / self.mixture.s[i])
        return 0

    cdef int _face(self, int k, double* flux, double* d_a, double* d_b) noexcept nogil:
        """Flux from cell k to k + 1 and, unless NULL, its derivatives (n, n)."""
        cdef int status
        cdef const int* polymeric = self.friction.polymeric
        cdef const Cell* a = &self.cell[k]
        cdef const Cell* b = &self.cell[k + 1]
        cdef double da = self.dm[k], db = self.dm[k + 1]
        if self.n == 3:
            status = face(3, polymeric, da, db, a, b, flux, d_a, d_b)
        elif self.n == 4:
            status = face(4, polymeric, da, db, a, b, flux, d_a, d_b)
        elif self.n == 5:
            status = face(5, polymeric, da, db, a, b, flux, d_a, d_b)
        else:
            status = face(self.n, polymeric, da, db, a, b, flux, d_a, d_b)
        if status != 0:
            self.trouble = SINGULAR
            self.troubled_cell = k
        return status

    cdef void _half_cell(self, int k, const double* flux, const double* m,
                         const double* liquid, double* drop, double* d_u,
                         double* d_ratio, double* resistance) noexcept nogil:
        """Fall of potential R j over cell k's half at the surface for the flux j, with
        R (n, n) and the derivatives (n, n) with respect to u of the cell and to ln r.

        m (n): potentials at the surface; liquid (n): the liquid's fractions beside it,
        or NULL in air. The fractions in R are log-means of the cell's and of r times
        them, r being what they would be at the surface: exp((m - mu)/s) of a small
        species (held within 40 in the logarithm); a dissolved polymer, in a cell with
        open pores (f_lean^2/(f_lean^2 + 0.05^2) of it), takes the harmonic mean with
        the liquid's share over the lean phase's. Off the diagonal stands `likeness` as
        in faces. Then a mere difference of composition drives no liquid through the
        pores (Gibbs-Duhem), and what is outside only can enter.
        """
        cdef int n = self.n, i, j, d
        cdef Cell* c = &self.cell[k]
        cdef double h = 0.5 * self.dm[k] * c.total, value, here, ratio, mean
        cdef double root[7]
        cdef double elastic[7]
        cdef double opening[7]
        cdef double slope[7]
        cdef double grow[7]
        cdef double x[7]
        cdef double like[49]
        cdef double e[49]
        cdef double lean = 0.0, share = 0.0, dshare = 0.0, rise
        if c.two and liquid != NULL:
            value = c.lean * c.lean + OPEN_PORES * OPEN_PORES
            share = c.lean * c.lean / value
            dshare = 2.0 * c.lean * OPEN_PORES * OPEN_PORES / (value * value)
            for i in range(n):
                lean += c.x[i]
        for i in range(n):
            elastic[i] = 0.0
            opening[i] = 0.0
            rise = 1.0
            if not self.friction.polymeric[i]:
                value = (m[i] - c.mu[i]) / self.mixture.s[i]
                ratio = exp(value if fabs(value) < 40.0
                            else (40.0 if value > 0.0 else -40.0))
                rise = log_mean(1.0, ratio, &here, &elastic[i])
                elastic[i] *= ratio / rise if fabs(value) < 40.0 else 0.0
            elif share > 0.0:
                ratio = liquid[i] * lean / c.x[i]
                mean = harmonic_mean(1.0, ratio, &here, &value)
                rise = 1.0 + share * (mean - 1.0)
                elastic[i] = share * value * ratio / rise
                opening[i] = dshare * (mean - 1.0) / rise
            root[i] = sqrt(c.phi[i] * rise)
            x[i] = rise
        for i in range(n):
            value = 0.0
            for j in range(n):
                like[i * n + j] = likeness(x[i], x[j], &e[i * n + j])
                resistance[i * n + j] = (
                    h * like[i * n + j] * c.s[i * n + j] / (root[i] * root[j]))
                value += resistance[i * n + j] * flux[j]
            drop[i] = value
        if d_u == NULL:
            return
        for d in range(n):
            for i in range(n):
                slope[i] = ((1.0 if i == d else 0.0) / c.phi[i] - 1.0) / c.total
                grow[i] = 0.0
                if not self.friction.polymeric[i]:
                    grow[i] = -elastic[i] * c.dmu[i * n + d] / self.mixture.s[i]
                elif share > 0.0:
                    grow[i] = (opening[i] * c.dshare[d]
                               - elastic[i] * c.dlean[i * n + d])
            for i in range(n):
                value = 0.0
                for j in range(n):
                    # the logarithmic change of R_ij: of S, of fractions, of likeness
                    here = (-0.5 * (slope[i] + slope[j] + grow[i] + grow[j])
                            + e[i * n + j] * (grow[i] - grow[j]))
                    value += resistance[i * n + j] * here * flux[j]
                    here = (0.5 * self.dm[k] * c.s[i * n + j]
                            + h * c.ds[(i * n + j) * n + d]) / (root[i] * root[j])
                    value += here * flux[j] * like[i * n + j]
                d_u[i * n + d] = value
                # ln r_d is in row d and in column d of R
                value = (e[d * n + i] - 0.5) * resistance[i * n + d] * flux[d]
                if i == d:
                    for j in range(n):
                        value += (e[d * n + j] - 0.5) * resistance[d * n + j] * flux[j]
                d_ratio[i * n + d] = value * elastic[d]

    cdef void _interface(self, int end, const double* z, double* phi) noexcept nogil:
        """Volume fractions (n) of the bath's liquid at the interface."""
        cdef int i
        cdef const double* s = z + self.start[self._surface_of(end)] + self.n
        phi[self.volume_reference] = 1.0
        for i in range(self.n):
            if i != self.volume_reference:
                phi[i] = exp(s[i])
                phi[self.volume_reference] -= phi[i]

    cdef int _surface_rates(self, int end, const double* z, double* f,
                            bint with_blocks) noexcept nogil:
        """Fill an end's surface's rows, and add its fluxes to those of the film's cell
        beside it."""
        cdef int n = self.n, i, j, d, bs, ref = self.volume_reference
        cdef int node = self._surface_of(end), inward = 1 - 2 * end
        cdef int inner = node + inward, outer = node - inward
        cdef const Cell* c = &self.cell[self._cell_of(end)]
        cdef double* toward = self.blocks + (2 - 2 * end) * self.room
        cdef double* diagonal = self.blocks + self.room
        cdef double* away = self.blocks + 2 * end * self.room
        cdef double flux[7]
        cdef double drop[7]
        cdef double d_u[49]
        cdef double resistance[49]
        cdef double gas[49]
        cdef double phi[7]
        cdef double mu[7]
        cdef double hessian[49]
        cdef double* block
        cdef const double* s = z + self.start[node]
        cdef const double* bath
        cdef double q, distance, value, total = 0.0
        cdef double d_ratio[49]
        cdef double d_in[7]
        cdef double d_out[7]
        cdef double d_q[7]
        if with_blocks:
            # what was left here by elimination
            memset(diagonal + self.place[node], 0,
                   self.block_size[node] * self.block_size[node] * sizeof(double))
        if self.mode == CLOSED:
            for i in range(n):
                f[self.start[node] + i] = c.mu[i] - s[i]
                if with_blocks:
                    diagonal[self.place[node] + i * n + i] = -1.0
                    for d in range(n):
                        toward[self.place[node] + i * n + d] = c.dmu[i * n + d]
            return 0
        if self.mode == AIR:
            if self._gas_flux(s, flux, gas) != 0:
                return -1
            self._half_cell(self._cell_of(end), flux, s, NULL, drop,
                            d_u if with_blocks else NULL, d_ratio, resistance)
            for i in range(n):
                f[self.start[node] + i] = c.mu[i] - s[i] - drop[i]
                f[self.start[inner] + i] -= flux[i] * (1.0 + self.spoil)
                self.exchange_rate[i] = flux[i]
            if with_blocks:
                for i in range(n):
                    for d in range(n):
                        value = 0.0
                        for j in range(n):
                            value += resistance[i * n + j] * gas[j * n + d]
                        if not self.friction.polymeric[d]:
                            value += d_ratio[i * n + d] / self.mixture.s[d]
                        diagonal[self.place[node] + i * n + d] = -value
                        toward[self.place[node] + i * n + d] = (
                            c.dmu[i * n + d] - d_u[i * n + d])
                        away[self.place[inner] + i * n + d] = (
                            -gas[i * n + d] * (1.0 + self.spoil))
                        self.exchange_jacobian[i * n + d] = gas[i * n + d]
                    diagonal[self.place[node] + i * n + i] -= 1.0
            return 0
        # a bath: unknowns of the interface are the fluxes j, then ln phi with q
        self._interface(end, z, phi)
        for i in range(n):
            if not phi[i] > 0.0:
                self.trouble = SURFACE
                return -1
        potentials(&self.mixture, n, phi, mu, hessian)
        self._half_cell(self._cell_of(end), s, mu, phi, drop,
                        d_u if with_blocks else NULL, d_ratio, resistance)
        q = s[n + ref]
        bath = z + self.start[outer]
        distance = 0.5 * self.width[self.bath_cells - 1]
        bs = 2 * n
        block = diagonal + self.place[node]
        for i in range(n):
            f[self.start[node] + i] = c.mu[i] - mu[i] - drop[i]
            f[self.start[inner] + i] -= s[i] * (1.0 + self.spoil)
            total += s[i]
            if i != ref:
                # a trace a step has made negative, within its tolerance, is as little
                # as a bath holds: it would ask the interface, whose fractions are
                # positive, for less
                f[self.start[node] + n + i] = s[i] - bath_flux(
                    q, self.bath_diffusivity[i], distance, phi[i],
                    bath[i] if bath[i] > LEAST else LEAST,
                    &d_in[i], &d_out[i], &d_q[i])
                if not bath[i] > LEAST:
                    d_out[i] = 0.0
        f[self.start[node] + n + ref] = total - q
        if with_blocks:
            for i in range(n):
                for d in range(n):
                    block[i * bs + d] = -resistance[i * n + d]
                    toward[self.place[node] + i * n + d] = (
                        c.dmu[i * n + d] - d_u[i * n + d])
                    if d != ref:
                        # phi of the reference falls as phi_d rises
                        value = phi[d] * (hessian[i * n + ref] - hessian[i * n + d])
                        for j in range(n):
                            if not self.friction.polymeric[j]:
                                value -= (d_ratio[i * n + j] / self.mixture.s[j]
                                          * phi[d] * (hessian[j * n + d]
                                                      - hessian[j * n + ref]))
                            elif j == d:
                                value -= d_ratio[i * n + j]
                        block[i * bs + n + d] = value
                away[self.place[inner] + i * bs + i] = -1.0 - self.spoil
                block[(n + ref) * bs + i] = 1.0
                if i != ref:
                    block[(n + i) * bs + i] = 1.0
                    block[(n + i) * bs + n + ref] = -d_q[i]
                    block[(n + i) * bs + n + i] = -phi[i] * d_in[i]
                    away[self.place[node] + (n + i) * n + i] = -d_out[i]
                    toward[self.place[outer] + i * bs + i] = 1.0
            block[(n + ref) * bs + n + ref] = -1.0
        return 0

    cdef int _film_rates(self, const double* z, double* f,
                         bint with_blocks) noexcept nogil:
        if self.n == 3:
            return film_rates(3, self, z, f, with_blocks)
        if self.n == 4:
            return film_rates(4, self, z, f, with_blocks)
        if self.n == 5:
            return film_rates(5, self, z, f, with_blocks)
        return film_rates(self.n, self, z, f, with_blocks)

    cdef int _rates(self, const double* z, double* f, bint with_blocks) noexcept nogil:
        """f(z) and, if asked, its Jacobian's blocks; the cells must be evaluated.

        Blocks are assigned, where something has changed; what is 0 stays so."""
        cdef int end
        memset(self.exchange_rate, 0, 14 * sizeof(double))
        if with_blocks:
            memset(self.exchange_jacobian, 0, 98 * sizeof(double))
        if self._film_rates(z, f, with_blocks) != 0:
            return -1
        if with_blocks:
            self.faces_current = True
        for end in range(self.ends):
            if self._surface_rates(end, z, f, with_blocks) != 0:
                return -1
            if self.mode == BATH:
                self._bath_rates(end, z, f, with_blocks)
        return 0

    cdef void _bath_rates(self, int end, const double* z, double* f,
                          bint with_blocks) noexcept nogil:
        """Fill the rows of an end's bath, near to far; q of a cell crosses its outer
        face."""
        cdef int n = self.n, k, i, node, near, far, at, ref = self.volume_reference
        cdef int inward = 1 - 2 * end
        cdef double* toward = self.blocks + (2 - 2 * end) * self.room
        cdef double* diagonal = self.blocks + self.room
        cdef double* away = self.blocks + 2 * end * self.room
        cdef double* rate = self.exchange_rate + 7 * end
        cdef double* jacobian = self.exchange_jacobian + 49 * end
        cdef double* block
        cdef const double* s = z + self.start[self._surface_of(end)]
        cdef const double* outer
        cdef double q, distance, value, d_inner, d_outer, d_q
        # of each species: the flux from the near side, its slope with the amount here
        cdef double entering[7]
        cdef double d_entering[7]
        for i in range(n):
            entering[i] = s[i]
            d_entering[i] = 0.0
        for k in range(self.bath_cells - 1, -1, -1):
            node = self._bath_node(end, k)
            near = node + inward
            far = node - inward
            s = z + self.start[node]
            block = diagonal + self.place[node]
            q = s[ref]
            at = n + ref if k == self.bath_cells - 1 else ref
            f[self.start[node] + ref] = z[self.start[near] + at] - q
            if with_blocks:
                toward[self.place[node] + ref * self.block_size[near] + at] = 1.0
                block[ref * n + ref] = -1.0
            if k > 0:
                outer = z + self.start[far]
                distance = 0.5 * (self.width[k] + self.width[k - 1])
            else:
                outer = self.bath_start
                distance = 0.5 * self.width[0]
            rate[ref] = q
            for i in range(n):
                if i == ref:
                    continue
                value = bath_flux(q, self.bath_diffusivity[i], distance, s[i], outer[i],
                                  &d_inner, &d_outer, &d_q)
                f[self.start[node] + i] = entering[i] - value
                entering[i] = value
                if k == 0:
                    rate[i] = value
                    rate[ref] -= value
                if with_blocks:
                    block[i * n + i] = d_entering[i] - d_inner
                    block[i * n + ref] = -d_q
                    d_entering[i] = d_outer
                    if k > 0:
                        away[self.place[node] + i * n + i] = -d_outer
                        toward[self.place[far] + i * n + i] = d_inner
                        toward[self.place[far] + i * n + ref] = d_q
                    else:
                        jacobian[i * n + i] = d_inner
                        jacobian[i * n + ref] = d_q
                        jacobian[ref * n + i] -= d_inner
                        jacobian[ref * n + ref] -= d_q
            if with_blocks and k == 0:
                jacobian[ref * n + ref] += 1.0

    cdef int _solve_surfaces(self) noexcept nogil:
        """Solve the algebraic rows of every end's surface for the film as it is."""
        cdef int end, before = self.trouble
        for end in range(self.ends):
            self.trouble = SURFACE
            if self._solve_surface(end) != 0:
                self.troubled_cell = self._cell_of(end)
                return NO_START
        self.trouble = before
        return DONE

    cdef int _solve_surface(self, int end) noexcept nogil:
        """Solve an end's surface's algebraic rows for the film as it is.

        Newton's method; beside a bath the interface is given a capacity for each
        species that fades (pseudo-transient continuation), since from far away Newton
        alone leaves the fractions.
        """
        cdef int node = self._surface_of(end), iteration, i, n = self.n
        cdef int bs = self.block_size[node], at = self.start[node]
        cdef double* f = self.work
        cdef double* block = self.blocks + self.room + self.place[node]
        cdef double move[14]
        cdef double old[14]
        cdef double phi[7]
        cdef double largest, exact, capacity = 0.0, scale, fade = 0.0
        cdef int pivot[14]
        cdef int first = n if self.mode == BATH else 0, boiled = 0
        if self.mode == BATH:
            for i in range(n):
                # a step extrapolates the logarithm of a trace to where it has no value
                if i != self.volume_reference and self.z[at + n + i] < -100.0:
                    self.z[at + n + i] = -100.0
        memcpy(old, self.z + at, bs * sizeof(double))
        for iteration in range(400):
            if self._surface_rates(end, self.z, f, True) != 0:
                boiled += 1
                if self.mode != AIR or boiled > 40:
                    return NO_START
                for i in range(n):
                    if boiled > iteration:
                        # as it is inside it would boil: the surface is drier
                        self.z[at + i] -= 0.5 * self.mixture.s[i]
                    else:
                        self.z[at + i] = 0.5 * (self.z[at + i] + old[i])
                continue
            for i in range(bs):
                move[i] = -f[at + i]
            if self.mode == BATH:
                self._interface(end, self.z, phi)
                for i in range(n):
                    if i != self.volume_reference:
                        scale = fabs(block[(n + i) * bs + n + i])
                        block[(n + i) * bs + n + i] -= fade * scale
            if lu_factor(block, pivot, bs) != 0:
                return NO_START
            lu_solve(block, pivot, bs, move, 1)
            largest = 0.0
            exact = 0.0
            for i in range(first, bs):
                if self.mode == BATH and i == n + self.volume_reference:
                    continue
                scale = fabs(move[i])
                if self.mode == AIR:
                    scale /= self.mixture.s[i]
                elif self.mode == BATH:
                    if not scale < 1e300:
                        return NO_START
                    exact = scale if scale > exact else exact
                    if phi[i - n] < 1e-4:
                        # a trace may rise or fall by orders at once, and is in no
                        # balance that the others would notice
                        if move[i] > 4.0:
                            move[i] = 4.0
                        elif move[i] < -20.0:
                            move[i] = -20.0
                        continue
                if not scale < 1e300:
                    return NO_START
                if scale > largest:
                    largest = scale
            capacity = 1.0
            if self.mode == AIR:
                if largest > 2.0:
                    capacity = 2.0 / largest
            elif largest > 0.3:
                # too far: more capacity, and the same again
                fade = 1e-3 if fade == 0.0 else 4.0 * fade
                if fade > 1e30:
                    return NO_START
                continue
            memcpy(old, self.z + at, bs * sizeof(double))
            for i in range(bs):
                self.z[at + i] = old[i] + capacity * move[i]
            if self.mode == BATH:
                self._interface(end, self.z, phi)
                if not phi[self.volume_reference] > 0.0:
                    memcpy(self.z + at, old, bs * sizeof(double))
                    fade = 1e-3 if fade == 0.0 else 4.0 * fade
                    if fade > 1e30:
                        return NO_START
                    continue
            if largest < 1e-9 and exact < 1e-6 and capacity == 1.0 and fade == 0.0:
                return DONE
            fade *= 0.25
            if fade < 1e-6:
                fade = 0.0
        return NO_START

    # ------------------------------------------------------------------- time

    cdef int _step(self, double h, double rtol, double still,
                   double* error) noexcept nogil:
        """One step from z, whose f and blocks are in place; the new state goes to
        `stage`. -1: a state on the way has no answer."""
        cdef int size = self.size, i, j, node, which, n = self.n
        cdef int beyond = self._surface_of(1)
        cdef bint in_film
        cdef int nodes = self.nodes
        cdef double* k = self.work + size
        cdef double* here
        cdef double* g = self.work + (STAGES + 1) * size
        cdef const double* f = self.work
        cdef double weight[STAGES]
        cdef const double* lower = self.blocks
        cdef const double* diagonal = self.blocks + self.room
        cdef const double* upper = self.blocks + 2 * self.room
        cdef double* kept = self.blocks + 3 * self.room
        cdef double* onward = self.blocks + 4 * self.room
        cdef double inverse = 1.0 / h, worst = 0.0, biggest = 0.0, total, value, x
        cdef const double* u
        if block_factor(nodes, self.block_size, self.place, self.start,
                        inverse / GAMMA, self.mass, lower, diagonal, upper, kept,
                        onward, self.pivots) != 0:
            self.trouble = SINGULAR
            return -1
        memcpy(self.stage, self.z, size * sizeof(double))
        for which in range(STAGES):
            here = k + which * size
            if which > 0:
                combine_any(which, ARGUMENT[which], k, self.z, NULL, size, self.stage)
                if self._usable(self.stage) != 0:
                    return -1
                if self._evaluate(self.stage, False, still) != 0:
                    return -1
                if self._rates(self.stage, g, False) != 0:
                    return -1
                f = g
            for j in range(which):
                weight[j] = COUPLING[which][j] * inverse
            combine_any(which, weight, k, f, self.mass, size, here)
            block_solve(nodes, self.block_size, self.place, self.start, lower, kept,
                        onward, self.pivots, here)
            self._exchange_stage(which, here, h)
        for i in range(size):
            self.stage[i] += here[i]
        if self._usable(self.stage) != 0:
            return -1
        for node in range(nodes):
            if node == self.surface or node == beyond:
                continue
            in_film = self.surface < node < beyond
            u = self.stage + self.start[node]
            total = 1.0
            if in_film:
                for i in range(n):
                    total += u[i]
            for i in range(n):
                if not in_film and i == self.volume_reference:
                    continue
                x = fabs(u[i])
                value = fabs(here[self.start[node] + i]) / (rtol * (x + 0.01 * total))
                if value > biggest:
                    biggest = value
                    self.troubled_cell = node - self.surface - 1
                worst += value * value
        error[0] = sqrt(worst / (n * (nodes - self.ends)))
        return 0

    cdef void _exchange_stage(self, int which, const double* k, double h) noexcept nogil:
        """The same stage for the exchanged amounts, whose rates depend on the farthest
        node of each end; what has crossed after the last."""
        cdef int end, i, j, d, n = self.n
        cdef const double* there
        cdef double* e
        cdef double value
        for end in range(self.ends):
            there = k + self.start[0 if end == 0 else self.nodes - 1]
            e = self.exchange_work + 7 * STAGES * end
            for i in range(n):
                value = self.exchange_rate[7 * end + i]
                for d in range(n):
                    value += self.exchange_jacobian[49 * end + i * n + d] * there[d]
                for j in range(which):
                    value += COUPLING[which][j] / h * e[7 * j + i]
                e[7 * which + i] = GAMMA * h * value
                if which + 1 == STAGES:
                    value = e[7 * which + i]
                    for j in range(which):
                        value += ARGUMENT[which][j] * e[7 * j + i]
                    self.crossed[7 * end + i] = value

    cdef int _usable(self, const double* z) noexcept nogil:
        """-1 for a negative amount in the film or a clearly negative one in the bath."""
        cdef int end, i, k, node
        cdef double phi[7]
        cdef int first = self.start[self.surface + 1]
        for i in range(first, first + self.cells * self.n):
            if not (z[i] > 0.0 and z[i] < 1e6):
                self.trouble = NEGATIVE
                self.troubled_cell = (i - first) // self.n
                return -1
        if self.mode != BATH:
            return 0
        for end in range(self.ends):
            self._interface(end, z, phi)
            if not phi[self.volume_reference] > 0.0:
                self.trouble = SURFACE
                return -1
            for k in range(self.bath_cells):
                node = self.start[self._bath_node(end, k)]
                for i in range(self.n):
                    if i != self.volume_reference and not (
                            z[node + i] > -self.beyond[i]
                            and z[node + i] < 1.0 + BEYOND):
                        self.trouble = NEGATIVE
                        self.troubled_cell = -1
                        return -1
        return 0

    cdef double _arrest_measure(self, const Cell* c) noexcept nogil:
        """Positive when the rich phase is arrested: K above T, or polymer above a gel's."""
        cdef double top = 0.0, bottom = 0.0, t = self.cell_temperature
        cdef int i, n = self.n
        if self.arrest_kind == 1:
            for i in range(n + 1):
                top += self.glass_weight[i] * self.glass_temperature[i] * c.rich[i]
                bottom += self.glass_weight[i] * c.rich[i]
            return top / bottom - t
        if self.arrest_kind == 2:
            for i in range(n + 1):
                bottom += c.rich[i]
            return c.rich[n] / bottom - self.gel_fraction
        return -1.0

    cdef double _growth_rate(self, const Cell* c) noexcept nogil:
        """Rate of pore growth relative to a rich phase with a fifth of polymer."""
        cdef double total = 0.0, polymer = 1.0
        cdef int i
        for i in range(self.n + 1):
            total += c.rich[i]
        for i in range(self.n):
            if self.friction.polymeric[i]:
                polymer += c.rich[i]
        return exp(-self.growth_law[0] * log(5.0 * polymer / total)
                   - self.growth_law[1] * (1.0 / self.cell_temperature
                                           - 1.0 / self.growth_law[2]))

    cdef double _spinodal_measure(self, const double* u) noexcept nogil:
        """Determinant of the scaled Hessian of the cell as one phase."""
        cdef double a[8]
        cdef double mu[8]
        cdef double h[64]
        cdef double m[49]
        cdef int i, j, k, n = self.n
        cdef double det = 1.0, factor
        a[n] = 1.0
        for i in range(n):
            a[i] = u[i]
        potentials(&self.mixture, n + 1, a, mu, h)
        for i in range(n):
            for j in range(n):
                m[i * n + j] = (h[i * (n + 1) + j] * sqrt(u[i] * u[j])
                                / sqrt(self.mixture.s[i] * self.mixture.s[j]))
        for k in range(n):
            det *= m[k * n + k]
            if m[k * n + k] == 0.0:
                return 0.0
            for i in range(k + 1, n):
                factor = m[i * n + k] / m[k * n + k]
                for j in range(k, n):
                    m[i * n + j] -= factor * m[k * n + j]
        return det

    cdef int _record(self, double t0, double t1, bint derivatives) noexcept nogil:
        """Clocks and growth of every cell over the step from t0 to t1 (t1 = t0: only
        take note of the state). A cell that demixed is evaluated again, since its
        network counts from then; `derivatives`: with them. -1 as `_evaluate`."""
        cdef int k, i, j, n = self.n
        cdef double h = t1 - t0, theta, value, start, end, before, total
        cdef Cell* c
        cdef const double* u = self.z + self.start[self.surface + 1]
        cdef double mu[8]
        cdef double distance
        cdef double y[7]
        for k in range(self.cells):
            c = &self.cell[k]
            total = 1.0
            for i in range(n):
                total += u[k * n + i]
            if self.quiet[k]:
                self._follow(k, u + k * n)
            # the binodal
            if self.binodal_time[k] < 0.0:
                distance = c.distance
                if self.quiet[k]:
                    for i in range(n):
                        for j in range(n):
                            distance -= c.y[i] * c.dmu[i * n + j] * (
                                u[k * n + j] - self.rest[k * n + j])
                if c.two:
                    for i in range(n):
                        y[i] = c.y[i]
                    c.rich[n] = 1.0
                    self._as_one_phase(u + k * n, mu)
                    self._distance(mu, y, &distance)
                    before = self.last_distance[k]
                    theta = 1.0
                    if h > 0.0 and before > 0.0 and distance < before:
                        theta = before / (before - distance)
                        if theta > 1.0:
                            theta = 1.0
                    self.binodal_time[k] = t0 + theta * h
                    if not self.network_held:
                        self.demixed_total[k] = self.last_total[k] + theta * (
                            total - self.last_total[k])
                        if h == 0.0:
                            self.demixed_total[k] = total
                    self.last_spinodal[k] = self._spinodal_measure(
                        self.last_amounts + k * n)
                    if self._evaluate_cell(k, self.z, derivatives) != 0:
                        return -1
                self.last_distance[k] = distance
            # the spinodal
            if self.spinodal_time[k] < 0.0 and (
                    self.binodal_time[k] >= 0.0 or c.single):
                value = self._spinodal_measure(u + k * n)
                if value <= 0.0:
                    before = self.last_spinodal[k]
                    theta = before / (before - value) if before > 0.0 else 0.0
                    self.spinodal_time[k] = t0 + theta * h
                    if c.single:
                        self.demixed_total[k] = self.last_total[k] + theta * (
                            total - self.last_total[k])
                        if h == 0.0:
                            self.demixed_total[k] = total
                self.last_spinodal[k] = value
            # arrest, and growth until then
            value = self._arrest_measure(c)
            theta = 1.0
            if self.arrest_time[k] < 0.0:
                if value >= 0.0:
                    before = self.last_arrest[k]
                    theta = 0.0
                    if h > 0.0 and before < 0.0:
                        theta = before / (before - value)
                    self.arrest_time[k] = t0 + theta * h
                    for i in range(n):
                        start = self.last_amounts[k * n + i]
                        end = self.last_lean[k * n + i]
                        if h == 0.0:
                            start = u[k * n + i]
                            end = c.x[i] if c.two else 0.0
                        self.arrest_amounts[k * n + i] = start + theta * (
                            u[k * n + i] - start)
                        self.arrest_lean[k * n + i] = end + theta * (
                            (c.x[i] if c.two else 0.0) - end)
                end = t0 + theta * h
                if self.binodal_time[k] >= 0.0 and h > 0.0:
                    start = self.binodal_time[k]
                    if start < t0:
                        start = t0
                    before = self._growth_rate(c)
                    if end > start:
                        self.growth[k] += (end - start) * (
                            0.5 * (before + self.last_rate[k])
                            if self.last_rate[k] > 0.0 else before)
                    self.last_rate[k] = before
            self.last_arrest[k] = value
            self.last_total[k] = total
            for i in range(n):
                self.last_amounts[k * n + i] = u[k * n + i]
                self.last_lean[k * n + i] = c.x[i] if c.two else 0.0
        return 0

    cdef void _as_one_phase(self, const double* u, double* mu) noexcept nogil:
        cdef double a[8]
        cdef int i
        for i in range(self.n):
            a[i] = u[i]
        a[self.n] = 1.0
        potentials(&self.mixture, self.n + 1, a, mu, NULL)

    cdef int _distance(self, const double* mu, double* y,
                       double* distance) noexcept nogil:
        return stability_of(&self.mixture, self.n, mu, y, distance)

    cdef void _heat(self, double h) noexcept nogil:
        """Step the film's and support's temperatures with the amounts of this step."""
        cdef int n = self.n, i, k, nodes = self.support_nodes + 1, pass_
        cdef double gain = self.ends * self.heat_coefficient
        cdef double* t = self.support
        cdef double* a = self.support + nodes
        cdef double* b = self.support + 2 * nodes
        cdef double* r1 = self.support + 3 * nodes
        cdef double* r2 = self.support + 4 * nodes
        cdef double gamma = 1.0 - sqrt(0.5), capacity = 0.0, source = 0.0, joint
        cdef double inner, back, thickness = 0.0, value, old = t[0], cooling = 0.0
        cdef double middle = self.cell_temperature, heat
        cdef double latent[7]
        cdef double gas[49]
        cdef double mean[7]
        cdef double high[7]
        cdef double low[7]
        cdef const double* u = self.z + self.start[self.surface + 1]
        cdef const double* phase
        if h <= 0.0:
            return
        for k in range(self.cells):
            capacity += self.dm[k] * self.heat_capacity[n]
            thickness += self.dm[k]
            for i in range(n):
                thickness += self.dm[k] * u[k * n + i]
                capacity += self.dm[k] * u[k * n + i] * self.heat_capacity[i]
        if self.mode == AIR:
            # partial molar excess enthalpies at the surface, from mu at T +- 1 K
            phase = &self.cell[0].x[0] if self.cell[0].two else &self.cell[0].rich[0]
            value = self.cell_temperature
            self._set_temperature(value + 1.0)
            potentials(&self.mixture, n, phase, high, NULL)
            self._set_temperature(value - 1.0)
            potentials(&self.mixture, n, phase, low, NULL)
            self._set_temperature(value)
            for i in range(n):
                if self.volatile_[i]:
                    mean[i] = (-GAS_CONSTANT * value * value * 0.5
                               * (high[i] - low[i]) / self.mixture.s[i])
                    heat = (self.enthalpy_table[i][0]
                            + self.enthalpy_table[i][1] * (value - 298.15) - mean[i])
                    source -= heat * self.crossed[i] / (
                        h * self.volumes[i])
                    latent[i] = heat / self.volumes[i]
            # a film warmer than in the middle of the step, where this flux is from,
            # evaporates more: without it a long step swings
            phase = self.z + self.start[self.surface]
            if self._gas_flux(phase, high, gas) == 0:
                for i in range(n):
                    for k in range(n):
                        if self.volatile_[i] and self.volatile_[k]:
                            cooling += latent[i] * gas[i * n + k] * self.mixture.s[k] * (
                                self.pressure_table[k][2] * value
                                - self.pressure_table[k][1]) / (value * value)
            if cooling < 0.0:
                cooling = 0.0
        inner = self.support_conductivity / self.support_dx
        joint = 1.0 / (0.5 / inner + 0.5 * thickness / self.film_conductivity)
        if self.ends == 2:
            # off its support, whose nodes are left alone
            nodes = 1
            joint = 0.0
        back = 2.0 * inner if self.back_held else 0.0
        value = self.support_capacity * self.support_dx
        for pass_ in range(2):
            for k in range(nodes):
                r2[k] = t[k] + (1.0 - gamma) * h * r1[k] if pass_ == 1 else t[k]
            # A y + s into b, then (I - gamma h A) k = it, by elimination
            for k in range(nodes):
                if k == 0:
                    b[0] = (gain * (self.heat_far - r2[0]) + source
                            + cooling * (middle - r2[0])
                            + joint * (r2[1] - r2[0])) / capacity
                else:
                    b[k] = (joint if k == 1 else inner) * (r2[k - 1] - r2[k])
                    if k + 1 < nodes:
                        b[k] += inner * (r2[k + 1] - r2[k])
                    else:
                        b[k] += back * (self.back_temperature - r2[k])
                    b[k] /= value
            self._conduct(h * gamma, nodes, gain + cooling, joint, inner, back,
                          capacity, value, a, b)
            memcpy(r1 if pass_ == 0 else r2, b, nodes * sizeof(double))
        for k in range(nodes):
            t[k] += h * ((1.0 - gamma) * r1[k] + gamma * r2[k])
        self.temperature = t[0]
        self.temperature_rate = (t[0] - old) / h

    cdef void _conduct(self, double g, int nodes, double gain, double joint,
                       double inner, double back, double capacity, double value,
                       double* a, double* b) noexcept nogil:
        """Solve (I - g A) x = b in place, A the conduction matrix of `nodes` nodes."""
        cdef int k
        cdef double left, right, diagonal, factor
        for k in range(nodes):
            if k == 0:
                left = 0.0
                right = g * joint / capacity
                diagonal = 1.0 + g * (gain + joint) / capacity
            else:
                left = g * (joint if k == 1 else inner) / value
                right = g * inner / value if k + 1 < nodes else 0.0
                diagonal = 1.0 + left + right
                if k + 1 == nodes:
                    diagonal += g * back / value
            factor = 1.0 / (diagonal - (left * a[k - 1] if k > 0 else 0.0))
            a[k] = right * factor
            b[k] = (b[k] + (left * b[k - 1] if k > 0 else 0.0)) * factor
        for k in range(nodes - 2, -1, -1):
            b[k] += a[k] * b[k + 1]

    cdef bint _demixed(self) noexcept nogil:
        """Whether a cell has become two phases on the way to this step's end."""
        cdef int k
        for k in range(self.cells):
            if self.cell[k].two and not self.quiet[k] and not self.rest_two[k]:
                return True
        return False

    cdef bint _chatters(self, double rtol) noexcept nogil:
        """Whether a cell that switched between one phase and two just now did so.

        It may then stay one phase a tenth of the tolerance beyond its binodal.
        """
        cdef int k
        cdef bint back = False
        for k in range(self.cells):
            if self.cell[k].two != self.was_two[k]:
                if self.steps - self.switched[k] <= 3.0:
                    back = True
                    self.cell[k].slack = 0.1 * rtol
                self.switched[k] = self.steps
                self.was_two[k] = self.cell[k].two
        return back

    cdef void _calm(self, double trouble) noexcept nogil:
        """Note an attempt; ask for more accuracy after too many troubled ones.

        A step that carries a cell across its binodal ends on the other side, where
        the film is much stiffer or softer than the step took it for, and the next one
        may carry it back, for good. Steps that land nearer let it settle.
        """
        self.unrest = 0.9 * self.unrest + trouble
        if self.unrest > UNREST:
            self.unrest = 0.0
            self.strictness *= 0.1
            self.strict_steps = STRICT_STEPS

    cdef int _run(self, double t_end, double t_return, double rtol, double longest,
                  long most) except -1 nogil:
        """Step until t_return has passed or t_end is reached exactly."""
        cdef double recorded = self.time
        cdef int status
        if not self.time < t_end:
            return DONE
        if self._evaluate(self.z, False, 0.0) != 0:
            return TOO_SMALL
        if self._record(self.time, self.time, False) != 0:
            return TOO_SMALL
        status = self._march(t_end, t_return, rtol, longest, most, &recorded)
        # the last step's clocks
        if recorded < self.time:
            if (self._evaluate(self.z, False, 0.0) != 0
                    or self._record(recorded, self.time, False) != 0):
                return TOO_SMALL
        return status

    cdef int _march(self, double t_end, double t_return, double rtol, double longest,
                    long most, double* recorded) except -1 nogil:
        """The steps; all but the last are recorded."""
        cdef double h, error = 0.0, factor, x, middle, tolerance, still
        cdef double far[7]
        cdef int end, i, status
        cdef long taken = 0
        cdef bint last, held = False, again = False
        while self.time < t_end:
            if taken % SIGNALS == 0:
                self._hear_signals()
            if self.stop != NULL and self.stop[0] != 0:
                return STOPPED
            if taken >= most:
                return TOO_MANY
            h = self.step_size
            if h > longest:
                h = longest
            # the film may not move by more than half a kelvin in a step
            if fabs(self.temperature_rate) * h > 0.5:
                h = 0.5 / fabs(self.temperature_rate)
            last = False
            if self.time + h * 1.0001 >= t_end:
                h = t_end - self.time
                last = True
            elif self.time + 1.8 * h > t_end:
                h = 0.5 * (t_end - self.time)
            middle = self.temperature + 0.5 * h * self.temperature_rate
            if (not again or self.phases_moved
                    or fabs(middle - self.cell_temperature) > rtol):
                # otherwise f and the Jacobian of the last attempt are still right
                again = False
                self.phases_moved = False
                self._set_temperature(middle)
            if self.mode == AIR and self.cover_gap > 0.0:
                again = False
                memcpy(far, self.gas_far, 7 * sizeof(double))
                for i in range(self.n):
                    if self.volatile_[i]:
                        # the closed gas relaxes to the surface within the step
                        x = (self.gas_coefficient[i][0] / self.cover_gap) * h
                        factor = self.saturation[i] * exp(
                            self.z[self.start[self.surface] + i] / self.mixture.s[i])
                        self.gas_far[i] = factor + (far[i] - factor) * (
                            (1.0 - exp(-x)) / x if x > 1e-8 else 1.0 - 0.5 * x)
            tolerance = ESTIMATE * rtol * self.strictness
            if tolerance < 1e-7:
                tolerance = ESTIMATE * rtol if ESTIMATE * rtol < 1e-7 else 1e-7
            still = STILL * sqrt(tolerance)
            status = 0
            if again:
                memcpy(self.exchange_rate, self.start_rate, 14 * sizeof(double))
            else:
                status = self._evaluate(self.z, True, still)
                if status == 0 and recorded[0] < self.time:
                    status = self._record(recorded[0], self.time, True)
                    recorded[0] = self.time
                    self._calm(1.0 if self._chatters(rtol) else 0.0)
                if status == 0:
                    status = self._solve_surfaces()
                if status == 0:
                    status = self._rates(self.z, self.work, True)
                    memcpy(self.start_rate, self.exchange_rate, 14 * sizeof(double))
            again = status == 0
            if status == 0:
                status = self._step(h, tolerance, still, &error)
            if status != 0 or not error <= 1.0:
                if self.mode == AIR and self.cover_gap > 0.0:
                    memcpy(self.gas_far, far, 7 * sizeof(double))
                self.rejected += 1
                taken += 1
                held = True
                self._calm(1.0)
                if status != 0 or not isfinite(error):
                    self.step_size = 0.25 * h
                else:
                    factor = 0.9 / error ** (1.0 / ORDER)
                    self.step_size = h * (factor if factor > 0.2 else 0.2)
                    self.trouble = ACCURACY
                if self.step_size < SHORTEST:
                    return TOO_SMALL
                continue
            # accepted
            again = False
            memcpy(self.z, self.stage, self.size * sizeof(double))
            for end in range(self.ends):
                for i in range(self.n):
                    x = self.crossed[7 * end + i]
                    self.exchanged[7 * end + i] += x
                    if self.mode == AIR and self.cover_gap > 0.0:
                        self.gas_far[i] = far[i] + x / self.volumes[i] * (
                            GAS_CONSTANT * self.temperature / self.cover_gap)
            # heat asks for the surface's liquid; of the other cells, and in a bath,
            # the next step's evaluation takes note
            if self.mode == AIR and self._evaluate_cell(0, self.z, False) != 0:
                return TOO_SMALL
            self.time = t_end if last else self.time + h
            self._heat(h)
            self.steps += 1
            taken += 1
            if self.strict_steps > 0:
                self.strict_steps -= 1
                if self.strict_steps == 0:
                    self.strictness = 1.0
            factor = 5.0 if error <= 0.0 else 0.9 / error ** (1.0 / ORDER)
            if factor > AFTER_DEMIXING and self._demixed():
                factor = AFTER_DEMIXING
            # a kink that has just cost a rejection is seldom the last one
            if factor > (1.0 if held else 3.0):
                factor = 1.0 if held else 3.0
            held = False
            if factor < 0.3:
                factor = 0.3
            if not last or factor * h > self.step_size:
                self.step_size = h * factor
            if self.time >= t_return:
                return DONE if self.time >= t_end else PAUSED
        return DONE

    cdef int _hear_signals(self) except -1 nogil:
        """Let Python's signal handlers run, which only the main thread ever does."""
        with gil:
            PyErr_CheckSignals()
        return 0

    def watch(self, const int[::1] flag not None):
        """Let `advance` return STOPPED before its next step once flag[0] is not 0.

        It is read without the interpreter's lock, so another thread may set it.
        """
        if flag.shape[0] < 1:
            raise ValueError("the flag holds one number")
        self.watched = flag
        self.stop = &flag[0]

    def advance(self, double t_end, double t_return, *, double rtol=1e-3,
                double longest=1e30, long most=1000000):
        """Step to t_end [s], or return at the first step's end at or after t_return.

        Returns 0 at t_end, 1 before it, and above 1 a failure (see MESSAGES). Signals
        are heard on the way; what their handlers raise leaves the film at its last step.
        """
        cdef int status
        if self.mode == CLOSED:
            raise ValueError("begin_air or begin_bath comes first")
        refuse_unless_positive("rtol, longest", (rtol, longest))
        refuse_unfinite("t_end", (t_end,))
        with nogil:
            status = self._run(t_end, t_return, rtol, longest, most)
        return status

    # ----------------------------------------------------------------- looking in

    def film_amounts(self):
        """u of every cell, (cells, n)."""
        out = np.empty((self.cells, self.n))
        cdef double[:, ::1] view = out
        memcpy(&view[0, 0], self.z + self.start[self.surface + 1],
               self.cells * self.n * sizeof(double))
        return out

    def lean_amounts(self):
        """Lean-phase amounts of every cell (0 where there is one phase), (cells, n)."""
        out = np.zeros((self.cells, self.n))
        cdef double[:, ::1] view = out
        cdef int k, i
        for k in range(self.cells):
            if self.cell[k].two:
                for i in range(self.n):
                    view[k, i] = self.cell[k].x[i]
        return out

    def exchanged_amounts(self):
        """Volumes per area that left through air or the baths' far ends, (n) [m]."""
        return np.array([self.exchanged[i] + self.exchanged[7 + i]
                         for i in range(self.n)])

    def bath_amounts(self):
        """Volumes per area of each species in the bath's cells, all sides', (n) [m]."""
        out = np.zeros(self.n)
        cdef double[::1] view = out
        cdef int end, k, i, node
        cdef double rest
        for end in range(self.ends):
            for k in range(self.bath_cells):
                node = self.start[self._bath_node(end, k)]
                rest = 1.0
                for i in range(self.n):
                    if i != self.volume_reference:
                        view[i] += self.width[k] * self.z[node + i]
                        rest -= self.z[node + i]
                view[self.volume_reference] += self.width[k] * rest
        return out

    def surface_potentials(self, int end=0):
        """mu/(R T V) V0 at the surface; end 1: at the support side in a bath, (n)."""
        cdef double phi[7]
        cdef double mu[7]
        cdef int i
        if not 0 <= end < self.ends:
            raise IndexError("nothing lies at that end of the film")
        if self.mode != BATH:
            return np.array([self.z[self.start[self.surface] + i]
                             for i in range(self.n)])
        self._interface(end, self.z, phi)
        potentials(&self.mixture, self.n, phi, mu, NULL)
        return np.array([mu[i] for i in range(self.n)])

    def distances(self):
        """Tangent-plane distance K of every cell as one phase, (cells)."""
        cdef int k, i
        cdef double mu[8]
        cdef double y[7]
        cdef double distance
        out = np.empty(self.cells)
        for k in range(self.cells):
            self._as_one_phase(self.z + self.start[self.surface + 1] + k * self.n, mu)
            for i in range(self.n):
                y[i] = self.cell[k].y[i]
            distance = self.cell[k].distance
            if self._distance(mu, y, &distance) != 0:
                for i in range(self.n):
                    y[i] = self.cell[k].phi[i] / (1.0 - 1.0 / self.cell[k].total)
                distance = 0.0
                if self._distance(mu, y, &distance) != 0:
                    raise ArithmeticError(f"no stability test in cell {k}")
            out[k] = distance
        return out

    def clocks(self):
        """Binodal, spinodal and arrest times [s], NaN where they did not happen, the
        growth integral, and the amounts (cells, n) whole and lean at arrest."""
        times = np.empty((3, self.cells))
        growth = np.empty(self.cells)
        amounts = np.empty((2, self.cells, self.n))
        cdef double* clock
        cdef int k, i, c
        for c in range(3):
            clock = self.binodal_time + c * self.cells
            for k in range(self.cells):
                times[c, k] = clock[k] if clock[k] >= 0.0 else np.nan
        for k in range(self.cells):
            growth[k] = self.growth[k]
            for i in range(self.n):
                amounts[0, k, i] = self.arrest_amounts[k * self.n + i]
                amounts[1, k, i] = self.arrest_lean[k * self.n + i]
        return times, growth, amounts

    # ------------------------------------------------ for an independent integrator

    cdef int _take(self, const double* y, bint derivatives) noexcept nogil:
        """Let the film and the bath hold the amounts y, solve the algebraic rows for
        them (from what they were) and evaluate all cells."""
        cdef int k, i, j = 0, n = self.n, at = self.start[self.surface]
        cdef int bs = self.block_size[self.surface]
        cdef double kept[14]
        for k in range(self.bath_cells):
            for i in range(n):
                if i != self.volume_reference:
                    self.z[self.start[k] + i] = y[j]
                    j += 1
        memcpy(self.z + self.start[self.surface + 1], y + j,
               self.cells * n * sizeof(double))
        if self._evaluate(self.z, derivatives, 0.0) != 0:
            return -1
        memcpy(kept, self.z + at, bs * sizeof(double))
        if self._solve_surface(0) != 0:
            self.trouble = SURFACE
            memcpy(self.z + at, kept, bs * sizeof(double))
            return -1
        for k in range(self.bath_cells):
            self.z[self.start[k] + self.volume_reference] = (
                self.z[at + n + self.volume_reference])
        return 0

    cdef int _ode_rates(self, const double* y, double* out) noexcept nogil:
        cdef int node, i, j = 0
        if self._take(y, False) != 0 or self._rates(self.z, self.work, False) != 0:
            return -1
        for node in range(self.nodes):
            if node == self.surface:
                continue
            for i in range(self.start[node], self.start[node + 1]):
                if self.mass[i] > 0.0:
                    out[j] = self.work[i] / self.mass[i]
                    j += 1
        return 0

    cdef int _ode_jacobian(self, const double* y, double* out) noexcept nogil:
        cdef int n = self.n, ref = self.volume_reference, node, side, there, i, j, k
        cdef int surface = self.surface, bs = self.block_size[surface]
        cdef int film = (n - 1) * surface, size = film + n * self.cells
        cdef int width = 2 * n - 1, row
        cdef const double* lower = self.blocks
        cdef const double* diagonal = self.blocks + self.room
        cdef const double* upper = self.blocks + 2 * self.room
        cdef const double* block
        cdef double factors[MAX_BLOCK * MAX_BLOCK]
        cdef double to_bath[98]
        cdef double to_film[98]
        cdef int pivot[14]
        cdef double by_bath, by_film, scale
        if self._take(y, True) != 0 or self._rates(self.z, self.work, True) != 0:
            return -1
        # the surface's unknowns against the amounts beside it: -G_s^-1 G_y
        memcpy(factors, diagonal + self.place[surface],
               self.block_size[surface] * self.block_size[surface] * sizeof(double))
        memset(to_bath, 0, 98 * sizeof(double))
        for i in range(bs * n):
            to_film[i] = -upper[self.place[surface] + i]
            if surface > 0:
                to_bath[i] = -lower[self.place[surface] + i]
        if lu_factor(factors, pivot, bs) != 0:
            self.trouble = SINGULAR
            return -1
        lu_solve(factors, pivot, bs, to_film, n)
        lu_solve(factors, pivot, bs, to_bath, n)
        memset(out, 0, (2 * width + 1) * size * sizeof(double))
        for node in range(self.nodes):
            if node == surface:
                continue
            for i in range(n):
                row = place(node, i, n, surface, ref)
                if row < 0:
                    continue
                scale = 1.0 / self.mass[self.start[node] + i]
                for side in range(3):
                    there = node + side - 1
                    if there < 0 or there >= self.nodes or there == surface:
                        continue
                    block = self.blocks + side * self.room + self.place[node]
                    for j in range(n):
                        enter(out, size, width, row, place(there, j, n, surface, ref),
                              scale * block[i * n + j])
                # by the surface, to the cells beside it
                if node == surface + 1:
                    block = lower + self.place[node]
                elif node == surface - 1:
                    block = upper + self.place[node]
                else:
                    block = NULL
                for j in range(n):
                    by_bath = 0.0
                    by_film = 0.0
                    if block != NULL:
                        for k in range(bs):
                            by_bath += block[i * bs + k] * to_bath[k * n + j]
                            by_film += block[i * bs + k] * to_film[k * n + j]
                    if node < surface:
                        # and by the net volume flux, as far as the band goes
                        by_bath += to_bath[(n + ref) * n + j] * (
                            diagonal[self.place[node] + i * n + ref])
                        by_film += to_film[(n + ref) * n + j] * (
                            diagonal[self.place[node] + i * n + ref])
                        if node + 1 < surface:
                            by_bath += to_bath[(n + ref) * n + j] * (
                                upper[self.place[node] + i * n + ref])
                            by_film += to_film[(n + ref) * n + j] * (
                                upper[self.place[node] + i * n + ref])
                    elif block == NULL:
                        continue
                    if surface > 0:
                        enter(out, size, width, row,
                              place(surface - 1, j, n, surface, ref), scale * by_bath)
                    enter(out, size, width, row, film + j, scale * by_film)
        return 0

    cdef int _dae_jacobian(self, const double* z, double slope,
                           double* out) noexcept nogil:
        cdef int n = self.n, width = 3 * n - 1, node, side, there, i, j, bs
        cdef const double* block
        if self._evaluate(z, True, 0.0) != 0 or self._rates(z, self.work, True) != 0:
            return -1
        memset(out, 0, (2 * width + 1) * self.size * sizeof(double))
        for node in range(self.nodes):
            for side in range(3):
                there = node + side - 1
                if there < 0 or there >= self.nodes:
                    continue
                block = self.blocks + side * self.room + self.place[node]
                bs = self.block_size[there]
                for i in range(self.block_size[node]):
                    for j in range(bs):
                        enter(out, self.size, width, self.start[node] + i,
                              self.start[there] + j, block[i * bs + j])
        for i in range(self.size):
            out[width * self.size + i] -= slope * self.mass[i]
        return 0

    def ode_state(self):
        """The amounts without the unknowns that follow from them: of the bath's cells
        (far to near, without the reference component), then of the film's."""
        return np.array([self.z[i] for i in range(self.size)
                         if self.mass[i] > 0.0])

    def ode_rates(self, const double[::1] y not None, double[::1] out not None):
        """Rates of the amounts y [1/s] into `out`; the film then holds y.

        The algebraic unknowns (surface, net volume flux) are solved for, starting from
        what they were.
        """
        self._refuse_two_ends()
        if y.shape[0] != self._amounts() or out.shape[0] != y.shape[0]:
            raise ValueError(f"this film has {self._amounts()} amounts")
        self._refuse_unfinite(y)
        cdef int status
        with nogil:
            status = self._ode_rates(&y[0], &out[0])
        if status != 0:
            raise ArithmeticError(TROUBLES[self.trouble])

    def ode_jacobian(self, const double[::1] y not None, double[:, ::1] out not None):
        """Derivative of `ode_rates` into `out` (4 n - 1, amounts): that of rate i with
        respect to amount j stands in row i - j + 2 n - 1, column j.

        What the net volume flux makes of the first cells beside the surface is felt in
        all the bath; of this only what lies within the band is there.
        """
        self._refuse_two_ends()
        if (y.shape[0] != self._amounts() or out.shape[1] != y.shape[0]
                or out.shape[0] != 4 * self.n - 1):
            raise ValueError(f"this film has {self._amounts()} amounts, in a band of "
                             f"{4 * self.n - 1}")
        self._refuse_unfinite(y)
        cdef int status
        with nogil:
            status = self._ode_jacobian(&y[0], &out[0, 0])
        if status != 0:
            raise ArithmeticError(TROUBLES[self.trouble])

    def dae_residual(self, const double[::1] z not None,
                     const double[::1] slope not None, double[::1] out not None):
        """f(z) - M slope into `out`, all (size)."""
        cdef int i, status
        if (z.shape[0] != self.size or slope.shape[0] != self.size
                or out.shape[0] != self.size):
            raise ValueError(f"a state of this film has {self.size} unknowns")
        self._refuse_unfinite(z)
        self._refuse_unfinite(slope)
        with nogil:
            status = self._evaluate(&z[0], False, 0.0)
            if status == 0:
                status = self._rates(&z[0], self.work, False)
            for i in range(self.size):
                out[i] = self.work[i] - self.mass[i] * slope[i]
        if status != 0:
            raise ArithmeticError(TROUBLES[self.trouble])

    def dae_jacobian(self, const double[::1] z not None, double factor,
                     double[:, ::1] out not None):
        """Derivative of `dae_residual` with respect to z, plus `factor` times that with
        respect to the slope, into `out` (6 n - 1, size): element (i, j) stands in row
        i - j + 3 n - 1, column j."""
        if (z.shape[0] != self.size or out.shape[1] != self.size
                or out.shape[0] != 6 * self.n - 1):
            raise ValueError(f"a state of this film has {self.size} unknowns, in a "
                             f"band of {6 * self.n - 1}")
        self._refuse_unfinite(z)
        cdef int status
        with nogil:
            status = self._dae_jacobian(&z[0], factor, &out[0, 0])
        if status != 0:
            raise ArithmeticError(TROUBLES[self.trouble])

    def masses(self):
        """M, the capacity of each unknown (size) [m]; 0: its row is algebraic."""
        return np.array([self.mass[i] for i in range(self.size)])

    cdef int _refuse_unfinite(self, const double[::1] numbers) except -1:
        """As `refuse_unfinite`, at the speed that a solver's many calls ask for."""
        cdef int i
        for i in range(numbers.shape[0]):
            if not isfinite(numbers[i]):
                raise ValueError("the state: a number is not finite")
        return 0

    cdef int _refuse_two_ends(self) except -1:
        if self.ends > 1:
            raise ValueError("a film between two baths is not stepped as an ODE")
        return 0

    cdef int _amounts(self) noexcept:
        return (self.n - 1) * self.bath_cells + self.n * self.cells

    # ------------------------------------------------------------ for the tests

    def state(self):
        """All unknowns in their order, (size)."""
        return np.array([self.z[i] for i in range(self.size)])

    def set_state(self, const double[::1] z not None):
        cdef int i
        if z.shape[0] != self.size:
            raise ValueError(f"a state of this film has {self.size} unknowns")
        refuse_unfinite("the state", (z,))
        for i in range(self.size):
            self.z[i] = z[i]

    def layout(self):
        """First unknown of each node (nodes + 1), and the surface's node."""
        return np.array([self.start[k] for k in range(self.nodes + 1)]), self.surface

    def rates(self, const double[::1] z not None):
        """f(z) (size) followed by the rates of exchange (n) of each end, and which
        cells are two."""
        cdef int end, i
        if z.shape[0] != self.size:
            raise ValueError(f"a state of this film has {self.size} unknowns")
        refuse_unfinite("the state", (z,))
        out = np.empty(self.size + self.ends * self.n)
        cdef double[::1] view = out
        if self._evaluate(&z[0], False, 0.0) != 0 or self._rates(&z[0], self.work, False):
            raise ArithmeticError("no phase equilibrium at this state")
        for i in range(self.size):
            view[i] = self.work[i]
        for end in range(self.ends):
            for i in range(self.n):
                view[self.size + end * self.n + i] = self.exchange_rate[7 * end + i]
        return out, np.array([self.cell[i].two for i in range(self.cells)])

    def jacobian(self, const double[::1] z not None):
        """Derivative of `rates`, (size + ends n, size), dense."""
        cdef int end, i, j, node, bs, n = self.n, there
        if z.shape[0] != self.size:
            raise ValueError(f"a state of this film has {self.size} unknowns")
        refuse_unfinite("the state", (z,))
        out = np.zeros((self.size + self.ends * n, self.size))
        cdef double[:, ::1] view = out
        if self._evaluate(&z[0], True, 0.0) != 0 or self._rates(&z[0], self.work, True):
            raise ArithmeticError("no phase equilibrium at this state")
        for node in range(self.nodes):
            bs = self.block_size[node]
            for i in range(bs):
                for j in range(bs):
                    view[self.start[node] + i, self.start[node] + j] = (
                        self.blocks[self.room + self.place[node] + i * bs + j])
                if node > 0:
                    there = self.block_size[node - 1]
                    for j in range(there):
                        view[self.start[node] + i, self.start[node - 1] + j] = (
                            self.blocks[self.place[node] + i * there + j])
                if node + 1 < self.nodes:
                    there = self.block_size[node + 1]
                    for j in range(there):
                        view[self.start[node] + i, self.start[node + 1] + j] = (
                            self.blocks[2 * self.room + self.place[node]
                                        + i * there + j])
        for end in range(self.ends):
            there = self.start[0 if end == 0 else self.nodes - 1]
            for i in range(n):
                for j in range(n):
                    view[self.size + end * n + i, there + j] = (
                        self.exchange_jacobian[49 * end + i * n + j])
        return out

    def hold_network(self, const double[::1] totals not None):
        """Let every cell have a network, unstrained at A = totals (cells), for good:
        the right-hand side then depends on the state alone, not on its history."""
        cdef int k
        if totals.shape[0] != self.cells:
            raise ValueError(f"this film has {self.cells} cells")
        for k in range(self.cells):
            if not (totals[k] > 0.0 and isfinite(totals[k])):
                raise ValueError("a cell's A is positive")
            self.demixed_total[k] = totals[k]
        self.network_held = True

    def mark_demixed(self, int cell, double total):
        """Declare that a cell demixed when its A was `total` (0: not at all)."""
        if not 0 <= cell < self.cells:
            raise IndexError("no such cell")
        refuse_unfinite("total", (total,))
        self.demixed_total[cell] = total

    def spoil_surface(self, double share):
        """Let this share of the surface flux be lost on its way into the film."""
        refuse_unfinite("share", (share,))
        self.spoil = share
