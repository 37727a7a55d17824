"""Faces of the point functions: potentials, stability and flash of one composition.

Amounts are volumes of the small species beside one unit of membrane polymer. The
interaction functions are given at one temperature: poly (pairs, 5), coefficients of
w**k of b_ij = V0 g_ij/V_ref, and the rational part b/(1 - c w); the pair (i, j), i < j,
stands at j (j - 1)/2 + i and w = phi_j/(phi_i + phi_j). s = V0/V (n + 1), polymer last.
triples, if any: b_ijk of i < j < k, at k (k - 1)(k - 2)/6 + j (j - 1)/2 + i. groups, if
any: numbers (n + 1); components of one number share w with those of another.
"""

import numpy as np

from _coexistence cimport flash as flash_of, stability as stability_of
from _flory_huggins cimport Mixture, potentials as potentials_of, read_mixture


def potentials(const double[::1] amounts not None, *, const double[::1] s not None,
               const double[:, ::1] poly not None,
               const double[:, ::1] rational not None, const double[::1] triples=None,
               const int[::1] groups=None):
    """mu (n) and Hessian (n, n) of the first n = len(amounts) components.

    n may be one less than len(s): a phase without polymer.
    """
    cdef Mixture mixture
    cdef int n = amounts.shape[0], i
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if not s.shape[0] - 1 <= n <= s.shape[0] or n < 1:
        raise ValueError("the amounts do not fit the components")
    for i in range(n):
        if not 0.0 < amounts[i] < 1e300:
            raise ValueError("amounts are positive and finite")
    mu = np.empty(n)
    hessian = np.empty((n, n))
    cdef double[::1] mu_view = mu
    cdef double[:, ::1] hessian_view = hessian
    potentials_of(&mixture, n, &amounts[0], &mu_view[0], &hessian_view[0, 0])
    return mu, hessian


def stability(const double[::1] amounts not None, *, const double[::1] s not None,
              const double[:, ::1] poly not None,
              const double[:, ::1] rational not None, const double[::1] triples=None,
              const int[::1] groups=None):
    """Tangent-plane distance K of u (n) as one phase, and its lean liquid (n).

    K < 0: the solution demixes. None when the iteration fails.
    """
    cdef Mixture mixture
    cdef int n = amounts.shape[0], i
    cdef double a[8]
    cdef double mu[8]
    cdef double distance = 0.0
    cdef double total = 0.0
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if n != s.shape[0] - 1:
        raise ValueError("the amounts do not fit the components")
    y = np.empty(n)
    cdef double[::1] y_view = y
    for i in range(n):
        if not 0.0 < amounts[i] < 1e300:
            raise ValueError("amounts are positive and finite")
        a[i] = amounts[i]
        total += a[i]
    a[n] = 1.0
    for i in range(n):
        y_view[i] = a[i] / total
    potentials_of(&mixture, n + 1, a, mu, NULL)
    if stability_of(&mixture, n, mu, &y_view[0], &distance) != 0:
        return None
    return distance, y


def flash(const double[::1] amounts not None, const double[::1] start not None, *,
          const double[::1] s not None, const double[:, ::1] poly not None,
          const double[:, ::1] rational not None, const double[::1] triples=None,
          const int[::1] groups=None):
    """Lean amounts x (n) at equilibrium with the rich rest, and the potentials (n).

    None when no second phase is found from `start` (n).
    """
    cdef Mixture mixture
    cdef int n = amounts.shape[0], i
    cdef double r[7]
    cdef double mu[7]
    cdef double h_rich[64]
    cdef double h_lean[49]
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if n != s.shape[0] - 1 or start.shape[0] != n:
        raise ValueError("the amounts do not fit the components")
    x = np.array(start)
    cdef double[::1] x_view = x
    for i in range(n):
        if not 0.0 < x_view[i] < amounts[i] < 1e300:
            raise ValueError("the start is a part of the amounts, which are finite")
        r[i] = amounts[i] - x_view[i]
    if flash_of(&mixture, n, &amounts[0], &x_view[0], r, mu, h_rich, h_lean) != 0:
        return None
    return x, np.array([mu[i] for i in range(n)])
