# Block-tridiagonal factor and solve; blocks of different sizes, at most MAX_BLOCK.
#
# a) The matrix is s M - J: s a number, M diagonal, J in three arrays of blocks, lower,
#    diagonal and upper, node k's at place[k] of each. J is only read. With
#    D_k = s M_k - J_kk - lower_k V_(k-1) and V_k = D_k^-1 upper_k,
#    y_k = D_k^-1 (b_k + lower_k y_(k-1)), then x_k = y_k + V_k x_(k+1).
# b) Most blocks are squares of one size. Of these D^-1 is kept, so that a solve is
#    products only; for the usual sizes the compiler is told which, and unrolls. A block
#    whose rows or columns are of another size than a neighbor's, as at a bath, is of
#    worse scaling: of these D's factors are kept.
# c) Pivots stay on the diagonal as long as none is below a hundredth of its column's
#    rest, which is hardly ever so: growth is then bounded as in a sparse factorization
#    with a threshold. Otherwise, and for a surface in a bath, each is the largest of
#    its column.

from libc.math cimport fabs

from _dense cimport lu_factor, lu_solve

cdef enum:
    MAX_BLOCK = 14
    MAX_SQUARE = 7


cdef inline bint _sweep(int n, int k, double* a) noexcept nogil:
    """Exchange unknown k of a (n, n) for its right-hand side in place; False if its
    pivot is too small beside its column's rest."""
    cdef int i, j
    cdef double row[MAX_SQUARE]
    cdef double value, pivot = fabs(a[k * n + k])
    if not pivot > 0.0 or pivot > 1e300:
        return False
    for i in range(k + 1, n):
        if not pivot >= 0.01 * fabs(a[i * n + k]):
            return False
    value = 1.0 / a[k * n + k]
    a[k * n + k] = 1.0
    for j in range(n):
        row[j] = value * a[k * n + j]
        a[k * n + j] = row[j]
    for i in range(n):
        if i != k:
            value = a[i * n + k]
            a[i * n + k] = 0.0
            for j in range(n):
                a[i * n + j] -= value * row[j]
    return True


cdef inline int _invert(int n, const double* a, double* out) noexcept nogil:
    """Inverse of a (n, n), n <= MAX_SQUARE; -1 if singular."""
    cdef int i
    cdef double rest[MAX_SQUARE * MAX_SQUARE]
    cdef int pivot[MAX_SQUARE]
    for i in range(n * n):
        rest[i] = a[i]
    # one by one, or the compiler does not unroll them
    if (_sweep(n, 0, rest) and (n < 2 or _sweep(n, 1, rest))
            and (n < 3 or _sweep(n, 2, rest)) and (n < 4 or _sweep(n, 3, rest))
            and (n < 5 or _sweep(n, 4, rest)) and (n < 6 or _sweep(n, 5, rest))
            and (n < 7 or _sweep(n, 6, rest))):
        for i in range(n * n):
            out[i] = rest[i]
        return 0
    # rows must change their places
    for i in range(n * n):
        rest[i] = a[i]
        out[i] = 1.0 if i % (n + 1) == 0 else 0.0
    if lu_factor(rest, pivot, n) != 0:
        return -1
    lu_solve(rest, pivot, n, out, n)
    return 0


cdef inline int _factor_square(int s, bint first, bint last, double shift,
                               const double* mass, const double* low,
                               const double* here, const double* up,
                               const double* before, double* inverse,
                               double* onward) noexcept nogil:
    """D^-1 and V of one block row whose blocks are all (s, s)."""
    cdef int i, j, m
    cdef double d[MAX_SQUARE * MAX_SQUARE]
    cdef double value
    for i in range(s):
        for j in range(s):
            d[i * s + j] = (shift * mass[i] if i == j else 0.0) - here[i * s + j]
    if not first:
        for i in range(s):
            for m in range(s):
                value = low[i * s + m]
                for j in range(s):
                    d[i * s + j] -= value * before[m * s + j]
    if _invert(s, d, inverse) != 0:
        return -1
    if not last:
        for i in range(s):
            value = inverse[i * s]
            for j in range(s):
                d[i * s + j] = value * up[j]
            for m in range(1, s):
                value = inverse[i * s + m]
                for j in range(s):
                    d[i * s + j] += value * up[m * s + j]
        for i in range(s * s):
            onward[i] = d[i]
    return 0


cdef inline int _factor_any(int s, int p, int q, bint first, bint last, double shift,
                            const double* mass, const double* low, const double* here,
                            const double* up, const double* before, double* factors,
                            double* onward, int* pivot) noexcept nogil:
    """D's factors and V of a block row (s, p), (s, s), (s, q)."""
    cdef int i, j, m
    for i in range(s):
        for j in range(s):
            factors[i * s + j] = -here[i * s + j]
            if not first:
                for m in range(p):
                    factors[i * s + j] -= low[i * p + m] * before[m * s + j]
        factors[i * s + i] += shift * mass[i]
    if lu_factor(factors, pivot, s) != 0:
        return -1
    if not last:
        for i in range(s * q):
            onward[i] = up[i]
        lu_solve(factors, pivot, s, onward, q)
    return 0


cdef inline int block_factor(int nodes, const int* size, const int* place,
                             const int* start, double shift, const double* mass,
                             const double* lower, const double* diagonal,
                             const double* upper, double* kept, double* onward,
                             int* pivot) noexcept nogil:
    """Factor shift M - J: D's inverses or factors into `kept`, V into `onward`. Node
    k's block row of J is lower (size[k], size[k-1]), diagonal, upper (size[k],
    size[k+1]), each at place[k] of its array; its rows begin at start[k] of M."""
    cdef int k, s, p, q, at, status
    cdef bint first, last
    cdef const double* before
    cdef const double* m
    for k in range(nodes):
        s = size[k]
        at = place[k]
        first = k == 0
        last = k + 1 == nodes
        p = s if first else size[k - 1]
        q = s if last else size[k + 1]
        before = onward + place[0 if first else k - 1]
        m = mass + start[k]
        if p == s and q == s and s == 3:
            status = _factor_square(3, first, last, shift, m, lower + at, diagonal + at,
                                    upper + at, before, kept + at, onward + at)
        elif p == s and q == s and s == 4:
            status = _factor_square(4, first, last, shift, m, lower + at, diagonal + at,
                                    upper + at, before, kept + at, onward + at)
        elif p == s and q == s and s == 5:
            status = _factor_square(5, first, last, shift, m, lower + at, diagonal + at,
                                    upper + at, before, kept + at, onward + at)
        elif p == s and q == s and s <= MAX_SQUARE:
            status = _factor_square(s, first, last, shift, m, lower + at, diagonal + at,
                                    upper + at, before, kept + at, onward + at)
        else:
            status = _factor_any(s, p, q, first, last, shift, m, lower + at,
                                 diagonal + at, upper + at, before, kept + at,
                                 onward + at, pivot + k * MAX_BLOCK)
        if status != 0:
            return -1
    return 0


cdef inline void _add_product(int s, int p, const double* block, const double* there,
                              double* here) noexcept nogil:
    """here += block there, block of shape (s, p)."""
    cdef int i, j
    cdef double value
    cdef double row[MAX_BLOCK]
    for i in range(s):
        row[i] = here[i]
    for j in range(p):
        value = there[j]
        for i in range(s):
            row[i] += block[i * p + j] * value
    for i in range(s):
        here[i] = row[i]


cdef inline void _down(int s, bint first, const double* inverse, const double* low,
                       const double* there, double* here) noexcept nogil:
    cdef int i
    cdef double b[MAX_SQUARE]
    for i in range(s):
        b[i] = here[i]
        here[i] = 0.0
    if not first:
        _add_product(s, s, low, there, b)
    _add_product(s, s, inverse, b, here)


cdef inline void block_solve(int nodes, const int* size, const int* place,
                             const int* start, const double* lower,
                             const double* kept, const double* onward,
                             const int* pivot, double* b) noexcept nogil:
    """Solve in place for b with what `block_factor` made."""
    cdef int k, s, p, q
    cdef bint first
    cdef const double* low
    cdef double* here
    cdef const double* there
    for k in range(nodes):
        s = size[k]
        first = k == 0
        p = s if first else size[k - 1]
        q = s if k + 1 == nodes else size[k + 1]
        low = lower + place[k]
        here = b + start[k]
        there = b + start[0 if first else k - 1]
        if s == 3 and p == 3 and q == 3:
            _down(3, first, kept + place[k], low, there, here)
        elif s == 4 and p == 4 and q == 4:
            _down(4, first, kept + place[k], low, there, here)
        elif s == 5 and p == 5 and q == 5:
            _down(5, first, kept + place[k], low, there, here)
        elif p == s and q == s and s <= MAX_SQUARE:
            _down(s, first, kept + place[k], low, there, here)
        else:
            if not first:
                _add_product(s, p, low, there, here)
            lu_solve(kept + place[k], pivot + k * MAX_BLOCK, s, here, 1)
    for k in range(nodes - 2, -1, -1):
        s = size[k]
        q = size[k + 1]
        here = b + start[k]
        there = b + start[k + 1]
        if s == 3 and q == 3:
            _add_product(3, 3, onward + place[k], there, here)
        elif s == 4 and q == 4:
            _add_product(4, 4, onward + place[k], there, here)
        elif s == 5 and q == 5:
            _add_product(5, 5, onward + place[k], there, here)
        else:
            _add_product(s, q, onward + place[k], there, here)
