# Two-phase equilibrium of a film cell with a polymer-free (lean) liquid.
#
# a) The lean phase of a casting solution holds e^-100 and less of the membrane polymer,
#    so it is taken as polymer-free: its free energy is convex, the stability test from
#    the lean side has one solution, and no collapsed root exists.
# b) Stability: the liquid y that shares the cell's potentials up to one pressure,
#    mu_lean,i(y) + K = mu_i(u) for every small species. K < 0: the cell demixes. K is
#    the tangent-plane distance per volume [Michelsen 1982] and vanishes on the binodal.
# c) Flash: amounts x of the lean phase with mu_rich,i(u - x) = mu_lean,i(x).
# d) Unknowns are logarithms of whichever phase holds less, so that a trace in either
#    phase costs no digits.

from libc.math cimport exp, fabs

from _dense cimport lu_factor, lu_solve
from _flory_huggins cimport MAX_COMPONENTS, Mixture, potentials

cdef enum:
    FLASH_ITERATIONS = 60


cdef inline int stability(const Mixture* mixture, int n, const double* mu_cell,
                          double* y, double* distance) noexcept nogil:
    """Tangent-plane distance K of a cell; y (n): its lean phase, start and answer."""
    cdef double h[49]
    cdef double mu[7]
    cdef double m[64]
    cdef double r[8]
    cdef int pivot[8]
    cdef int i, j, iteration, size = n + 1
    cdef double total, step, worst, k = distance[0]
    if k != k or fabs(k) > 1e3:
        k = 0.0
    for iteration in range(FLASH_ITERATIONS):
        potentials(mixture, n, y, mu, h)
        for i in range(n):
            for j in range(n):
                m[i * size + j] = h[i * n + j] * y[j]
            m[i * size + n] = 1.0
            m[n * size + i] = y[i]
            r[i] = mu_cell[i] - mu[i] - k
        m[n * size + n] = 0.0
        r[n] = 0.0
        if lu_factor(m, pivot, size) != 0:
            return -1
        lu_solve(m, pivot, size, r, 1)
        worst = 0.0
        for i in range(n):
            if fabs(r[i]) > worst:
                worst = fabs(r[i])
        if not worst < 1e300:
            return -1
        step = 1.0 if worst < 3.0 else 3.0 / worst
        total = 0.0
        for i in range(n):
            y[i] *= exp(step * r[i])
            if y[i] < 1e-290:
                y[i] = 1e-290
            total += y[i]
        for i in range(n):
            y[i] /= total
        k += step * r[n]
        if worst < 1e-9:
            distance[0] = k
            return 0
    return -1


cdef inline int flash(const Mixture* mixture, int n, const double* u,
                      double* x, double* r,
                      double* mu, double* h_rich, double* h_sum) noexcept nogil:
    """Lean amounts x (n) and rich amounts r (n) beside one unit of polymer.

    x: start and answer. mu (n): the shared potentials. h_rich (n+1, n+1): the rich
    phase's Hessian; h_sum (n, n): rich plus lean, of the answer. Returns 0, or -1
    without convergence, or -2 when the lean phase vanishes.
    """
    cdef double rich[MAX_COMPONENTS]
    cdef double mu_rich[MAX_COMPONENTS]
    cdef double h_lean[49]
    cdef double mu_lean[7]
    cdef double m[49]
    cdef double step_of[7]
    cdef double d[7]
    cdef int pivot[7]
    cdef int i, j, iteration
    cdef double worst, step, factor, lean, total
    cdef bint done = False
    total = 1.0
    for i in range(n):
        total += u[i]
        if not (x[i] > 0.0 and x[i] < u[i]):
            return -1
        r[i] = u[i] - x[i]
    rich[n] = 1.0
    for iteration in range(FLASH_ITERATIONS):
        for i in range(n):
            rich[i] = r[i]
            step_of[i] = x[i] if x[i] < r[i] else r[i]
        potentials(mixture, n + 1, rich, mu_rich, h_rich)
        potentials(mixture, n, x, mu_lean, h_lean)
        for i in range(n):
            for j in range(n):
                h_sum[i * n + j] = h_rich[i * (n + 1) + j] + h_lean[i * n + j]
        if done:
            for i in range(n):
                mu[i] = mu_rich[i]
            return 0
        for i in range(n):
            d[i] = (mu_rich[i] - mu_lean[i]) * step_of[i]
            for j in range(n):
                m[i * n + j] = step_of[i] * h_sum[i * n + j] * step_of[j]
        if lu_factor(m, pivot, n) != 0:
            return -1
        lu_solve(m, pivot, n, d, 1)
        worst = 0.0
        for i in range(n):
            if fabs(d[i]) > worst:
                worst = fabs(d[i])
        if not worst < 1e300:
            return -1
        step = 1.0 if worst < 2.0 else 2.0 / worst
        lean = 0.0
        for i in range(n):
            factor = step * d[i]
            if x[i] < r[i]:
                x[i] *= exp(factor)
                r[i] = u[i] - x[i]
            else:
                r[i] *= exp(-factor)
                x[i] = u[i] - r[i]
            if not (x[i] > 0.0 and r[i] > 0.0):
                return -1
            lean += x[i]
        if lean < 1e-9 * total:
            return -2
        done = worst < 1e-9
    return -1
