# Flory-Huggins free energy of up to 8 components, its first and second derivatives.
#
# a) Amounts a_i (volumes of component i, any total) instead of fractions: the free
#    energy G(a) is then homogeneous of degree one, its gradient mu and Hessian H obey
#    sum_j H_ij a_j = 0, and a phase without polymer is the same code with one
#    component less.
# b) Everything is per volume and scaled by V0, the molar volume of liquid water:
#    mu_i = V0 (mu_i - mu_i,pure)/(R T V_i). Chain lengths of 50 000 stay well scaled.
# c) G = sum_i s_i a_i ln(a_i/A) + sum_{i<j} b_ij(w_ij) a_i a_j / A, with
#        + sum_{i<j<k} b_ijk a_i a_j a_k / A**2,
#    A = sum a, s_i = V0/V_i, w_ij = a_j/(a_i + a_j) and b_ij = V0 g_ij/V_ref.
#    [Altena & Smolders 1982, eq. 1; Yilmaz & McHugh 1986]
# d) Components of one group (two solvents of a mixture) share the fraction of a pair:
#    w_ij = S_j/(S_i + S_j), S_i the amount of the whole group of i. A pair inside a
#    group keeps its own. A component without a group is a group of its own.
# e) All pairs are first taken as their constant part, a matrix. What varies of some,
#    triples and groups are added and cost nothing without them.
# f) A film may obey Henry's law instead, mu_i = s_i ln(u_i/H_i), u amounts per volume of
#    polymer: see find_phases in _film_cell.pxd. Its bath is Flory-Huggins' still.

from libc.math cimport isfinite, log

cdef enum:
    MAX_COMPONENTS = 8
    MAX_PAIRS = 28
    MAX_TRIPLES = 56


cdef struct Mixture:
    int count
    double temperature      # of what follows [K]; 0 where nobody asks
    double s[MAX_COMPONENTS]
    double poly[MAX_PAIRS][5]
    double flat[MAX_COMPONENTS][MAX_COMPONENTS]     # constant part of each b, both ways
    double rational_b[MAX_PAIRS]
    double rational_c[MAX_PAIRS]
    int varies[MAX_PAIRS]
    int varying             # how many do, and which, by their second component
    int first[MAX_PAIRS]
    int second[MAX_PAIRS]
    int has_shared
    int shared[MAX_PAIRS]
    int group[MAX_COMPONENTS]
    int has_triples
    double triple[MAX_TRIPLES]
    int has_henry
    double log_henry[MAX_COMPONENTS]


cdef inline int pair_index(int i, int j) noexcept nogil:
    """Place of the pair i < j in the tables; the same for any number of components."""
    return j * (j - 1) // 2 + i


cdef inline int triple_index(int i, int j, int k) noexcept nogil:
    """Place of the triple i < j < k; the same for any number of components."""
    return k * (k - 1) * (k - 2) // 6 + j * (j - 1) // 2 + i


cdef inline void set_groups(Mixture* mixture, const int* group) noexcept nogil:
    """Share fractions inside the groups, numbers (count) or NULL: none.

    Call it when count and varies are set; every mixture needs it.
    """
    cdef int i, j, k, pair
    mixture.has_shared = 0
    for i in range(mixture.count):
        mixture.group[i] = i if group == NULL else group[i]
    for j in range(1, mixture.count):
        for i in range(j):
            pair = pair_index(i, j)
            mixture.shared[pair] = 0
            if not mixture.varies[pair] or mixture.group[i] == mixture.group[j]:
                continue
            for k in range(mixture.count):
                if k != i and k != j and (mixture.group[k] == mixture.group[i]
                                          or mixture.group[k] == mixture.group[j]):
                    mixture.shared[pair] = 1
            if mixture.shared[pair]:
                mixture.varies[pair] = 0
                mixture.has_shared = 1
    mixture.varying = 0
    for j in range(1, mixture.count):
        for i in range(j):
            if mixture.varies[pair_index(i, j)]:
                mixture.first[mixture.varying] = i
                mixture.second[mixture.varying] = j
                mixture.varying += 1


cdef inline void set_flat(Mixture* mixture) noexcept nogil:
    """Spread the constant parts of the pairs. Call it whenever poly is set."""
    cdef int i, j
    for j in range(mixture.count):
        mixture.flat[j][j] = 0.0
        for i in range(j):
            mixture.flat[i][j] = mixture.flat[j][i] = mixture.poly[pair_index(i, j)][0]


cdef inline int read_mixture(Mixture* mixture, const double[::1] s,
                             const double[:, ::1] poly, const double[:, ::1] rational,
                             const double[::1] triples, const int[::1] groups) except -1:
    """Fill a mixture from its tables at one temperature; triples, groups: or None."""
    cdef int n = s.shape[0], p, k
    if not 2 <= n <= MAX_COMPONENTS:
        raise ValueError("a mixture has 2 to 8 components")
    if (poly.shape[0] != n * (n - 1) // 2 or poly.shape[1] != 5
            or rational.shape[0] != poly.shape[0] or rational.shape[1] != 2
            or (triples is not None and triples.shape[0] != n * (n - 1) * (n - 2) // 6)
            or (groups is not None and groups.shape[0] != n)):
        raise ValueError("the interaction tables do not fit the components")
    mixture.count = n
    mixture.temperature = 0.0
    for k in range(n):
        if not 0.0 < s[k] < 1e300:
            raise ValueError("s is positive and finite")
        mixture.s[k] = s[k]
    for p in range(poly.shape[0]):
        for k in range(5):
            if not isfinite(poly[p, k]):
                raise ValueError("interactions are finite")
        if not (isfinite(rational[p, 0]) and isfinite(rational[p, 1])):
            raise ValueError("interactions are finite")
        mixture.varies[p] = rational[p, 0] != 0.0
        mixture.rational_b[p] = rational[p, 0]
        mixture.rational_c[p] = rational[p, 1]
        for k in range(5):
            mixture.poly[p][k] = poly[p, k]
            if k > 0 and poly[p, k] != 0.0:
                mixture.varies[p] = 1
    mixture.has_henry = 0
    mixture.has_triples = triples is not None
    if triples is not None:
        for p in range(triples.shape[0]):
            if not isfinite(triples[p]):
                raise ValueError("interactions are finite")
            mixture.triple[p] = triples[p]
    set_groups(mixture, &groups[0] if groups is not None else NULL)
    set_flat(mixture)
    return 0


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


cdef inline void triple_terms(const Mixture* mixture, int n, const double* phi,
                              double inverse, double* mu,
                              double* hessian) noexcept nogil:
    """Add the triples' part to mu (n) and, unless NULL, to hessian (n, n)."""
    cdef double slope[MAX_COMPONENTS]
    cdef double b, t, e = 0.0
    cdef int i, j, k
    for k in range(n):
        slope[k] = 0.0
    for k in range(2, n):
        for j in range(1, k):
            for i in range(j):
                b = mixture.triple[triple_index(i, j, k)]
                if b == 0.0:
                    continue
                slope[i] += b * phi[j] * phi[k]
                slope[j] += b * phi[i] * phi[k]
                slope[k] += b * phi[i] * phi[j]
                e += b * phi[i] * phi[j] * phi[k]
                if hessian != NULL:
                    t = b * inverse
                    hessian[i * n + j] += t * phi[k]
                    hessian[j * n + i] += t * phi[k]
                    hessian[i * n + k] += t * phi[j]
                    hessian[k * n + i] += t * phi[j]
                    hessian[j * n + k] += t * phi[i]
                    hessian[k * n + j] += t * phi[i]
    # G_3 = P/A**2: its gradient is P_i/A**2 - 2 P/A**3, and once more
    for i in range(n):
        mu[i] += slope[i] - 2.0 * e
        if hessian != NULL:
            for j in range(n):
                hessian[i * n + j] += (6.0 * e - 2.0 * (slope[i] + slope[j])) * inverse


cdef inline void shared_pair(const Mixture* mixture, int n, int i, int j,
                             const double* phi, double inverse, double* mu,
                             double* hessian) noexcept nogil:
    """Add what varies of a pair whose fraction its groups share."""
    cdef double side[MAX_COMPONENTS]
    cdef double move[MAX_COMPONENTS]
    cdef double part[MAX_COMPONENTS]
    cdef double whole = 0.0, w = 0.0, b, db, ddb, q, t
    cdef int k, m
    for k in range(n):
        side[k] = -1.0
        if mixture.group[k] == mixture.group[i]:
            side[k] = 0.0
            whole += phi[k]
        elif mixture.group[k] == mixture.group[j]:
            side[k] = 1.0
            whole += phi[k]
            w += phi[k]
    w = w / whole if whole > 0.0 else 0.5
    pair_function(mixture, pair_index(i, j), w, &b, &db, &ddb)
    b -= mixture.poly[pair_index(i, j)][0]
    q = phi[i] * phi[j]
    for k in range(n):
        # derivatives of w, times the total, and of a_i a_j / A with respect to a_k
        move[k] = 0.0
        if side[k] >= 0.0 and whole > 1e-280:
            move[k] = (side[k] - w) / whole
        part[k] = (phi[j] if k == i else phi[i] if k == j else 0.0) - q
        mu[k] += b * part[k] + db * q * move[k]
    if hessian == NULL:
        return
    hessian[i * n + j] += b * inverse
    hessian[j * n + i] += b * inverse
    for k in range(n):
        for m in range(n):
            t = (db * (part[k] * move[m] + part[m] * move[k])
                 + q * ddb * move[k] * move[m] - b * (part[k] + part[m]))
            if side[k] >= 0.0 and side[m] >= 0.0 and whole > 1e-280:
                t += q * db * (2.0 * w - side[k] - side[m]) / (whole * whole)
            hessian[k * n + m] += t * inverse


cdef inline void excess(const Mixture* mixture, int n, const double* a, double* phi,
                        double* mu, double* hessian) noexcept nogil:
    """mu (n) but for s_i ln phi_i, the fractions phi (n) and, unless NULL, the hessian
    (n, n) of the first n components.

    All amounts must be positive.
    """
    cdef double c[MAX_COMPONENTS]
    cdef double side[MAX_COMPONENTS]
    cdef double total = 0.0, e = 0.0, ideal = 0.0, inverse
    cdef double b, db, ddb, w, pair_sum, q, w_i, w_j, t, z
    cdef int i, j, k, pair
    for i in range(n):
        total += a[i]
        c[i] = 0.0
    inverse = 1.0 / total
    for i in range(n):
        phi[i] = a[i] * inverse
        ideal += phi[i] * mixture.s[i]
    for i in range(n):
        t = phi[i]
        for j in range(n):
            c[j] += t * mixture.flat[i][j]
        if hessian != NULL:
            for j in range(n):
                hessian[i * n + j] = mixture.flat[i][j]
    for i in range(n):
        mu[i] = mixture.s[i] - ideal
        side[i] = mixture.s[i]
    # what a pair adds to the Hessian depends on its two components, or is the same in
    # a whole row and column: `side` gathers the latter
    for k in range(mixture.varying):
        i, j = mixture.first[k], mixture.second[k]
        if j >= n:
            break
        pair_sum = phi[i] + phi[j]
        w = phi[j] / pair_sum if pair_sum > 0.0 else 0.5
        pair = pair_index(i, j)
        pair_function(mixture, pair, w, &b, &db, &ddb)
        b -= mixture.poly[pair][0]
        c[i] += b * phi[j]
        c[j] += b * phi[i]
        if hessian != NULL:
            hessian[i * n + j] += b
            hessian[j * n + i] += b
        if not pair_sum > 1e-280:
            continue
        # derivatives of w with respect to a_i and a_j, times the total
        z = 1.0 / pair_sum
        w_i = -w * z
        w_j = (1.0 - w) * z
        q = phi[i] * phi[j]
        t = db * q
        mu[i] += t * w_i
        mu[j] += t * w_j
        if hessian != NULL:
            side[i] += t * w_i
            side[j] += t * w_j
            t = 2.0 * t * z * z
            q = q * ddb
            b = db * (phi[i] * w_i + phi[j] * w_j) + q * w_i * w_j + t * (w - 0.5)
            hessian[i * n + j] += b
            hessian[j * n + i] += b
            hessian[i * n + i] += 2.0 * db * phi[j] * w_i + q * w_i * w_i + t * w
            hessian[j * n + j] += (2.0 * db * phi[i] * w_j + q * w_j * w_j
                                   - t * (1.0 - w))
    for i in range(n):
        e += 0.5 * c[i] * phi[i]
    for i in range(n):
        mu[i] += c[i] - e
    if hessian != NULL:
        e = 0.5 * ideal + e
        for i in range(n):
            side[i] += c[i] - e
        for i in range(n):
            t = side[i]
            for j in range(n):
                hessian[i * n + j] = (hessian[i * n + j] - (t + side[j])) * inverse
            hessian[i * n + i] += mixture.s[i] / a[i]
    if mixture.has_triples:
        triple_terms(mixture, n, phi, inverse, mu, hessian)
    if mixture.has_shared:
        for j in range(1, n):
            for i in range(j):
                if mixture.shared[pair_index(i, j)]:
                    shared_pair(mixture, n, i, j, phi, inverse, mu, hessian)


cdef inline void potentials(const Mixture* mixture, int n, const double* a,
                            double* mu, double* hessian) noexcept nogil:
    """mu (n) and, unless NULL, hessian (n, n) of the first n components.

    All amounts must be positive.
    """
    cdef double phi[MAX_COMPONENTS]
    cdef int i
    excess(mixture, n, a, phi, mu, hessian)
    for i in range(n):
        mu[i] += mixture.s[i] * log(phi[i])
