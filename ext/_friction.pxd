# Maxwell-Stefan (Bearman) friction of the small species with each other and the polymer.
#
# a) -grad mu_i = sum_j zeta_ij phi_j (w_i - w_j) + zeta_iP phi_P w_i, with mu scaled per
#    volume as in _flory_huggins, w the velocities relative to the membrane polymer and
#    zeta_ij = zeta_ji [s/m2] (Onsager). In fluxes j = phi w:
#    R j = -grad mu, R_ii = b_i/phi_i, b_i = sum_j zeta_ij phi_j + zeta_iP phi_P,
#    R_ij = -zeta_ij.
# b) zeta of two small species is interpolated between its two dilute limits,
#    ln zeta = (1 - w) ln zeta_i + w ln zeta_j, w = phi_j/(phi_i + phi_j) [Vignes 1966],
#    with 1e-12 added to both fractions, so that w is defined where both vanish.
# c) All polymer together obstructs: every friction grows by
#    T = ((1 + phi)/(1 - phi))^e, phi the total polymer fraction, e = 2 [Mackie & Meares
#    1955], and polymer drags with zeta0_i T phi^d per volume of polymer, d = 1/2 being
#    the drag eta/xi^2, xi = a phi^(-3/4), of a semidilute solution [de Gennes 1979,
#    sec. V.2]. A drag as strong as the friction between liquids would carry the polymer
#    away from a surface that takes up nonsolvent, past the critical point, and nothing
#    would demix there. The membrane polymer's drag on small species may follow free
#    volume as well: times exp(-sum n_j phi_j/sum d_j phi_j), polymer last, which is the
#    mobility of Vrentas & Duda [1977] and, for one polymer and one plasticizing
#    solvent, of Fujita [1961].
# d) A dissolved polymer (PVP) has film-scale frictions of its own: with the membrane
#    polymer (times T phi^(1/2) too), and with small species that of a coil in a lean
#    phase; two of them rub with the sum of their coils'.
# e) In a lean phase the dissolved polymer obstructs small species as in c), and no more:
#    they pass between its segments and do not feel the solution's viscosity. Its coils
#    do: their friction grows by 1 + x exp(k x), x = [eta] c [Martin 1942]. The liquid
#    also rubs on the walls of its pores (Darcy), see _film_cell.pxd.
# f) The friction between small species in the solution and the rich phase is `slowdown`
#    times that of Mackie & Meares; a lean phase is a liquid and knows none of it.

from libc.math cimport exp, pow, sqrt

from _flory_huggins cimport MAX_PAIRS, pair_index


cdef struct Friction:
    int n
    int polymeric[7]
    double log_dilute_i[MAX_PAIRS]
    double log_dilute_j[MAX_PAIRS]
    double zeta0[7]
    double obstruction
    double crowding
    int free_volume
    double hindrance[8]
    double vacancy[8]
    double coil[7]
    double network[7]
    double wall
    double slowdown
    double intrinsic
    double martin


cdef inline void pair_friction(const Friction* f, const double* phi, int i, int j,
                               double* z, double* dz_i, double* dz_j) noexcept nogil:
    """zeta_ij of two small species and its derivatives with respect to both phi."""
    cdef int k = pair_index(i, j) if i < j else pair_index(j, i)
    cdef int a = i if i < j else j
    cdef int b = j if i < j else i
    cdef double s = phi[a] + phi[b] + 2e-12
    cdef double w = (phi[b] + 1e-12) / s
    cdef double slope = f.log_dilute_j[k] - f.log_dilute_i[k]
    cdef double da, db
    z[0] = exp(f.log_dilute_i[k] + w * slope)
    da = -z[0] * slope * w / s
    db = z[0] * slope * (1.0 - w) / s
    dz_i[0] = da if i == a else db
    dz_j[0] = db if i == a else da


cdef inline double polymer_load(double exponent, double pol, double* slope) noexcept nogil:
    """((1 + pol)/(1 - pol))^exponent and its derivative; 1 and 2 without a call."""
    cdef double q, ratio, load
    if exponent == 0.0:
        slope[0] = 0.0
        return 1.0
    q = 1.0 / (1.0 - pol)
    ratio = (1.0 + pol) * q
    if exponent == 2.0:
        slope[0] = 4.0 * ratio * q * q
        return ratio * ratio
    load = pow(ratio, exponent)
    slope[0] = exponent * load / ratio * 2.0 * q * q
    return load


cdef inline double crowd(double exponent, double pol, double* slope) noexcept nogil:
    """pol^exponent and its derivative; a half, 1 and none without a call."""
    cdef double value
    if exponent == 0.5:
        value = sqrt(pol)
        slope[0] = 0.5 / value
        return value
    if exponent == 0.0 or exponent == 1.0:
        slope[0] = exponent
        return pol if exponent == 1.0 else 1.0
    value = pow(pol, exponent)
    slope[0] = exponent * value / pol
    return value


cdef inline double free_volume(int n, const Friction* f, const double* phi,
                               double phi_p, double* slope) noexcept nogil:
    """exp(-sum n phi/sum d phi), and its derivatives (n + 1)."""
    cdef int k
    cdef double top = f.hindrance[n] * phi_p, bottom = f.vacancy[n] * phi_p, value
    for k in range(n):
        top += f.hindrance[k] * phi[k]
        bottom += f.vacancy[k] * phi[k]
    bottom = 1.0 / bottom
    top *= bottom
    value = exp(-top)
    for k in range(n + 1):
        slope[k] = -value * bottom * (f.hindrance[k] - top * f.vacancy[k])
    return value


cdef inline void phase_friction(int n, const Friction* f, bint lean, const double* phi,
                                double phi_p, double* b, double* zeta,
                                double* db, double* dzeta,
                                double* dzeta_t) noexcept nogil:
    """Friction of one phase and, unless db is NULL, its derivatives.

    phi (n), phi_p: fractions, taken as independent. b (n), zeta (n, n). db (n, n + 1):
    derivative of b_i with respect to phi_k and phi_p. zeta_ij depends on phi_j (dzeta),
    on phi_i (dzeta of j and i) and on the total polymer fraction (dzeta_t), each (n, n).
    """
    cdef int i, j, k
    cdef double pol = phi_p, z, dz, load, dload, zi, zj, t, drag, own, whole
    cdef double free = 1.0
    cdef double dfree[8]
    cdef double* row
    for i in range(n):
        if f.polymeric[i]:
            pol += phi[i]
    load = polymer_load(f.obstruction, pol, &dload)
    if lean:
        t = f.intrinsic * pol
        z = exp(f.martin * t)
        dz = f.intrinsic * z * (1.0 + f.martin * t)
        z = 1.0 + t * z
    else:
        t = crowd(f.crowding, pol, &zi)
        z = load * t
        dz = dload * t + zi * load
        load = load * f.slowdown
        dload = dload * f.slowdown
    if f.free_volume and not lean:
        free = free_volume(n, f, phi, phi_p, dfree)
    for j in range(n):
        zeta[j * n + j] = 0.0
        dzeta[j * n + j] = 0.0
        dzeta_t[j * n + j] = 0.0
        for i in range(j):
            if f.polymeric[i] or f.polymeric[j]:
                zi = 0.0
                zj = 0.0
                if f.polymeric[i] and f.polymeric[j]:
                    t = f.coil[i] + f.coil[j]
                elif lean:
                    t = f.coil[i] if f.polymeric[i] else f.coil[j]
                else:
                    t = f.zeta0[j] if f.polymeric[i] else f.zeta0[i]
                dzeta_t[i * n + j] = dzeta_t[j * n + i] = t * dz
                t *= z
            else:
                pair_friction(f, phi, i, j, &t, &zi, &zj)
                dzeta_t[i * n + j] = dzeta_t[j * n + i] = t * dload
                t *= load
            zeta[i * n + j] = zeta[j * n + i] = t
            dzeta[i * n + j] = zj * load
            dzeta[j * n + i] = zi * load
    for i in range(n):
        t = f.network[i] if f.polymeric[i] else f.zeta0[i]
        drag = t * z
        if f.free_volume and not lean and not f.polymeric[i]:
            t *= free
        b[i] = t * z * phi_p
        for j in range(n):
            b[i] += zeta[i * n + j] * phi[j]
        if db == NULL:
            continue
        row = &db[i * (n + 1)]
        # of the total polymer fraction
        whole = t * dz * phi_p
        own = 0.0
        for j in range(n):
            whole += dzeta_t[i * n + j] * phi[j]
            own += dzeta[j * n + i] * phi[j]
            row[j] = zeta[i * n + j] + dzeta[i * n + j] * phi[j]
        row[i] += own
        row[n] = t * z + whole
        for k in range(n):
            if f.polymeric[k]:
                row[k] += whole
        if f.free_volume and not lean and not f.polymeric[i]:
            for k in range(n + 1):
                row[k] += drag * phi_p * dfree[k]
