# One film cell: its phases, potentials, and scaled resistance, with derivatives.
#
# a) u_i: volume of species i per volume of membrane polymer; A = 1 + sum u.
# b) The face law needs R of the cell as R_ij = S_ij/sqrt(phi_i phi_j): S stays finite
#    for traces, and an average of two S is positive definite (see film.pyx).
# c) One phase: S_ii = b_i, S_ij = -zeta_ij sqrt(phi_i phi_j). Two phases conduct side
#    by side: L = f_rich R_rich^-1 + f_lean^2 R_lean^-1 (Archie's law with the exponent
#    2 of a sponge: a tortuosity of 1.25 at f_lean 0.8, and droplets hardly conduct), S
#    from L^-1. The lean liquid as a whole is held by its walls alone: b_i gains
#    wall/f_lean, so that the cell's permeability goes with f_lean^3 (Kozeny).
# d) The cell's potentials are the tie line's; a demixed cell's network adds
#    V0 Pi/(R T), Pi = G (lambda - 1/lambda), lambda = A/A_demixed, to each.

from libc.math cimport exp, fabs, log, sqrt

from _coexistence cimport flash, stability
from _dense cimport spd_inverse
from _flory_huggins cimport Mixture, potentials
from _friction cimport Friction, phase_friction

cdef enum:
    SPECIES = 7


cdef struct Cell:
    int two
    int single              # kept as one phase, whatever is stable
    double distance         # tangent-plane distance K of the cell as one phase
    double slack            # K below 0 by less counts as none: one phase
    double total            # A
    double x[7]             # lean amounts; also the next start
    double u[7]             # amounts they belong to
    double dx[49]           # derivative of x, from when it was last asked for
    double drich[49]        # and of rich
    int slope               # whether they are there
    double y[7]             # virtual lean composition; also the next start
    double y_mu[7]          # its potentials
    double y_temperature    # the mixture's then; 0: y is no answer yet
    double rich[8]          # rich amounts, polymer 1 last
    double phi[7]
    double mu[7]
    double dmu[49]
    double s[49]
    double ds[343]          # ds[i][j][d]: derivative of s_ij with respect to u_d
    double dlean[49]        # derivative of the logarithm of the lean composition
    double lean             # volume fraction of the lean phase
    double dshare[7]        # its derivative


cdef inline bint one_but_for_traces(const Mixture* mixture, int n, const double* u,
                                    const double* mu, Cell* c) noexcept nogil:
    """Whether a cell would be one phase without the traces its lean phase lives on.

    A dissolved polymer gathers in the lean phase however little there is of it: that
    phase is then less than a millionth of the cell, which the flash hardly resolves,
    and holds nothing of the rest.
    """
    cdef double left[7]
    cdef double y[7]
    cdef double distance = 0.0
    cdef int i
    cdef bint traces = False
    for i in range(n):
        left[i] = mu[i]
        y[i] = c.y[i]
        if u[i] < 1e-6 * c.total * c.y[i]:
            # no liquid has a potential as low as this
            left[i] = -100.0
            y[i] = 1e-290
            traces = True
    return traces and (stability(mixture, n, left, y, &distance) == 0
                       and distance > -1e-10)


cdef inline bint surely_one(const Mixture* mixture, int n, const double* mu,
                            Cell* c) noexcept nogil:
    """Whether the last stability test still decides that there is one phase.

    At any composition y the tangent-plane distance t = sum y_i (mu_i(y) - mu_i) is no
    smaller than its minimum K. Near the last minimum K is t less some
    sum y_i g_i**2/(2 s_i), g the potentials that are still apart; where that is below
    a hundredth of t there is one phase, and K is known well enough.
    """
    cdef double t = 0.0, less = 0.0, g
    cdef int i
    if c.y_temperature == 0.0:
        return False
    if c.y_temperature != mixture.temperature:
        potentials(mixture, n, c.y, c.y_mu, NULL)
        c.y_temperature = mixture.temperature
    for i in range(n):
        t += c.y[i] * (c.y_mu[i] - mu[i])
    for i in range(n):
        g = (mu[i] + t - c.y_mu[i]) / mixture.s[i]
        if not fabs(g) < 0.5:
            return False
        less += 0.5 * c.y[i] * mixture.s[i] * g * g
    if not t > 100.0 * less + 1e-9:
        return False
    c.distance = t - less
    return True


cdef inline bint foresee(int n, const double* u, Cell* c) noexcept nogil:
    """Move the phases along their last known derivatives, unless that is too far."""
    cdef double lean[7]
    cdef double rich[7]
    cdef int i, j
    for i in range(n):
        lean[i] = 0.0
        rich[i] = 0.0
        for j in range(n):
            lean[i] += c.dx[i * n + j] * (u[j] - c.u[j])
            rich[i] += c.drich[i * n + j] * (u[j] - c.u[j])
        if not (fabs(lean[i]) < 0.5 * c.x[i] and fabs(rich[i]) < 0.5 * c.rich[i]):
            return False
    for i in range(n):
        c.x[i] += lean[i]
        c.rich[i] += rich[i]
    return True


cdef inline int find_phases(const Mixture* mixture, int n, const double* u, Cell* c,
                            double* h_rich, double* h_lean,
                            bint derivatives) noexcept nogil:
    """Decide one phase or two, and fill mu, rich, x. -1: no answer was found.

    h_rich (n+1, n+1): Hessian of the rich (or only) phase; h_lean (n, n): the lean's;
    of one phase only if `derivatives`.
    """
    cdef double mu[8]
    cdef double r[7]
    cdef double last_x[7]
    cdef double last_rich[7]
    cdef double guess, curvature, total = 1.0, small = 0.0
    cdef int i, j, attempt, status
    for i in range(n):
        if not u[i] > 0.0:
            return -1
        total += u[i]
    small = total - 1.0
    c.total = total
    for i in range(n):
        c.phi[i] = u[i] / total
    c.rich[n] = 1.0
    if mixture.has_henry:
        for i in range(n):
            c.rich[i] = u[i]
            c.mu[i] = mixture.s[i] * (log(u[i]) - mixture.log_henry[i])
            # what an ideal liquid beside it holds
            c.y[i] = exp(c.mu[i] / mixture.s[i])
            for j in range(n):
                h_rich[i * (n + 1) + j] = 0.0
            h_rich[i * (n + 2)] = mixture.s[i] / u[i]
        c.two = 0
        return 0
    if c.two:
        for i in range(n):
            last_x[i] = c.x[i]
            last_rich[i] = c.rich[i]
        for attempt in range(2):
            if attempt == 0:
                if not c.slope or not foresee(n, u, c):
                    continue
            # a trace is kept in the phase that holds less, or its digits are lost
            for i in range(n):
                if c.x[i] < c.rich[i]:
                    if not c.x[i] < u[i]:
                        c.x[i] = 0.5 * u[i]
                    r[i] = u[i] - c.x[i]
                else:
                    r[i] = c.rich[i] if c.rich[i] < u[i] else 0.5 * u[i]
                    c.x[i] = u[i] - r[i]
            status = flash(mixture, n, u, c.x, r, c.mu, h_rich, h_lean)
            if status == 0:
                for i in range(n):
                    c.rich[i] = r[i]
                    c.u[i] = u[i]
                return 0
            for i in range(n):
                c.x[i] = last_x[i]
                c.rich[i] = last_rich[i]
    c.two = 0
    c.slope = 0
    for i in range(n):
        c.rich[i] = u[i]
    potentials(mixture, n + 1, c.rich, mu, h_rich if derivatives else NULL)
    if c.single or surely_one(mixture, n, mu, c):
        for i in range(n):
            c.mu[i] = mu[i]
        return 0
    c.y_temperature = 0.0
    if stability(mixture, n, mu, c.y, &c.distance) != 0:
        for i in range(n):
            c.y[i] = u[i] / small
        c.distance = 0.0
        if stability(mixture, n, mu, c.y, &c.distance) != 0:
            return -1
    if c.distance > -1e-10 - c.slack:
        for i in range(n):
            c.mu[i] = mu[i]
            c.y_mu[i] = mu[i] + c.distance
        c.y_temperature = mixture.temperature
        return 0
    if not derivatives:
        potentials(mixture, n + 1, c.rich, mu, h_rich)
    curvature = 0.0
    for i in range(n):
        for j in range(n):
            curvature += c.y[i] * h_rich[i * (n + 1) + j] * c.y[j]
    guess = 0.1 * small
    if curvature > 0.0 and -c.distance / curvature < guess:
        guess = -c.distance / curvature
    if guess < 1e-8 * total:
        guess = 1e-8 * total
    for attempt in range(13):
        if attempt > 8:
            # a watery cell, nearly all of it lean
            guess = 0.3 if attempt == 9 else 0.3 * guess
            for i in range(n):
                r[i] = guess * u[i]
                c.x[i] = u[i] - r[i]
            status = flash(mixture, n, u, c.x, r, c.mu, h_rich, h_lean)
            if status == 0:
                c.two = 1
                for i in range(n):
                    c.rich[i] = r[i]
                    c.u[i] = u[i]
                return 0
            continue
        if attempt == 1:
            guess = 1e-6 * total
        elif attempt > 1:
            guess = 6.0 * guess
        for i in range(n):
            c.x[i] = guess * c.y[i]
            # far inside, a dissolved polymer is where its virtual phase has none
            if attempt > 4 and c.x[i] < 1e-9 * u[i]:
                c.x[i] = 0.5 * u[i]
            if not c.x[i] < 0.9 * u[i]:
                c.x[i] = 0.9 * u[i]
            r[i] = u[i] - c.x[i]
        status = flash(mixture, n, u, c.x, r, c.mu, h_rich, h_lean)
        if status == 0:
            c.two = 1
            for i in range(n):
                c.rich[i] = r[i]
                c.u[i] = u[i]
            return 0
    if c.distance > -1e-7 or one_but_for_traces(mixture, n, u, mu, c):
        # the lean phase would be smaller than the flash resolves
        for i in range(n):
            c.mu[i] = mu[i]
            c.rich[i] = u[i]
        potentials(mixture, n + 1, c.rich, mu, h_rich)
        return 0
    return -1


cdef inline void _resistance(int n, const Cell* c, const double* root,
                             const double* phi, const double* b,
                             const double* zeta, double* r) noexcept nogil:
    """R of a phase of the fractions phi, times roots of the cell's fractions."""
    cdef int i, j
    for i in range(n):
        for j in range(i):
            r[i * n + j] = r[j * n + i] = -zeta[i * n + j] * root[i] * root[j]
        r[i * n + i] = b[i] * (c.phi[i] / (phi[i] if phi[i] > 1e-150 else 1e-150))


cdef inline void _resistance_slope(int n, const Friction* f, const Cell* c,
                                   const double* root, double share,
                                   const double* dshare, const double* r,
                                   const double* phi, const double* b,
                                   const double* db, const double* dzeta,
                                   const double* dzeta_t, const double* dphi,
                                   double* dphi_p, double* m) noexcept nogil:
    """share dR/du_d - dshare_d R into m[i][j][d], r and R as `_resistance` has them.

    dphi[i][d], dphi_p[d]: what the phase's fractions change by.
    """
    cdef int i, j, k, d
    cdef double dpol[7]
    cdef double at_i, at_j, at_all, p
    cdef double* out
    for d in range(n):
        dpol[d] = dphi_p[d]
    for i in range(n):
        if f.polymeric[i]:
            for d in range(n):
                dpol[d] += dphi[i * n + d]
    for i in range(n):
        for j in range(i):
            out = &m[(i * n + j) * n]
            p = -share * root[i] * root[j]
            at_i = p * dzeta[j * n + i]
            at_j = p * dzeta[i * n + j]
            at_all = p * dzeta_t[i * n + j]
            for d in range(n):
                out[d] = (at_i * dphi[i * n + d] + at_j * dphi[j * n + d]
                          + at_all * dpol[d] - r[i * n + j] * dshare[d])
            for d in range(n):
                m[(j * n + i) * n + d] = out[d]
        out = &m[(i * n + i) * n]
        p = 1.0 / (phi[i] if phi[i] > 1e-150 else 1e-150)
        at_i = -p * b[i]
        p *= share * c.phi[i]
        for d in range(n):
            out[d] = (p * (at_i * dphi[i * n + d] + db[i * (n + 1) + n] * dphi_p[d])
                      - r[i * n + i] * dshare[d])
        for k in range(n):
            at_j = p * db[i * (n + 1) + k]
            for d in range(n):
                out[d] += at_j * dphi[k * n + d]


cdef inline void _add_congruences(int n, const double* w, const double* m,
                                  double* out) noexcept nogil:
    """Add w m[..][d] w^T to out[..][d] of each d, m[i][j] = m[j][i], for j <= i."""
    cdef double t[49]
    cdef double value
    cdef int i, j, k, d
    for i in range(n):
        for j in range(n * n):
            t[j] = w[i * n] * m[j]
        for k in range(1, n):
            value = w[i * n + k]
            for j in range(n * n):
                t[j] += value * m[k * n * n + j]
        for j in range(i + 1):
            for k in range(n):
                value = w[j * n + k]
                for d in range(n):
                    out[(i * n + j) * n + d] += value * t[k * n + d]


cdef inline int evaluate_cell(int n, const Mixture* mixture, const Friction* f,
                              double modulus, double reference, const double* u,
                              Cell* c, bint derivatives) noexcept nogil:
    """Fill c for the amounts u (n). modulus: V0 G/(R T); reference: A when the cell
    demixed, 0 before. Returns -1 when no phase equilibrium was found."""
    cdef double h_rich[64]
    cdef double h_lean[49]
    cdef double m[49]
    cdef double t[49]
    cdef double root[7]
    cdef double size[7]
    cdef int i, j, k
    cdef double value, lam
    if find_phases(mixture, n, u, c, h_rich, h_lean, derivatives) != 0:
        return -1
    for i in range(n):
        root[i] = sqrt(c.phi[i])

    # potentials and their derivative
    if derivatives:
        if c.two:
            # dx/du = (H_rich + H_lean)^-1 H_rich and dr/du = (...)^-1 H_lean, each by
            # itself: a trace in one phase is lost in the difference from one
            for i in range(n):
                size[i] = c.x[i] if c.x[i] < c.rich[i] else c.rich[i]
            for i in range(n):
                for j in range(n):
                    m[i * n + j] = size[i] * (h_rich[i * (n + 1) + j]
                                              + h_lean[i * n + j]) * size[j]
            if spd_inverse(m, t, n) != 0:
                return -1
            c.slope = 1
            for i in range(n):
                for j in range(n):
                    c.dx[i * n + j] = 0.0
                    c.drich[i * n + j] = 0.0
                    c.dmu[i * n + j] = 0.0
                for k in range(n):
                    value = size[i] * t[i * n + k] * size[k]
                    for j in range(n):
                        c.dx[i * n + j] += value * h_rich[k * (n + 1) + j]
                        c.drich[i * n + j] += value * h_lean[k * n + j]
            for i in range(n):
                for k in range(n):
                    value = h_rich[i * (n + 1) + k]
                    for j in range(n):
                        c.dmu[i * n + j] += value * c.drich[k * n + j]
        else:
            for i in range(n):
                for j in range(n):
                    c.dmu[i * n + j] = h_rich[i * (n + 1) + j]
    if reference > 0.0:
        lam = c.total / reference
        value = modulus * (lam - 1.0 / lam)
        for i in range(n):
            c.mu[i] += value
        if derivatives:
            value = modulus * (1.0 + 1.0 / (lam * lam)) / reference
            for i in range(n * n):
                c.dmu[i] += value
    if c.two:
        return _two_phases(n, f, root, c, derivatives)
    _one_phase(n, f, root, c, derivatives)
    return 0


cdef inline void _one_phase(int n, const Friction* f, const double* root, Cell* c,
                            bint derivatives) noexcept nogil:
    """S of a cell of one phase, and its derivatives.

    A change of u_d changes phi_i by (delta_id - phi_i)/A: the second part is the same
    for each d and is summed once.
    """
    cdef double b[7]
    cdef double zeta[49]
    cdef double db[56]
    cdef double dzeta[49]
    cdef double dzeta_t[49]
    cdef int i, j, d
    cdef double inverse = 1.0 / c.total, value, at_i, at_j, at_all, pol = inverse
    cdef double* ds
    phase_friction(n, f, False, c.phi, inverse, b, zeta, db if derivatives else NULL,
                   dzeta, dzeta_t)
    for i in range(n):
        for j in range(i):
            c.s[i * n + j] = c.s[j * n + i] = -zeta[i * n + j] * root[i] * root[j]
        c.s[i * n + i] = b[i]
        if f.polymeric[i]:
            pol += c.phi[i]
    if not derivatives:
        return
    for i in range(n):
        for j in range(i):
            ds = &c.ds[(i * n + j) * n]
            value = -root[i] * root[j] * inverse
            at_i = value * dzeta[j * n + i]
            at_j = value * dzeta[i * n + j]
            at_all = value * dzeta_t[i * n + j]
            value *= zeta[i * n + j]
            for d in range(n):
                ds[d] = -(at_i * c.phi[i] + at_j * c.phi[j] + at_all * pol + value)
                if f.polymeric[d]:
                    ds[d] += at_all
            ds[i] += at_i + 0.5 * value / c.phi[i]
            ds[j] += at_j + 0.5 * value / c.phi[j]
            for d in range(n):
                c.ds[(j * n + i) * n + d] = ds[d]
        ds = &c.ds[(i * n + i) * n]
        value = db[i * (n + 1) + n] * inverse
        for j in range(n):
            value += db[i * (n + 1) + j] * c.phi[j]
        for d in range(n):
            ds[d] = (db[i * (n + 1) + d] - value) * inverse


cdef inline int _two_phases(int n, const Friction* f, const double* root, Cell* c,
                            bint derivatives) noexcept nogil:
    """S of two phases side by side, and its derivatives; -1: a phase has none.

    L^-1 = R_lean X R_rich with X = (f_rich R_lean + f_lean^2 R_rich)^-1, and so
    L^-1 R_rich^-1 = R_lean X: one inverse does for three.
    """
    cdef double b[7]
    cdef double zeta[49]
    cdef double db[56]
    cdef double dzeta[49]
    cdef double dzeta_t[49]
    cdef double lb[7]
    cdef double lzeta[49]
    cdef double ldb[56]
    cdef double ldzeta[49]
    cdef double ldzeta_t[49]
    cdef double phi_r[7]
    cdef double phi_l[7]
    cdef double r_rich[49]
    cdef double r_lean[49]
    cdef double joint[49]
    cdef double x[49]
    cdef double w_rich[49]
    cdef double w_lean[49]
    cdef double drich[7]
    cdef double dlean[7]
    cdef double dphi_r[49]
    cdef double dphi_l[49]
    cdef double dphi_p[7]
    cdef double dshare[7]
    cdef double m[343]
    cdef int i, j, k, d
    cdef double rich_total = 1.0, lean_total = 0.0, total = c.total
    cdef double f_rich, f_lean, pores, wall, value
    cdef double* ds
    for i in range(n):
        rich_total += c.rich[i]
        lean_total += c.x[i]
    for i in range(n):
        phi_r[i] = c.rich[i] / rich_total
        phi_l[i] = c.x[i] / lean_total
    f_rich = rich_total / total
    f_lean = lean_total / total
    pores = f_lean * f_lean
    c.lean = f_lean
    phase_friction(n, f, False, phi_r, 1.0 / rich_total, b, zeta,
                   db if derivatives else NULL, dzeta, dzeta_t)
    phase_friction(n, f, True, phi_l, 0.0, lb, lzeta,
                   ldb if derivatives else NULL, ldzeta, ldzeta_t)
    wall = f.wall / f_lean
    for i in range(n):
        lb[i] += wall
    _resistance(n, c, root, phi_r, b, zeta, r_rich)
    _resistance(n, c, root, phi_l, lb, lzeta, r_lean)
    for i in range(n * n):
        joint[i] = f_rich * r_lean[i] + pores * r_rich[i]
    if spd_inverse(joint, x, n) != 0:
        return -1
    for i in range(n):
        for j in range(n):
            w_rich[i * n + j] = 0.0
        for k in range(n):
            for j in range(n):
                w_rich[i * n + j] += r_lean[i * n + k] * x[k * n + j]
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for k in range(n):
                value += w_rich[i * n + k] * r_rich[k * n + j]
            c.s[i * n + j] = c.s[j * n + i] = value
    if not derivatives:
        return 0
    for i in range(n):
        for j in range(n):
            w_lean[i * n + j] = 0.0
        for k in range(n):
            for j in range(n):
                w_lean[i * n + j] += r_rich[i * n + k] * x[k * n + j]

    for d in range(n):
        drich[d] = 0.0
        dlean[d] = 0.0
    for i in range(n):
        for d in range(n):
            drich[d] += c.drich[i * n + d]
            dlean[d] += c.dx[i * n + d]
    for i in range(n):
        value = phi_l[i] if phi_l[i] > 1e-150 else 1e-150
        for d in range(n):
            dphi_r[i * n + d] = (c.drich[i * n + d] - phi_r[i] * drich[d]) / rich_total
            dphi_l[i * n + d] = (c.dx[i * n + d] - phi_l[i] * dlean[d]) / lean_total
            c.dlean[i * n + d] = dphi_l[i * n + d] / value
    # at first what comes of the roots of the cell's own fractions, whose logarithms
    # change by (delta_id/phi_i - 1)/A
    for i in range(n):
        for j in range(i + 1):
            ds = &c.ds[(i * n + j) * n]
            value = c.s[i * n + j] / total
            for d in range(n):
                ds[d] = -value
            ds[i] += 0.5 * value / c.phi[i]
            ds[j] += 0.5 * value / c.phi[j]
    for d in range(n):
        dphi_p[d] = -drich[d] / (rich_total * rich_total)
        dshare[d] = (drich[d] - f_rich) / total
    _resistance_slope(n, f, c, root, f_rich, dshare, r_rich, phi_r, b, db, dzeta,
                      dzeta_t, dphi_r, dphi_p, m)
    _add_congruences(n, w_rich, m, c.ds)
    for d in range(n):
        dphi_p[d] = 0.0
        c.dshare[d] = (dlean[d] - f_lean) / total
        dshare[d] = 2.0 * f_lean * c.dshare[d]
    _resistance_slope(n, f, c, root, pores, dshare, r_lean, phi_l, lb, ldb, ldzeta,
                      ldzeta_t, dphi_l, dphi_p, m)
    for i in range(n):
        value = f.wall * c.phi[i] / (phi_l[i] if phi_l[i] > 1e-150 else 1e-150)
        for d in range(n):
            m[(i * n + i) * n + d] -= value * c.dshare[d]
    _add_congruences(n, w_lean, m, c.ds)
    for i in range(n):
        for j in range(i):
            for d in range(n):
                c.ds[(j * n + i) * n + d] = c.ds[(i * n + j) * n + d]
    return 0
