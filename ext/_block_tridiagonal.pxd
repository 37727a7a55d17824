# Block-tridiagonal factor and solve; blocks of different sizes, at most MAX_BLOCK.
#
# Most blocks of a film are squares of one size; for the usual sizes the compiler is
# told which, and unrolls.

from _dense cimport lu_factor, lu_solve

cdef enum:
    MAX_BLOCK = 14


cdef inline void _subtract(int s, int p, int columns, const double* block,
                           const double* there, double* here) noexcept nogil:
    """here -= block there, of shapes (s, p) and (p, columns)."""
    cdef int i, j, m
    cdef double value
    for i in range(s):
        for m in range(p):
            value = block[i * p + m]
            for j in range(columns):
                here[i * columns + j] -= value * there[m * columns + j]


cdef inline int _factor_square(int s, bint first, bint last, double* d,
                               const double* low, const double* up_before, double* up,
                               int* pivot) noexcept nogil:
    """Factor one block row whose blocks are all (s, s)."""
    if not first:
        _subtract(s, s, s, low, up_before, d)
    if lu_factor(d, pivot, s) != 0:
        return -1
    if not last:
        lu_solve(d, pivot, s, up, s)
    return 0


cdef inline int block_factor(int nodes, const int* size, const int* place,
                             double* diagonal,
                             const double* lower, double* upper,
                             int* pivot) noexcept nogil:
    """Factor in place; `upper` becomes diagonal^-1 upper. Node k's block row is
    lower (size[k], size[k-1]), diagonal, upper (size[k], size[k+1]), each at
    place[k] of its array."""
    cdef int k, s, p, q, status
    cdef bint first, last
    cdef double* d
    cdef double* up
    cdef const double* low
    cdef const double* before
    for k in range(nodes):
        s = size[k]
        first = k == 0
        last = k + 1 == nodes
        p = s if first else size[k - 1]
        q = s if last else size[k + 1]
        d = diagonal + place[k]
        low = lower + place[k]
        before = upper + place[0 if first else k - 1]
        up = upper + place[k]
        if p == s and q == s and s == 3:
            status = _factor_square(3, first, last, d, low, before, up,
                                    pivot + k * MAX_BLOCK)
        elif p == s and q == s and s == 4:
            status = _factor_square(4, first, last, d, low, before, up,
                                    pivot + k * MAX_BLOCK)
        elif p == s and q == s and s == 5:
            status = _factor_square(5, first, last, d, low, before, up,
                                    pivot + k * MAX_BLOCK)
        else:
            if not first:
                _subtract(s, p, s, low, before, d)
            status = lu_factor(d, pivot + k * MAX_BLOCK, s)
            if status == 0 and not last:
                lu_solve(d, pivot + k * MAX_BLOCK, s, up, q)
        if status != 0:
            return -1
    return 0


cdef inline void _down(int s, bint first, const double* d, const double* low,
                       const int* pivot, const double* there,
                       double* here) noexcept nogil:
    if not first:
        _subtract(s, s, 1, low, there, here)
    lu_solve(d, pivot, s, here, 1)


cdef inline void block_solve(int nodes, const int* size, const int* place,
                             const int* start,
                             const double* diagonal, const double* lower,
                             const double* upper, const int* pivot,
                             double* b) noexcept nogil:
    """Solve in place for b with the factors of `block_factor`."""
    cdef int k, s, p
    cdef bint first
    cdef const double* d
    cdef const double* low
    cdef const int* row
    cdef double* here
    cdef const double* there
    for k in range(nodes):
        s = size[k]
        first = k == 0
        p = s if first else size[k - 1]
        d = diagonal + place[k]
        low = lower + place[k]
        row = pivot + k * MAX_BLOCK
        here = b + start[k]
        there = b + start[0 if first else k - 1]
        if s == 3 and p == 3:
            _down(3, first, d, low, row, there, here)
        elif s == 4 and p == 4:
            _down(4, first, d, low, row, there, here)
        elif s == 5 and p == 5:
            _down(5, first, d, low, row, there, here)
        else:
            if not first:
                _subtract(s, p, 1, low, there, here)
            lu_solve(d, row, s, here, 1)
    for k in range(nodes - 2, -1, -1):
        s = size[k]
        p = size[k + 1]
        here = b + start[k]
        there = b + start[k + 1]
        if s == 3 and p == 3:
            _subtract(3, 3, 1, upper + place[k], there, here)
        elif s == 4 and p == 4:
            _subtract(4, 4, 1, upper + place[k], there, here)
        elif s == 5 and p == 5:
            _subtract(5, 5, 1, upper + place[k], there, here)
        else:
            _subtract(s, p, 1, upper + place[k], there, here)
