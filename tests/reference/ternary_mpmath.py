"""Water, acetone and cellulose acetate at any number of digits, from first principles.

G = sum_i s_i a_i ln(a_i/A) + (b12(u2) a1 a2 + b13 a1 a3 + b23(phi3) a2 a3)/A,
u2 = a2/(a1 + a2), phi3 = a3/A: the form in which the parameters were published. The
potentials below are its gradient, written out by hand; `energy` is there to check them.
"""

from mpmath import mp, mpf


class WaterAcetoneCelluloseAcetate:
    """The parameters of tests/data/water_acetone_cellulose_acetate.json."""

    def __init__(self, volume_scale="18.07"):
        volume = [mpf(18), mpf("58.08") / mpf("0.7857"), mpf(40000) / mpf("1.31")]
        scale = mpf(volume_scale)
        self.s = [scale / each for each in volume]
        self.g12 = mpf("0.661"), mpf("0.417"), mpf("0.755")
        self.g13 = mpf("1.4")
        self.g23 = mpf("0.535"), mpf("0.11")

    def b12(self, u):
        """b12 and its derivative."""
        a, b, c = self.g12
        q = 1 / (1 - c * u)
        return self.s[0] * (a + b * q), self.s[0] * b * c * q * q

    def b23(self, phi):
        """b23 and its derivative."""
        a, b = self.g23
        return self.s[1] * (a + b * phi), self.s[1] * b

    def energy(self, a):
        total = sum(a)
        mixing = sum(s * x * mp.log(x / total) for s, x in zip(self.s, a, strict=True))
        b12, _ = self.b12(a[1] / (a[0] + a[1]))
        b23, _ = self.b23(a[2] / total)
        pairs = b12 * a[0] * a[1] + self.s[0] * self.g13 * a[0] * a[2]
        return mixing + (pairs + b23 * a[1] * a[2]) / total

    def potentials(self, log):
        """Gradient of the energy at volume fractions exp(log), which sum to one."""
        one, two, three = phi = [mp.exp(each) for each in log]
        ideal = sum(s * x for s, x in zip(self.s, phi, strict=True))
        u = two / (one + two)
        b12, slope12 = self.b12(u)
        b13 = self.s[0] * self.g13
        b23, slope23 = self.b23(three)
        energy = b12 * one * two + b13 * one * three + b23 * two * three
        # of u2 by a1 and a2, and of phi3 by each amount
        turn12 = slope12 * one * two / (one + two)
        turn23 = slope23 * two * three
        linear = [
            b12 * two + b13 * three - turn12 * u - turn23 * three,
            b12 * one + b23 * three + turn12 * (1 - u) - turn23 * three,
            b13 * one + b23 * two + turn23 * (1 - three),
        ]
        return [
            s * (x + 1) - ideal + part - energy
            for s, x, part in zip(self.s, log, linear, strict=True)
        ]
