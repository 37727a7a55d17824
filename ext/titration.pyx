"""A titrated solution: the other phase at its cloud point, and the tangent plane.

a) Amounts are volumes, the polymer last. The other phase is given by volume fractions;
   it may be one component shorter, a liquid without polymer.
b) Newton's method for mu(phase) = mu(solution) and a sum of one; unknowns are the
   logarithms of the phase's fractions and of the amount of nonsolvent, so that a trace
   costs no digits.
c) The tangent plane is searched along the polymer fraction p of a trial phase: at each
   p the small species are at equilibrium with the solution up to one pressure (convex
   as in a polymer-free liquid, so there is one), and what is left is a function of p.
   It is divided by the square of the difference in polymer: the solution itself is
   then no zero of it, and its sign stays right up to the critical point, where it
   turns into the curvature that marks the spinodal.
"""

import numpy as np

from libc.math cimport INFINITY, exp, fabs, fmax, log

from _coexistence cimport stability as polymer_free
from _dense cimport lu_factor, lu_solve
from _flory_huggins cimport Mixture, potentials, read_mixture

cdef enum:
    ITERATIONS = 60
    PHASE_ITERATIONS = 12
    BELOW = 12
    NEAR = 4
    ABOVE = 26
    PARABOLAS = 10

# Least volume fraction: a float still holds its reciprocal.
cdef double FLOOR = 1e-290
cdef double MOST_ODDS = 0.97 / 0.03
cdef double BELOW_STEP = 0.55
cdef double ABOVE_STEP = 1.45
# Closer to the solution's polymer, in ln(p/(1 - p)), the quotient of c) loses digits.
cdef double CLOSEST = 3e-3
cdef double[4] NEAR_STEPS = [0.85, 0.97, 1.03, 1.18]


cdef struct Trial:
    double place       # ln(p/(1 - p))
    double height      # the distance of c); INFINITY: no such phase was found
    double phase[8]


cdef void at_place(const Mixture* mixture, int n, const double* mu, double own,
                   const double* start, double place, Trial* out) noexcept nogil:
    """Fill a trial phase of one polymer fraction; start: another's fractions."""
    cdef double h[64]
    cdef double other[8]
    cdef double m[64]
    cdef double r[8]
    cdef int pivot[8]
    cdef double ratio = exp(place), polymer = ratio / (1.0 + ratio)
    cdef double total = 0.0, largest, share
    cdef int size = n - 1, i, j, iteration
    out.place = place
    out.height = INFINITY
    for i in range(size):
        total += start[i]
    for i in range(size):
        out.phase[i] = start[i] * (1.0 - polymer) / total
    out.phase[size] = polymer
    for iteration in range(PHASE_ITERATIONS):
        potentials(mixture, n, out.phase, other, h)
        total = polymer
        for i in range(size):
            total += out.phase[i]
            for j in range(size):
                m[i * n + j] = h[i * n + j] * out.phase[j]
            m[i * n + size] = -1.0
            m[size * n + i] = out.phase[i]
            r[i] = mu[i] - other[i]
        m[size * n + size] = 0.0
        r[size] = 1.0 - total
        if lu_factor(m, pivot, n) != 0:
            return
        lu_solve(m, pivot, n, r, 1)
        largest = 0.0
        for i in range(size):
            largest = fmax(largest, fabs(r[i]))
        if not largest < 1e300:
            return
        share = 1.0 if largest < 2.0 else 2.0 / largest
        for i in range(size):
            out.phase[i] = fmax(out.phase[i] * exp(share * r[i]), FLOOR)
        if largest < 1e-5:
            break
    else:
        return
    # stationary in the small species: what their last step left is of second order
    potentials(mixture, n, out.phase, other, NULL)
    total = 0.0
    for i in range(n):
        total += out.phase[i] * (other[i] - mu[i])
    out.height = total / ((polymer - own) * (polymer - own))


cdef double lowest(const Mixture* mixture, int n, const double* a,
                   double* phase) noexcept nogil:
    """Least height over all phases of a solution, and the phase that has it."""
    cdef Trial tried[BELOW + NEAR + ABOVE + 1]
    cdef Trial low, middle, high, new
    cdef double mu[8]
    cdef double start[8]
    cdef double total = 0.0, small, own, odds, place, distance, left, right, vertex
    cdef int i, k, count, best = 0, size = n - 1
    for i in range(n):
        total += a[i]
    own = a[size] / total
    odds = log(own / (1.0 - own))
    potentials(mixture, n, a, mu, NULL)
    small = total - a[size]
    for i in range(size):
        start[i] = a[i] / small
    distance = 0.0
    tried[0].place = -INFINITY
    tried[0].height = INFINITY
    if polymer_free(mixture, size, mu, start, &distance) == 0:
        tried[0].height = distance / (own * own)
    for i in range(size):
        tried[0].phase[i] = start[i]
    tried[0].phase[size] = 1e-200
    count = 1
    for k in range(BELOW + NEAR + ABOVE):
        if k < BELOW:
            place = odds + (BELOW - k) * log(BELOW_STEP)
        elif k < BELOW + NEAR:
            place = odds + log(NEAR_STEPS[k - BELOW])
        else:
            place = odds + (k - BELOW - NEAR + 1) * log(ABOVE_STEP)
        if place > log(MOST_ODDS):
            break
        at_place(mixture, n, mu, own, tried[count - 1].phase, place, &tried[count])
        if tried[count].height < tried[best].height:
            best = count
        count += 1
    for i in range(n):
        phase[i] = tried[best].phase[i]
    if (best < 2 or best == count - 1 or tried[best - 1].height == INFINITY
            or tried[best + 1].height == INFINITY):
        return tried[best].height
    low, middle, high = tried[best - 1], tried[best], tried[best + 1]
    for k in range(PARABOLAS):
        left = (middle.height - low.height) / (middle.place - low.place)
        right = (high.height - middle.height) / (high.place - middle.place)
        if not right > left:
            break
        vertex = 0.5 * (low.place + middle.place) - (
            0.5 * left * (high.place - low.place) / (right - left))
        if fabs(vertex - odds) < CLOSEST:
            vertex = odds + (CLOSEST if vertex > odds else -CLOSEST)
        if (not low.place < vertex < high.place
                or fabs(vertex - middle.place) < 1e-6):
            break
        at_place(mixture, n, mu, own, middle.phase, vertex, &new)
        if new.height == INFINITY:
            break
        if vertex < middle.place:
            if new.height < middle.height:
                high, middle = middle, new
            else:
                low = new
        elif new.height < middle.height:
            low, middle = middle, new
        else:
            high = new
    for i in range(n):
        phase[i] = middle.phase[i]
    return middle.height


def deepest(const double[::1] solution not None, *, const double[::1] s not None,
            const double[:, ::1] poly not None, const double[:, ::1] rational not None,
            const double[::1] triples=None, const int[::1] groups=None):
    """Height of the phase that lies deepest under a solution's tangent plane, and it.

    solution (n): volumes, the polymer last. The height is the distance from the plane,
    per volume and scaled by V0/(RT), over the square of the difference in polymer;
    negative: the solution demixes. The phase (n): volume fractions.
    """
    cdef Mixture mixture
    cdef int n = solution.shape[0], i
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if n != s.shape[0]:
        raise ValueError("the amounts do not fit the components")
    for i in range(n):
        if not 0.0 < solution[i] < 1e300:
            raise ValueError("amounts are positive and finite")
    phase = np.empty(n)
    cdef double[::1] view = phase
    cdef double height = lowest(&mixture, n, &solution[0], &view[0])
    return height, phase


def onset(const double[::1] rest not None, const double[::1] start not None, *,
          int nonsolvent, double amount, const double[::1] s not None,
          const double[:, ::1] poly not None, const double[:, ::1] rational not None,
          const double[::1] triples=None, const int[::1] groups=None):
    """Amount of nonsolvent at which rest (n) clouds, and the other phase (n or n - 1).

    amount, start: a guess. None: Newton's method does not get there, or gets to the
    solution itself.
    """
    cdef Mixture mixture
    cdef int n = rest.shape[0], size = start.shape[0], i, j, iteration
    cdef double a[8]
    cdef double mu[8]
    cdef double h[64]
    cdef double other[8]
    cdef double g[64]
    cdef double m[81]
    cdef double r[9]
    cdef int pivot[9]
    cdef double total, share, worst, apart
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if n != s.shape[0] or not n - 1 <= size <= n or not 0 <= nonsolvent < n - 1:
        raise ValueError("the amounts do not fit the components")
    for i in range(n):
        a[i] = rest[i]
        if i != nonsolvent and not 0.0 < a[i] < 1e300:
            raise ValueError("amounts are positive and finite")
    phase = np.array(start)
    cdef double[::1] y = phase
    total = 0.0
    for i in range(size):
        if not 0.0 < y[i] < 1e300:
            raise ValueError("amounts are positive and finite")
        total += y[i]
    for i in range(size):
        y[i] /= total
    for iteration in range(ITERATIONS):
        if not 1e-290 < amount < 1e290:
            return None
        a[nonsolvent] = amount
        potentials(&mixture, n, a, mu, h)
        potentials(&mixture, size, &y[0], other, g)
        total = 0.0
        for i in range(size):
            total += y[i]
            for j in range(size):
                m[i * (size + 1) + j] = g[i * size + j] * y[j]
            m[i * (size + 1) + size] = -amount * h[i * n + nonsolvent]
            m[size * (size + 1) + i] = y[i]
            r[i] = mu[i] - other[i]
        m[size * (size + 1) + size] = 0.0
        r[size] = 1.0 - total
        if lu_factor(m, pivot, size + 1) != 0:
            return None
        lu_solve(m, pivot, size + 1, r, 1)
        worst = fabs(r[size])
        share = worst
        for i in range(size):
            # at the floor a trace stays
            if y[i] <= FLOOR and r[i] < 0.0:
                r[i] = 0.0
            worst = fmax(worst, fabs(r[i]))
            # a trace may move by orders at once
            share = fmax(share, fabs(r[i]) / (1.0 if y[i] > 1e-6 else 20.0))
        if not worst < 1e300:
            return None
        share = 1.0 if share <= 1.0 else 1.0 / share
        for i in range(size):
            y[i] = fmax(y[i] * exp(share * r[i]), FLOOR)
        amount *= exp(share * r[size])
        if worst < 1e-9:
            break
    else:
        return None
    if size == n:
        a[nonsolvent] = amount
        total = 0.0
        for i in range(n):
            total += a[i]
        apart = 0.0
        for i in range(n):
            apart = fmax(apart, fabs(y[i] * total / a[i] - 1.0))
        if apart < 1e-3:
            return None
    return amount, phase
