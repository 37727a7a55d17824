# Two-phase equilibrium of a film cell with a polymer-free (lean) liquid.
#
# a) The lean phase of a casting solution holds e^-100 and less of the membrane polymer,
#    so it is taken as polymer-free: its free energy is convex, the stability test from
#    the lean side has one solution, and no collapsed root exists. Where liquids demix
#    among themselves it is not: the lowest of the minima is taken then.
# b) Stability: the liquid y that shares the cell's potentials up to one pressure,
#    mu_lean,i(y) = mu_i(u) + K for every small species. K < 0: the cell demixes. K is
#    the tangent-plane distance per volume [Michelsen 1982] and vanishes on the binodal.
# c) Flash: amounts x of the lean phase with mu_rich,i(u - x) = mu_lean,i(x).
# d) Unknowns are logarithms of whichever phase holds less, so that a trace in either
#    phase costs no digits.

from libc.math cimport exp, fabs, log, sqrt

from _dense cimport lu_factor, lu_solve, spd_inverse, spd_solve
from _flory_huggins cimport MAX_COMPONENTS, Mixture, excess, potentials

cdef enum:
    FLASH_ITERATIONS = 100


cdef inline int stability(const Mixture* mixture, int n, const double* mu_cell,
                          double* y, double* distance) noexcept nogil:
    """Tangent-plane distance K of a cell; y (n): its lean phase, start and answer."""
    cdef double first[7]
    cdef double best[7]
    cdef double lowest = 0.0, t = distance[0]
    cdef int i, start
    cdef bint found = False
    for i in range(n):
        first[i] = y[i]
    if _stationary(mixture, n, mu_cell, y, distance) == 0:
        return 0
    # liquids that demix among themselves have several stationary points: the lowest
    for start in range(n + 1):
        for i in range(n):
            y[i] = first[i]
            if start > 0:
                y[i] = 0.98 if i == start - 1 else 0.02 / n
        if _descend(mixture, n, mu_cell, y, &t) == 0 and not (found and t >= lowest):
            found = True
            lowest = t
            for i in range(n):
                best[i] = y[i]
    if not found:
        return -1
    distance[0] = lowest
    for i in range(n):
        y[i] = best[i]
    return 0


cdef inline int _descend(const Mixture* mixture, int n, const double* mu_cell,
                         double* y, double* distance) noexcept nogil:
    """Lower the tangent-plane distance from y to a minimum by Newton's method, with the
    curvature shifted until it is positive: sqrt(y_i) h_ij sqrt(y_j)."""
    cdef double h[49]
    cdef double m[49]
    cdef double inverse[49]
    cdef double mu[7]
    cdef double g[7]
    cdef double d[7]
    cdef double old[7]
    cdef int i, j, iteration, attempt
    cdef double total = 0.0, t = 0.0, before, shift, worst, step
    for i in range(n):
        y[i] = y[i] if y[i] > 1e-290 else 1e-290
        total += y[i]
    for i in range(n):
        y[i] /= total
    for iteration in range(2 * FLASH_ITERATIONS):
        potentials(mixture, n, y, mu, h)
        t = 0.0
        for i in range(n):
            g[i] = mu[i] - mu_cell[i]
            t += y[i] * g[i]
        for i in range(n):
            for j in range(n):
                m[i * n + j] = sqrt(y[i]) * (h[i * n + j] + 1.0) * sqrt(y[j])
        shift = 0.0
        for attempt in range(40):
            if spd_inverse(m, inverse, n) == 0:
                break
            for i in range(n):
                m[i * n + i] += (1e-3 if shift == 0.0 else shift) * mixture.s[i]
            shift = 1e-3 if shift == 0.0 else 2.0 * shift
        else:
            return -1
        worst = 0.0
        for i in range(n):
            d[i] = 0.0
            for j in range(n):
                d[i] -= inverse[i * n + j] * sqrt(y[j]) * (g[j] - t)
            d[i] /= sqrt(y[i])
            if not fabs(d[i]) < 1e300:
                return -1
            if y[i] <= 1e-290 and d[i] < 0.0:
                d[i] = 0.0
            if fabs(d[i]) > worst:
                worst = fabs(d[i])
            d[i] = max(min(d[i], 2.0 if y[i] > 1e-6 else 20.0), -20.0)
            old[i] = y[i]
        if worst < 1e-9:
            distance[0] = t
            return 0
        before = t
        step = 1.0
        while True:
            total = 0.0
            for i in range(n):
                y[i] = old[i] * exp(step * d[i])
                y[i] = y[i] if y[i] > 1e-290 else 1e-290
                total += y[i]
            for i in range(n):
                y[i] /= total
            potentials(mixture, n, y, mu, NULL)
            t = 0.0
            for i in range(n):
                t += y[i] * (mu[i] - mu_cell[i])
            if t <= before + 1e-13 * (1.0 + fabs(before)):
                break
            step *= 0.25
            if step < 1e-12:
                return -1
    return -1


cdef inline int _stationary(const Mixture* mixture, int n, const double* mu_cell,
                            double* y, double* distance) noexcept nogil:
    """The same by Newton's method alone, which is enough for convex liquids."""
    cdef double h[49]
    cdef double mu[7]
    cdef double m[64]
    cdef double r[8]
    cdef int pivot[8]
    cdef int i, j, iteration, size = n + 1
    cdef double total, step, worst, largest, k = distance[0]
    if k != k or fabs(k) > 1e3:
        k = 0.0
    for iteration in range(FLASH_ITERATIONS):
        potentials(mixture, n, y, mu, h)
        for i in range(n):
            for j in range(n):
                m[i * size + j] = h[i * n + j] * y[j]
            m[i * size + n] = -1.0
            m[n * size + i] = y[i]
            r[i] = mu_cell[i] + k - mu[i]
        m[n * size + n] = 0.0
        r[n] = 0.0
        if lu_factor(m, pivot, size) != 0:
            return -1
        lu_solve(m, pivot, size, r, 1)
        worst = 0.0
        largest = 0.0
        for i in range(n):
            if not fabs(r[i]) < 1e300:
                return -1
            # a trace may move by orders at once, and at the floor it stays
            if y[i] <= 1e-290 and r[i] < 0.0:
                r[i] = 0.0
            if fabs(r[i]) > worst:
                worst = fabs(r[i])
            if y[i] < 1e-6:
                r[i] = max(min(r[i], 20.0), -20.0)
            elif fabs(r[i]) > largest:
                largest = fabs(r[i])
        step = 1.0 if largest < 3.0 else 3.0 / largest
        total = 0.0
        for i in range(n):
            y[i] *= exp(step * r[i])
            if y[i] < 1e-290:
                y[i] = 1e-290
            total += y[i]
        for i in range(n):
            y[i] /= total
        k += step * r[n]
        # the next step would be the square of this one
        if worst < 1e-6:
            distance[0] = k
            return 0
    return -1


cdef inline double _exp(double x) noexcept nogil:
    """exp(x), without a call near 0, where Newton's method ends."""
    if fabs(x) < 1e-3:
        return 1.0 + x * (1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0))))
    return exp(x)


cdef inline int _shift(int n, const double* u, const double* x_old,
                       const double* r_old, const double* d, double step,
                       double* x, double* r) noexcept nogil:
    """Move by step d in the logarithm of whichever phase holds less; -1: no room."""
    cdef int i
    for i in range(n):
        if x_old[i] < r_old[i]:
            x[i] = x_old[i] * _exp(step * d[i])
            r[i] = u[i] - x[i]
        else:
            r[i] = r_old[i] * _exp(-step * d[i])
            x[i] = u[i] - r[i]
        if not (x[i] > 0.0 and r[i] > 0.0):
            return -1
    return 0


cdef inline double _energy(const Mixture* mixture, int n, const double* a,
                           const double* phi, const double* mu) noexcept nogil:
    """Free energy of the amounts a (n), from what `excess` says of them."""
    cdef double energy = 0.0
    cdef int i
    for i in range(n):
        energy += a[i] * (mu[i] + mixture.s[i] * log(phi[i]))
    return energy


cdef inline int flash(const Mixture* mixture, int n, const double* u,
                      double* x, double* r,
                      double* mu, double* h_rich, double* h_lean) noexcept nogil:
    """Lean amounts x (n) and rich amounts r (n) beside one unit of polymer.

    x, r: start, x + r = u, and answer. mu (n): the shared potentials. h_rich (n+1,
    n+1): the rich phase's Hessian; h_lean (n, n): the lean's, of the answer. Returns 0,
    or -1 without convergence, or -2 when the lean phase vanishes.
    """
    cdef double rich[MAX_COMPONENTS]
    cdef double phi_rich[MAX_COMPONENTS]
    cdef double phi_lean[MAX_COMPONENTS]
    cdef double mu_rich[MAX_COMPONENTS]
    cdef double mu_lean[MAX_COMPONENTS]
    cdef double m[49]
    cdef double scale[7]
    cdef double force[7]
    cdef double d[7]
    cdef double x_old[7]
    cdef double r_old[7]
    cdef int i, j, iteration, attempt
    cdef double worst, largest, step, lean, total, shift, energy, before = 0.0
    cdef bint checked = False
    total = 1.0
    for i in range(n):
        total += u[i]
        if not (x[i] > 0.0 and r[i] > 0.0):
            return -1
    rich[n] = 1.0
    step = 0.0
    for iteration in range(FLASH_ITERATIONS):
        for i in range(n):
            rich[i] = r[i]
        excess(mixture, n + 1, rich, phi_rich, mu_rich, h_rich)
        excess(mixture, n, x, phi_lean, mu_lean, h_lean)
        if checked:
            energy = (_energy(mixture, n + 1, rich, phi_rich, mu_rich)
                      + _energy(mixture, n, x, phi_lean, mu_lean))
            if energy > before + 1e-12 * fabs(before):
                # too far: half the way back from the last answer
                step *= 0.25
                if step < 1e-8:
                    return -1
                if _shift(n, u, x_old, r_old, d, step, x, r) != 0:
                    return -1
                continue
        for i in range(n):
            scale[i] = x[i] if x[i] < r[i] else r[i]
            x_old[i] = x[i]
            r_old[i] = r[i]
        for i in range(n):
            # the difference of two potentials takes one logarithm
            force[i] = (mu_rich[i] - mu_lean[i]
                        + mixture.s[i] * log(phi_rich[i] / phi_lean[i])) * scale[i]
            d[i] = force[i]
        for i in range(n):
            for j in range(n):
                m[i * n + j] = scale[i] * scale[j] * (
                    h_rich[i * (n + 1) + j] + h_lean[i * n + j])
        # inside the spinodal the curvature is negative: shift until it is not
        shift = 0.0
        checked = False
        for attempt in range(30):
            if spd_solve(m, d, n) == 0:
                break
            checked = True
            for i in range(n):
                d[i] = force[i]
                m[i * n + i] += (1e-3 if shift == 0.0 else shift) * (
                    mixture.s[i] * scale[i])
            shift = 1e-3 if shift == 0.0 else 2.0 * shift
        else:
            return -1
        worst = 0.0
        largest = 0.0
        for i in range(n):
            if not fabs(d[i]) < 1e300:
                return -1
            if fabs(d[i]) > worst:
                worst = fabs(d[i])
            if scale[i] < 1e-6 * u[i]:
                d[i] = max(min(d[i], 20.0), -20.0)
            elif fabs(d[i]) > largest:
                largest = fabs(d[i])
        step = 1.0 if largest < 2.0 else 2.0 / largest
        if worst > 0.1:
            checked = True
        while _shift(n, u, x_old, r_old, d, step, x, r) != 0:
            step *= 0.5
            checked = True
            if step < 1e-8:
                return -1
        lean = 0.0
        for i in range(n):
            lean += x[i]
        if lean < 1e-9 * total:
            return -2
        if worst < 1e-6 and shift == 0.0:
            # the next step would be the square of this one, and so is what the
            # potentials lack when they are continued along it
            for i in range(n):
                mu[i] = mu_rich[i] + mixture.s[i] * log(phi_rich[i])
                for j in range(n):
                    mu[i] -= h_rich[i * (n + 1) + j] * scale[j] * d[j]
            return 0
        if checked:
            before = (_energy(mixture, n + 1, rich, phi_rich, mu_rich)
                      + _energy(mixture, n, x_old, phi_lean, mu_lean))
    return -1
