"""The ternary phase diagram of a nonsolvent, a solvent and a polymer.

a) A tie line is z = (ln lean, ln rich), six logarithms of volume fractions: the lean
   phase may hold e^-35 000 of polymer. Below FLOOR only mu = s ln(phi) + const of that
   component changes, and its slope is s exactly.
b) It is found by Newton's method on mu_lean = mu_rich, two sums of one, and one
   condition of choice; the Jacobian by ln(phi) is H_ij phi_j.
c) Lengths are measured between square roots of fractions, sum (d sqrt phi)^2 over both
   phases [Bhattacharyya 1943]: a trace that grows counts, and the curve is smooth at an
   edge of the triangle.
d) First the curve of tie lines is walked with steps as long as Newton allows, from the
   edge without solvent to the critical point. Then the lines asked for are placed along
   it, closer at the critical point, each solved to the end.
e) H is singular along the composition itself, so all its 2 x 2 minors are one number c
   times squares of fractions: c phi_1 phi_2 phi_3 is the stability measure, positive
   where a phase is stable, finite and smooth on the edges, zero on the spinodal.
f) The critical point is where the third derivative of G along the null direction of H
   passes zero on the spinodal [Gibbs 1876]. It is differentiated from H numerically
   (two steps, fourth order), so that no form of interaction needs a third derivative.
"""

from libc.math cimport asin, cbrt, cos, exp, fabs, fmax, fmin, isfinite, log, sin, sqrt

from _dense cimport lu_factor, lu_solve
from _flory_huggins cimport Mixture, potentials, read_mixture

cdef enum:
    NEWTON_ITERATIONS = 30
    MAX_NODES = 1000
    EDGE_POINTS = 96
    FRACTIONS = 0
    ROOTS = 1

cdef enum:
    DONE = 0
    OPEN = 1
    NO_GAP = 2
    LIQUIDS_DEMIX = 3
    SEVERAL_GAPS = 4
    THREE_PHASES = 5
    NOT_FOUND = 6

cdef double FLOOR = -460.0
cdef double TRACE = 1e-14
cdef double HALF_PI = 1.5707963267948966
# nearer than this to an edge, the spinodal's last point is on it
cdef double EDGE = 1e-3
# the first tie line's solvent, and the last one's difference in polymer: of itself, and
# as a share t of the polymer at the critical point. Potentials that agree to rounding
# fix the place of a tie line to 4e-13/(s_3 t^3) (measured): 1e-6 is asked for.
cdef double FIRST_SOLVENT = 1e-6
cdef double LAST_GAP = 1.25e-3
cdef double LAST_SHARE = 0.05
cdef double PLACE_ERROR = 4e-7

MESSAGES = {
    DONE: "",
    OPEN: "the gap is open: {polymer} and {solvent} demix without {nonsolvent} too",
    NO_GAP: "there is no gap: {nonsolvent} and {polymer} mix in all proportions",
    LIQUIDS_DEMIX: "{nonsolvent} and {solvent} demix without {polymer}, "
                   "by these interactions",
    SEVERAL_GAPS: "there are several gaps",
    THREE_PHASES: "there are several critical points: three phases may coexist",
    NOT_FOUND: "the tie lines could not be followed to the critical point",
}


cdef struct Node:
    double z[6]
    double direction[6]     # unit vector, by roots of fractions
    double slope[6]         # of z
    double length


# ------------------------------------------------------------------ one composition


cdef void phase(const Mixture* mixture, const double* z, double* a, double* mu,
                double* h) noexcept nogil:
    """Amounts, potentials and Hessian of a phase given by logarithms."""
    cdef int i
    for i in range(3):
        a[i] = exp(z[i]) if z[i] > FLOOR else exp(FLOOR)
    potentials(mixture, 3, a, mu, h)
    for i in range(3):
        if z[i] < FLOOR:
            mu[i] += mixture.s[i] * (z[i] - FLOOR)


cdef double stability(const Mixture* mixture, const double* a) noexcept nogil:
    """c phi_1 phi_2 phi_3: positive in a stable phase, negative in an unstable one."""
    cdef double mu[3]
    cdef double h[9]
    cdef int k = 0, i, j
    cdef double minor, total = a[0] + a[1] + a[2]
    potentials(mixture, 3, a, mu, h)
    if a[1] > a[k]:
        k = 1
    if a[2] > a[k]:
        k = 2
    i = (k + 1) % 3
    j = (k + 2) % 3
    minor = h[3 * i + i] * h[3 * j + j] - h[3 * i + j] * h[3 * j + i]
    minor *= a[i] * a[j] / (a[k] * total)
    # both eigenvalues negative: as unstable as one of them
    return -fabs(minor) if h[3 * i + i] < 0.0 and h[3 * j + j] < 0.0 else minor


cdef double skewness(const Mixture* mixture, const double* a) noexcept nogil:
    """Third derivative of G along the null direction of H, towards the polymer."""
    cdef double mu[3]
    cdef double h[9]
    cdef double e[3]
    cdef double moved[3]
    cdef double slope[2]
    cdef int k = 0, i, j, n, level, side
    cdef double total, largest, step, value
    potentials(mixture, 3, a, mu, h)
    if a[1] > a[k]:
        k = 1
    if a[2] > a[k]:
        k = 2
    i = (k + 1) % 3
    j = (k + 2) % 3
    e[k] = 0.0
    if fabs(h[3 * i + i]) > fabs(h[3 * j + j]):
        e[i] = -h[3 * i + j]
        e[j] = h[3 * i + i]
    else:
        e[i] = h[3 * j + j]
        e[j] = -h[3 * i + j]
    total = (e[0] + e[1] + e[2]) / (a[0] + a[1] + a[2])
    largest = 0.0
    for n in range(3):
        e[n] -= total * a[n]
        largest = fmax(largest, fabs(e[n] / a[n]))
    if e[2] < 0.0:
        largest = -largest
    for n in range(3):
        e[n] /= largest
    step = 2e-3
    for level in range(2):
        slope[level] = 0.0
        for side in range(-1, 2, 2):
            for n in range(3):
                moved[n] = a[n] + side * step * e[n]
            potentials(mixture, 3, moved, mu, h)
            value = 0.0
            for i in range(3):
                for j in range(3):
                    value += e[i] * h[3 * i + j] * e[j]
            slope[level] += side * value
        slope[level] /= 2.0 * step
        step *= 0.5
    return (4.0 * slope[1] - slope[0]) / 3.0


# ------------------------------------------------------------------ one tie line


cdef int solve(const Mixture* mixture, double* z, int kind, const double* weight,
               double value, double* matrix, int* pivot) noexcept nogil:
    """Newton's method from z to the tie line with sum weight f(z) = value.

    f: the fractions, or their square roots. Returns the iterations, or -1. matrix and
    pivot: the factors of the last Jacobian.
    """
    cdef double a[6]
    cdef double mu[6]
    cdef double h[18]
    cdef double r[6]
    cdef double f, step, worst, largest, force
    cdef int i, j, iteration
    for iteration in range(NEWTON_ITERATIONS):
        phase(mixture, z, a, mu, h)
        phase(mixture, z + 3, a + 3, mu + 3, h + 9)
        r[3] = 1.0
        r[4] = 1.0
        r[5] = value
        for i in range(3):
            r[i] = mu[3 + i] - mu[i]
            r[3] -= a[i]
            r[4] -= a[3 + i]
            for j in range(3):
                matrix[6 * i + j] = h[3 * i + j] * a[j]
                matrix[6 * i + 3 + j] = -h[9 + 3 * i + j] * a[3 + j]
            matrix[18 + i] = a[i]
            matrix[21 + i] = 0.0
            matrix[24 + i] = 0.0
            matrix[27 + i] = a[3 + i]
        for i in range(6):
            if kind == ROOTS:
                f = sqrt(a[i])
                matrix[30 + i] = 0.5 * weight[i] * f
            else:
                f = a[i]
                matrix[30 + i] = weight[i] * f
            r[5] -= weight[i] * f
        if lu_factor(matrix, pivot, 6) != 0:
            return -1
        force = 0.0
        for i in range(5):
            force = fmax(force, fabs(r[i]))
        lu_solve(matrix, pivot, 6, r, 1)
        worst = 0.0
        largest = 0.0
        for i in range(6):
            if not fabs(r[i]) < 1e12:
                return -1
            worst = fmax(worst, fabs(r[i]))
            if a[i] > 1e-4:
                largest = fmax(largest, fabs(r[i]))
        step = 1.0 if largest < 1.0 else 1.0 / largest
        for i in range(6):
            # no fraction is above one, but a little on the way
            z[i] = fmin(z[i] + step * r[i], 0.2)
        # the error left is the square of this step, or rounding where the phases are
        # nearly the same
        if worst < 1e-8 or (worst < 1e-5 and force < 4e-15):
            return iteration + 1
    return -1


cdef double gap(const double* z) noexcept nogil:
    """Difference of the phases in polymer."""
    return exp(z[5]) - exp(z[2])


cdef int is_stable(const Mixture* mixture, const double* z) noexcept nogil:
    """Say whether both phases of a tie line are stable against small fluctuations."""
    cdef double a[3]
    cdef int i, side
    for side in range(0, 6, 3):
        for i in range(3):
            a[i] = exp(fmax(z[side + i], FLOOR))
        if not stability(mixture, a) > 0.0:
            return 0
    return 1


cdef int set_direction(Node* node, double sense, const double* matrix,
                       const int* pivot) noexcept nogil:
    """Direction of the curve of tie lines, by the factors of the last Jacobian.

    sense: 1 or -1 as the last condition's value rises or falls along the curve.
    """
    cdef double r[6]
    cdef double length = 0.0
    cdef int i
    for i in range(5):
        r[i] = 0.0
    r[5] = sense
    lu_solve(matrix, pivot, 6, r, 1)
    for i in range(6):
        node.direction[i] = 0.5 * exp(0.5 * node.z[i]) * r[i]
        length += node.direction[i] * node.direction[i]
    length = sqrt(length)
    if not 0.0 < length < 1e300:
        return -1
    for i in range(6):
        node.direction[i] /= length
        node.slope[i] = r[i] / length
    return 0


cdef int step_from(const Mixture* mixture, const Node* node, double step, double* z,
                   double* matrix, int* pivot) noexcept nogil:
    """The tie line at a distance from a node along the curve; iterations, or -1."""
    cdef double value = step, root, new
    cdef int i
    for i in range(6):
        root = exp(0.5 * node.z[i])
        value += node.direction[i] * root
        new = root + step * node.direction[i]
        if i % 3 != 2 and new > 0.5 * root:
            z[i] = 2.0 * log(new)
        else:
            z[i] = fmin(node.z[i] + step * node.slope[i], 0.0)
    return solve(mixture, z, ROOTS, node.direction, value, matrix, pivot)


cdef int place_between(const Mixture* mixture, const Node* one, const Node* two,
                       double length, double* z, double* matrix,
                       int* pivot) noexcept nogil:
    """The tie line at a length between two nodes; iterations, or -1.

    The start is Hermite's cubic: of the logarithms for the polymer, which fall by
    hundreds, and of the roots for the liquids, which may begin at nothing.
    """
    cdef double step = two.length - one.length
    cdef double t = (length - one.length) / step
    cdef double a_one = (1.0 + 2.0 * t) * (1.0 - t) * (1.0 - t)
    cdef double b_one = t * (1.0 - t) * (1.0 - t) * step
    cdef double a_two = t * t * (3.0 - 2.0 * t)
    cdef double b_two = t * t * (t - 1.0) * step
    cdef double value = length - one.length, root, new
    cdef int i
    for i in range(6):
        root = exp(0.5 * one.z[i])
        value += one.direction[i] * root
        if i % 3 != 2:
            new = (a_one * root + b_one * one.direction[i]
                   + a_two * exp(0.5 * two.z[i]) + b_two * two.direction[i])
            z[i] = 2.0 * log(fmax(new, 0.1 * root))
        else:
            z[i] = (a_one * one.z[i] + b_one * one.slope[i]
                    + a_two * two.z[i] + b_two * two.slope[i])
            z[i] = fmin(z[i], 0.0)
    return solve(mixture, z, ROOTS, one.direction, value, matrix, pivot)


# ------------------------------------------------------------------ edges


cdef void on_edge(int first, int second, double share, double* a) noexcept nogil:
    """Composition of two components, share of the second, with a trace of the third."""
    a[3 - first - second] = TRACE
    a[first] = 1.0 - share
    a[second] = share


cdef double edge_stability(const Mixture* mixture, int first, int second,
                           double logit) noexcept nogil:
    cdef double a[3]
    on_edge(first, second, 1.0 / (1.0 + exp(-logit)), a)
    a[first] = 1.0 / (1.0 + exp(logit))
    return stability(mixture, a) / a[3 - first - second]


cdef double edge_root(const Mixture* mixture, int first, int second, double low,
                      double high) noexcept nogil:
    """Where the stability changes sign on an edge, by bisection."""
    cdef double middle, at_low = edge_stability(mixture, first, second, low)
    cdef int k
    for k in range(60):
        middle = 0.5 * (low + high)
        if edge_stability(mixture, first, second, middle) * at_low > 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


cdef int edge_spinodal(const Mixture* mixture, int first, int second,
                       double* roots) noexcept nogil:
    """Number of limits of instability between two components; the first two of them."""
    cdef double before[3]
    cdef double point[3]
    cdef double width = 40.0 / EDGE_POINTS, low, high, one, other
    cdef int k, n, found = 0
    for k in range(3):
        before[k] = 0.0
        point[k] = 0.0
    for k in range(EDGE_POINTS + 1):
        point[0] = point[1]
        point[1] = point[2]
        before[0] = before[1]
        before[1] = before[2]
        point[2] = -22.0 + k * width
        before[2] = edge_stability(mixture, first, second, point[2])
        if k == 0:
            continue
        if k > 1 and 0.0 < before[1] < before[0] and 0.0 < before[1] <= before[2]:
            # a dip between two points: is its bottom unstable?
            low, high = point[0], point[2]
            for n in range(40):
                one = low + 0.382 * (high - low)
                other = low + 0.618 * (high - low)
                if (edge_stability(mixture, first, second, one)
                        < edge_stability(mixture, first, second, other)):
                    high = other
                else:
                    low = one
            one = 0.5 * (low + high)
            if edge_stability(mixture, first, second, one) < 0.0:
                if found < 1:
                    roots[0] = edge_root(mixture, first, second, point[0], one)
                    roots[1] = edge_root(mixture, first, second, one, point[2])
                found += 2
        if before[1] * before[2] < 0.0:
            if found < 2:
                roots[found] = edge_root(mixture, first, second, point[1], point[2])
            found += 1
    return found


cdef double edge_potential(const Mixture* mixture, double polymer, double liquid,
                           int which) noexcept nogil:
    cdef double a[3]
    cdef double mu[3]
    a[0] = liquid
    a[1] = TRACE
    a[2] = polymer
    potentials(mixture, 3, a, mu, NULL)
    return mu[which]


cdef int first_line(const Mixture* mixture, const double* roots, double* z,
                    double* matrix, int* pivot) noexcept nogil:
    """The tie line that holds next to no solvent; iterations, or -1.

    The lean phase's polymer is sought by bisection: with more of it the potential of
    the nonsolvent falls, and the rich phase that shares it holds less nonsolvent.
    """
    cdef double low, high, l, level, top, x, one, other, middle, difference
    cdef double weight[6]
    cdef double a[3]
    cdef double mu[3]
    cdef double rich = 0.0
    cdef int k, n
    top = edge_potential(mixture, 1.0 / (1.0 + exp(-roots[1])),
                         1.0 / (1.0 + exp(roots[1])), 0)
    high = -log(1.0 + exp(-roots[0]))
    low = fmin(2.0 * high, -4.0 / mixture.s[2])
    for k in range(100):
        l = 0.5 * (low + high)
        x = exp(fmax(l, FLOOR))
        level = edge_potential(mixture, x, 1.0 - x, 0)
        if level > top:
            low = l
            continue
        # the rich phase by its logit, between the spinodal and the pure polymer
        one = roots[1]
        other = 60.0
        for n in range(60):
            middle = 0.5 * (one + other)
            if edge_potential(mixture, 1.0 / (1.0 + exp(-middle)),
                              1.0 / (1.0 + exp(middle)), 0) > level:
                one = middle
            else:
                other = middle
        rich = 0.5 * (one + other)
        difference = (edge_potential(mixture, x, 1.0 - x, 2)
                      - edge_potential(mixture, 1.0 / (1.0 + exp(-rich)),
                                       1.0 / (1.0 + exp(rich)), 2))
        if l < FLOOR:
            difference += mixture.s[2] * (l - FLOOR)
        if difference > 0.0:
            high = l
        else:
            low = l
        if high - low < 1e-9 * (1.0 + fabs(low)):
            break
    z[2] = 0.5 * (low + high)
    z[0] = log(1.0 - exp(z[2]))
    z[3] = -log(1.0 + exp(rich))
    z[5] = -log(1.0 + exp(-rich))
    # the solvent's share between the phases, from its potentials at infinite dilution
    on_edge(0, 2, exp(fmax(z[2], FLOOR)), a)
    potentials(mixture, 3, a, mu, NULL)
    level = mu[1]
    on_edge(0, 2, exp(z[5]), a)
    potentials(mixture, 3, a, mu, NULL)
    difference = (mu[1] - level) / mixture.s[1]
    z[1] = log(FIRST_SOLVENT) + fmin(difference, 0.0)
    z[4] = log(FIRST_SOLVENT) - fmax(difference, 0.0)
    for k in range(6):
        weight[k] = 1.0 if k == 1 or k == 4 else 0.0
    return solve(mixture, z, ROOTS, weight, exp(0.5 * z[1]) + exp(0.5 * z[4]), matrix,
                 pivot)


# ------------------------------------------------------------------ spinodal


cdef void fractions_at(double p, double v, double* a) noexcept nogil:
    """phi_3 = sin^2 p, phi_2/(phi_1 + phi_2) = sin^2 v: even in both at every edge."""
    cdef double polymer = sin(p) * sin(p), rest = cos(p) * cos(p)
    a[2] = fmax(polymer, TRACE)
    a[1] = fmax(rest * sin(v) * sin(v), TRACE)
    a[0] = fmax(rest * cos(v) * cos(v), TRACE)


cdef double at_place(const Mixture* mixture, double p, double v) noexcept nogil:
    cdef double a[3]
    fractions_at(p, v, a)
    return stability(mixture, a)


cdef int onto_spinodal(const Mixture* mixture, double* p, double* v,
                       double* gradient) noexcept nogil:
    """Move a place across onto the spinodal; gradient (2): there. -1: not found."""
    cdef double f, size, step, move
    cdef int iteration
    for iteration in range(20):
        if iteration % 3 == 0:
            step = 1e-5 * fmax(p[0], 1e-3)
            gradient[0] = (at_place(mixture, p[0] + step, v[0])
                           - at_place(mixture, p[0] - step, v[0])) / (2.0 * step)
            step = 1e-5 * fmax(HALF_PI - v[0], 1e-3)
            gradient[1] = (at_place(mixture, p[0], v[0] + step)
                           - at_place(mixture, p[0], v[0] - step)) / (2.0 * step)
        f = at_place(mixture, p[0], v[0])
        size = gradient[0] * gradient[0] + gradient[1] * gradient[1]
        if not size > 0.0:
            return -1
        move = f / size
        p[0] -= move * gradient[0]
        v[0] -= move * gradient[1]
        if not (0.0 < p[0] < HALF_PI and -0.1 < v[0] < HALF_PI + 0.1):
            return -1
        if fabs(move) * sqrt(size) < 1e-12:
            return 0
    return -1


cdef int critical_between(const Mixture* mixture, double p0, double v0, double t0,
                          double p1, double v1, double t1, double* a) noexcept nogil:
    """The critical point between two places of the spinodal, by the Illinois rule."""
    cdef double gradient[2]
    cdef double low = 0.0, high = 1.0, at, p, v, t
    cdef int k, side = 0
    for k in range(60):
        at = low + (high - low) * t0 / (t0 - t1)
        p = p0 + at * (p1 - p0)
        v = v0 + at * (v1 - v0)
        if onto_spinodal(mixture, &p, &v, gradient) != 0:
            return -1
        fractions_at(p, v, a)
        t = skewness(mixture, a)
        if t == 0.0 or high - low < 1e-13:
            return 0
        if t * t0 > 0.0:
            if fabs(at - low) < 1e-13:
                return 0
            low = at
            t0 = t
            if side == 1:
                t1 *= 0.5
            side = 1
        else:
            if fabs(high - at) < 1e-13:
                return 0
            high = at
            t1 = t
            if side == -1:
                t0 *= 0.5
            side = -1
    return 0


cdef int walk_spinodal(const Mixture* mixture, const double* roots, double spacing,
                       double[:, ::1] out, int* count, double* critical,
                       int* criticals) except -1 nogil:
    """Spinodal from the lean to the rich limit of the edge without solvent.

    out (m, 3): its points, count of them; critical (3): the last critical point on it,
    criticals of them. OPEN: it ends on the edge without nonsolvent.
    """
    cdef double a[3]
    cdef double gradient[2]
    cdef double p, v, t, p_old, v_old, t_old, dp, dv, new_dp, new_dv, size, step
    cdef double end = asin(1.0 / sqrt(1.0 + exp(-roots[1])))
    cdef bint last = False
    p_old = asin(1.0 / sqrt(1.0 + exp(-roots[0])))
    v_old = 0.0
    dp = 0.0
    dv = 1.0
    new_dp, new_dv = dp, dv
    step = spacing
    criticals[0] = 0
    fractions_at(p_old, 0.0, &out[0, 0])
    out[0, 1] = 0.0
    count[0] = 1
    fractions_at(p_old, 1e-4, a)
    t_old = skewness(mixture, a)
    while count[0] < out.shape[0]:
        p = p_old + step * dp
        v = v_old + step * dv
        if v < EDGE and dv < 0.0 and fabs(p - end) < 2.0 * spacing:
            last = True
            p = end
            v = 0.0
            fractions_at(p, 1e-4, a)
        elif v > HALF_PI - EDGE:
            last = True
            v = HALF_PI
            if onto_spinodal(mixture, &p, &v, gradient) != 0:
                return NOT_FOUND
            v = HALF_PI
            fractions_at(p, v - 1e-4, a)
        else:
            if onto_spinodal(mixture, &p, &v, gradient) == 0:
                # along the curve, what is stable to the left
                size = sqrt(gradient[0] * gradient[0] + gradient[1] * gradient[1])
                new_dp = gradient[1] / size
                new_dv = -gradient[0] / size
            else:
                new_dp, new_dv = -dp, -dv
            if new_dp * dp + new_dv * dv < 0.9:
                step *= 0.5
                if step < 1e-6:
                    return NOT_FOUND
                continue
            fractions_at(p, v, a)
        t = skewness(mixture, a)
        if t * t_old < 0.0:
            criticals[0] += 1
            if critical_between(mixture, p_old, v_old, t_old, p, v, t, critical) != 0:
                return NOT_FOUND
        fractions_at(p, v, &out[count[0], 0])
        if last:
            out[count[0], 1 if v == 0.0 else 0] = 0.0
        count[0] += 1
        if last:
            return DONE if v == 0.0 else OPEN
        p_old, v_old, t_old, dp, dv = p, v, t, new_dp, new_dv
        step = fmin(1.5 * step, spacing)
    return NOT_FOUND


# ------------------------------------------------------------------ the diagram


cdef int walk(const Mixture* mixture, double last_gap, Node* nodes,
              int* count) noexcept nogil:
    """Follow the tie lines from the first node to one of last_gap in polymer."""
    cdef double matrix[36]
    cdef int pivot[6]
    cdef double weight[6]
    cdef double z[6]
    cdef double step = 0.01, apart, cosine, root
    cdef int i, iterations
    cdef Node* old
    cdef Node* new
    count[0] = 1
    while count[0] < MAX_NODES - 1:
        old = &nodes[count[0] - 1]
        apart = 0.0
        for i in range(3):
            root = exp(0.5 * old.z[i]) - exp(0.5 * old.z[3 + i])
            apart += root * root
        step = fmin(step, 0.35 * sqrt(apart))
        iterations = step_from(mixture, old, step, z, matrix, pivot)
        new = &nodes[count[0]]
        cosine = 0.0
        if iterations > 0:
            for i in range(6):
                new.z[i] = z[i]
            if set_direction(new, 1.0, matrix, pivot) == 0:
                for i in range(6):
                    cosine += new.direction[i] * old.direction[i]
        if iterations < 0 or cosine < 0.9 or gap(z) < 0.4 * gap(old.z):
            step *= 0.5
            if step < 1e-7:
                return THREE_PHASES if not is_stable(mixture, old.z) else NOT_FOUND
            continue
        if not is_stable(mixture, z):
            return THREE_PHASES
        new.length = old.length + step
        count[0] += 1
        if exp(z[0]) < 1e-5:
            return OPEN
        if gap(z) < 1.6 * last_gap:
            # the last one by the difference itself
            for i in range(6):
                weight[i] = 0.0
            weight[2] = -1.0
            weight[5] = 1.0
            if solve(mixture, z, FRACTIONS, weight, last_gap, matrix, pivot) < 0:
                return NOT_FOUND
            root = new.length
            for i in range(6):
                root += new.direction[i] * (exp(0.5 * z[i]) - exp(0.5 * new.z[i]))
            if root > new.length:
                new = &nodes[count[0]]
                count[0] += 1
            for i in range(6):
                new.z[i] = z[i]
            new.length = root
            if set_direction(new, -1.0, matrix, pivot) != 0:
                return NOT_FOUND
            return DONE
        if iterations <= 4:
            step = fmin(1.6 * step, 0.04)
    return NOT_FOUND


cdef int draw(const Mixture* mixture, double[:, ::1] lines, double[:, ::1] spinodal,
              int* spinodal_count, double* critical) except -1 nogil:
    cdef Node nodes[MAX_NODES]
    cdef double matrix[36]
    cdef int pivot[6]
    cdef double roots[2]
    cdef double z[6]
    cdef double length, share, apart, last_gap
    cdef int n = lines.shape[0], i, k, node = 0, count, criticals, status, end
    spinodal_count[0] = 0
    if edge_spinodal(mixture, 0, 1, roots) > 0:
        return LIQUIDS_DEMIX
    i = edge_spinodal(mixture, 0, 2, roots)
    if i != 2:
        return NO_GAP if i == 0 else SEVERAL_GAPS
    end = walk_spinodal(mixture, roots, fmin(3.0 / n, 0.02), spinodal, spinodal_count,
                        critical, &criticals)
    if end == NOT_FOUND:
        return NOT_FOUND
    if first_line(mixture, roots, nodes[0].z, matrix, pivot) < 0:
        return NOT_FOUND
    if set_direction(&nodes[0], 1.0, matrix, pivot) != 0:
        return NOT_FOUND
    nodes[0].length = 0.0
    last_gap = LAST_GAP
    if criticals > 0:
        share = fmax(LAST_SHARE, cbrt(PLACE_ERROR / mixture.s[2]))
        last_gap = fmax(last_gap, share * critical[2])
    status = walk(mixture, last_gap, nodes, &count)
    if status > OPEN:
        return status
    if status != end:
        return SEVERAL_GAPS
    if criticals != (0 if status == OPEN else 1):
        return THREE_PHASES
    if status == DONE:
        if edge_spinodal(mixture, 1, 2, roots) > 0:
            return SEVERAL_GAPS
        # the middle of the last tie line lies at the critical point
        apart = 0.0
        for i in range(3):
            apart += fabs(0.5 * (exp(nodes[count - 1].z[i])
                                 + exp(nodes[count - 1].z[3 + i])) - critical[i])
        if apart > 0.01:
            return THREE_PHASES
    for k in range(n):
        share = 1.0 - k / (n - 1.0)
        length = nodes[count - 1].length * (1.0 - share * sqrt(share))
        while node < count - 2 and nodes[node + 1].length <= length:
            node += 1
        if k == n - 1:
            for i in range(6):
                lines[k, i] = nodes[count - 1].z[i]
            continue
        if (place_between(mixture, &nodes[node], &nodes[node + 1], length, z, matrix,
                          pivot) < 0 or gap(z) < 0.9 * last_gap):
            return NOT_FOUND
        for i in range(6):
            lines[k, i] = z[i]
    return status


def ternary(*, const double[::1] s not None, const double[:, ::1] poly not None,
            const double[:, ::1] rational not None, const double[::1] triples=None,
            const int[::1] groups=None, double[:, ::1] lines not None,
            double[:, ::1] spinodal not None, double[::1] critical not None):
    """Tie lines, spinodal and critical point; returns a status and a count of points.

    lines (n, 6), out: ln of the fractions of lean and rich phase, from the edge without
    solvent to the critical point. spinodal (m, 3), out: the first of them are its
    points, from the lean to the rich end. critical (3), out: left alone where the gap
    is open. The status is a key of MESSAGES.
    """
    cdef Mixture mixture
    cdef int status, count = 0
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if (mixture.count != 3 or lines.shape[1] != 6 or spinodal.shape[1] != 3
            or critical.shape[0] != 3 or lines.shape[0] < 2 or spinodal.shape[0] < 8):
        raise ValueError("the arrays do not fit a ternary mixture")
    with nogil:
        status = draw(&mixture, lines, spinodal, &count, &critical[0])
    return status, count


def tie_line(const double[::1] start not None, *, const double[::1] weights not None,
             double value, const double[::1] s not None,
             const double[:, ::1] poly not None, const double[:, ::1] rational not None,
             const double[::1] triples=None, const int[::1] groups=None,
             double[::1] out not None):
    """The tie line near start (6) with sum weights (6) fractions (6) = value.

    out (6): ln of the fractions of lean and rich phase. Returns whether it was found.
    """
    cdef Mixture mixture
    cdef double matrix[36]
    cdef int pivot[6]
    cdef int i, done
    read_mixture(&mixture, s, poly, rational, triples, groups)
    if (mixture.count != 3 or start.shape[0] != 6 or weights.shape[0] != 6
            or out.shape[0] != 6):
        raise ValueError("the arrays do not fit a ternary mixture")
    for i in range(6):
        if not (isfinite(start[i]) and isfinite(weights[i]) and isfinite(value)):
            raise ValueError("start, weights and value are finite")
        out[i] = start[i]
    with nogil:
        done = solve(&mixture, &out[0], FRACTIONS, &weights[0], value, matrix, pivot)
    return done > 0 and gap(&out[0]) > 0.0
