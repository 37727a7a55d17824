# Flory-Huggins free energy of up to 8 components, its first and second derivatives.
#
# a) Amounts a_i (volumes of component i, any total) instead of fractions: the free
#    energy G(a) is then homogeneous of degree one, its gradient mu and Hessian H obey
#    sum_j H_ij a_j = 0, and a phase without polymer is the same code with one
#    component less.
# b) Everything is per volume and scaled by V0, the molar volume of liquid water:
#    mu_i = V0 (mu_i - mu_i,pure)/(R T V_i). Chain lengths of 50 000 stay well scaled.
# c) G = sum_i s_i a_i ln(a_i/A) + sum_{i<j} b_ij(w_ij) a_i a_j / A, with
#    A = sum a, s_i = V0/V_i, w_ij = a_j/(a_i + a_j) and b_ij = V0 g_ij/V_ref.
#    [Altena & Smolders 1982, eq. 1; Yilmaz & McHugh 1986]

from libc.math cimport log

cdef enum:
    MAX_COMPONENTS = 8
    MAX_PAIRS = 28


cdef struct Mixture:
    int count
    double s[MAX_COMPONENTS]
    double poly[MAX_PAIRS][5]
    double rational_b[MAX_PAIRS]
    double rational_c[MAX_PAIRS]
    int varies[MAX_PAIRS]


cdef inline int pair_index(int i, int j) noexcept nogil:
    """Place of the pair i < j in the tables; the same for any number of components."""
    return j * (j - 1) // 2 + i


cdef inline void pair_function(const Mixture* mixture, int pair, double w,
                               double* b, double* db, double* ddb) noexcept nogil:
    cdef const double* c = &mixture.poly[pair][0]
    cdef double q, t
    b[0] = c[0] + w * (c[1] + w * (c[2] + w * (c[3] + w * c[4])))
    db[0] = c[1] + w * (2.0 * c[2] + w * (3.0 * c[3] + w * 4.0 * c[4]))
    ddb[0] = 2.0 * c[2] + w * (6.0 * c[3] + w * 12.0 * c[4])
    if mixture.rational_b[pair] != 0.0:
        t = mixture.rational_c[pair]
        q = 1.0 / (1.0 - t * w)
        b[0] += mixture.rational_b[pair] * q
        db[0] += mixture.rational_b[pair] * t * q * q
        ddb[0] += 2.0 * mixture.rational_b[pair] * t * t * q * q * q


cdef inline void potentials(const Mixture* mixture, int n, const double* a,
                            double* mu, double* hessian) noexcept nogil:
    """mu (n) and, unless NULL, hessian (n, n) of the first n components.

    All amounts must be positive.
    """
    cdef double phi[MAX_COMPONENTS]
    cdef double c[MAX_COMPONENTS]
    cdef double total = 0.0, e = 0.0, ideal = 0.0, inverse
    cdef double b, db, ddb, w, pair_sum, q_ij, w_i, w_j, extra, t
    cdef double q_i, q_j, q_k
    cdef int i, j, k, pair
    for i in range(n):
        total += a[i]
    inverse = 1.0 / total
    for i in range(n):
        phi[i] = a[i] * inverse
        ideal += phi[i] * mixture.s[i]
        c[i] = 0.0
    for i in range(n):
        mu[i] = mixture.s[i] * (log(phi[i]) + 1.0) - ideal
    if hessian != NULL:
        for i in range(n):
            for j in range(n):
                hessian[i * n + j] = (ideal - mixture.s[i] - mixture.s[j]) * inverse
            hessian[i * n + i] += mixture.s[i] / a[i]
    for j in range(1, n):
        for i in range(j):
            pair = pair_index(i, j)
            pair_sum = phi[i] + phi[j]
            w = phi[j] / pair_sum if pair_sum > 0.0 else 0.5
            if not mixture.varies[pair]:
                b = mixture.poly[pair][0]
                c[i] += b * phi[j]
                c[j] += b * phi[i]
                e += b * phi[i] * phi[j]
                if hessian != NULL:
                    hessian[i * n + j] += b * inverse
                    hessian[j * n + i] += b * inverse
                continue
            pair_function(mixture, pair, w, &b, &db, &ddb)
            c[i] += b * phi[j]
            c[j] += b * phi[i]
            e += b * phi[i] * phi[j]
            q_ij = phi[i] * phi[j]
            if hessian != NULL:
                hessian[i * n + j] += b * inverse
                hessian[j * n + i] += b * inverse
            if not pair_sum > 1e-280:
                continue
            # derivatives of w with respect to a_i and a_j, times the total
            w_i = -w / pair_sum
            w_j = (1.0 - w) / pair_sum
            extra = db * q_ij
            mu[i] += extra * w_i
            mu[j] += extra * w_j
            if hessian != NULL:
                # q = a_i a_j / A: its derivative with respect to any amount k
                for k in range(n):
                    q_k = -q_ij
                    if k == i:
                        q_k += phi[j]
                    elif k == j:
                        q_k += phi[i]
                    t = db * q_k * inverse
                    hessian[i * n + k] += t * w_i
                    hessian[k * n + i] += t * w_i
                    hessian[j * n + k] += t * w_j
                    hessian[k * n + j] += t * w_j
                t = q_ij * inverse
                hessian[i * n + i] += t * (ddb * w_i * w_i
                                           + db * 2.0 * w / (pair_sum * pair_sum))
                hessian[j * n + j] += t * (ddb * w_j * w_j
                                           - db * 2.0 * (1.0 - w)
                                           / (pair_sum * pair_sum))
                q_i = t * (ddb * w_i * w_j
                           + db * (2.0 * w - 1.0) / (pair_sum * pair_sum))
                hessian[i * n + j] += q_i
                hessian[j * n + i] += q_i
    for i in range(n):
        mu[i] += c[i] - e
    if hessian != NULL:
        for i in range(n):
            for j in range(n):
                hessian[i * n + j] += (2.0 * e - c[i] - c[j]) * inverse
