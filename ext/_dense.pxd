# Small dense linear algebra on row-major arrays, n up to 24; no allocation.

from libc.math cimport fabs, sqrt


cdef inline int lu_factor(double* a, int* pivot, int n) noexcept nogil:
    """Factor a (n, n) in place with row pivoting; -1 if singular."""
    cdef int i, j, k, p
    cdef double biggest, value, factor
    for k in range(n):
        p = k
        biggest = fabs(a[k * n + k])
        for i in range(k + 1, n):
            value = fabs(a[i * n + k])
            if value > biggest:
                biggest = value
                p = i
        pivot[k] = p
        if not biggest > 0.0 or biggest > 1e300:
            return -1
        if p != k:
            for j in range(n):
                value = a[k * n + j]
                a[k * n + j] = a[p * n + j]
                a[p * n + j] = value
        factor = 1.0 / a[k * n + k]
        for i in range(k + 1, n):
            value = a[i * n + k] * factor
            a[i * n + k] = value
            if value != 0.0:
                for j in range(k + 1, n):
                    a[i * n + j] -= value * a[k * n + j]
    return 0


cdef inline void lu_solve(const double* a, const int* pivot, int n,
                          double* b, int columns) noexcept nogil:
    """Solve in place for b (n, columns) with the factors of `lu_factor`."""
    cdef int i, j, k, p
    cdef double value
    for k in range(n):
        p = pivot[k]
        if p != k:
            for j in range(columns):
                value = b[k * columns + j]
                b[k * columns + j] = b[p * columns + j]
                b[p * columns + j] = value
    for k in range(n):
        for i in range(k + 1, n):
            value = a[i * n + k]
            if value != 0.0:
                for j in range(columns):
                    b[i * columns + j] -= value * b[k * columns + j]
    for k in range(n - 1, -1, -1):
        value = 1.0 / a[k * n + k]
        for j in range(columns):
            b[k * columns + j] *= value
        for i in range(k):
            value = a[i * n + k]
            if value != 0.0:
                for j in range(columns):
                    b[i * columns + j] -= value * b[k * columns + j]


cdef inline int spd_solve(const double* a, double* b, int n) noexcept nogil:
    """Solve a x = b in place, a symmetric positive definite (n, n), n <= 8; -1 if it
    is not."""
    cdef double low[64]
    cdef double value
    cdef int i, j, k
    for i in range(n):
        for j in range(i):
            value = a[i * n + j]
            for k in range(j):
                value -= low[i * n + k] * low[j * n + k]
            low[i * n + j] = value * low[j * n + j]
        value = a[i * n + i]
        for k in range(i):
            value -= low[i * n + k] * low[i * n + k]
        if not value > 0.0 or value > 1e300:
            return -1
        low[i * n + i] = 1.0 / sqrt(value)
        value = b[i]
        for k in range(i):
            value -= low[i * n + k] * b[k]
        b[i] = value * low[i * n + i]
    for i in range(n - 1, -1, -1):
        value = b[i]
        for k in range(i + 1, n):
            value -= low[k * n + i] * b[k]
        b[i] = value * low[i * n + i]
    return 0


cdef inline int spd_inverse(const double* a, double* out, int n) noexcept nogil:
    """Inverse of a symmetric positive definite a (n, n), n <= 8; -1 if it is not."""
    cdef double low[64]
    cdef double value
    cdef int i, j, k
    for i in range(n):
        for j in range(i):
            value = a[i * n + j]
            for k in range(j):
                value -= low[i * n + k] * low[j * n + k]
            low[i * n + j] = value * low[j * n + j]
        value = a[i * n + i]
        for k in range(i):
            value -= low[i * n + k] * low[i * n + k]
        if not value > 0.0 or value > 1e300:
            return -1
        low[i * n + i] = 1.0 / sqrt(value)
    # the inverse of the triangle, in place; its diagonal is there already
    for j in range(n):
        for i in range(j + 1, n):
            value = 0.0
            for k in range(j, i):
                value -= low[i * n + k] * low[k * n + j]
            low[i * n + j] = value * low[i * n + i]
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for k in range(i, n):
                value += low[k * n + i] * low[k * n + j]
            out[i * n + j] = value
            out[j * n + i] = value
    return 0
