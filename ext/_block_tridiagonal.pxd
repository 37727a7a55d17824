# Block-tridiagonal factor and solve; blocks of different sizes, at most MAX_BLOCK.

from _dense cimport lu_factor, lu_solve

cdef enum:
    MAX_BLOCK = 14


cdef inline int block_factor(int nodes, const int* size, const int* place,
                             double* diagonal,
                             const double* lower, double* upper,
                             int* pivot) noexcept nogil:
    """Factor in place; `upper` becomes diagonal^-1 upper. Node k's block row is
    lower (size[k], size[k-1]), diagonal, upper (size[k], size[k+1]), each at
    place[k] of its array."""
    cdef int k, i, j, m, s, p
    cdef double value
    cdef double* d
    cdef const double* low
    cdef const double* up
    for k in range(nodes):
        s = size[k]
        d = diagonal + place[k]
        if k > 0:
            p = size[k - 1]
            low = lower + place[k]
            up = upper + place[k - 1]
            for i in range(s):
                for m in range(p):
                    value = low[i * p + m]
                    if value != 0.0:
                        for j in range(s):
                            d[i * s + j] -= value * up[m * s + j]
        if lu_factor(d, pivot + k * MAX_BLOCK, s) != 0:
            return -1
        if k + 1 < nodes:
            lu_solve(d, pivot + k * MAX_BLOCK, s, upper + place[k], size[k + 1])
    return 0


cdef inline void block_solve(int nodes, const int* size, const int* place,
                             const int* start,
                             const double* diagonal, const double* lower,
                             const double* upper, const int* pivot,
                             double* b) noexcept nogil:
    """Solve in place for b with the factors of `block_factor`."""
    cdef int k, i, m, s, p
    cdef const double* block
    cdef double* here
    cdef const double* there
    for k in range(nodes):
        s = size[k]
        here = b + start[k]
        if k > 0:
            p = size[k - 1]
            block = lower + place[k]
            there = b + start[k - 1]
            for i in range(s):
                for m in range(p):
                    here[i] -= block[i * p + m] * there[m]
        lu_solve(diagonal + place[k], pivot + k * MAX_BLOCK, s, here, 1)
    for k in range(nodes - 2, -1, -1):
        s = size[k]
        p = size[k + 1]
        here = b + start[k]
        there = b + start[k + 1]
        block = upper + place[k]
        for i in range(s):
            for m in range(p):
                here[i] -= block[i * p + m] * there[m]
