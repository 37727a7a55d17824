/* The yardstick of the wall times, and the marks around what callgrind counts.

   NOTHING IN track_reference MAY CHANGE, its compiler options (in measures.py) least of
   all: every saved `ratio` is a multiple of its time. It eliminates an 8 by 8 system of
   doubles over and over, each matrix made from the solution before, so that no compiler
   can leave it out and no library is called: the kind of work that the transport kernel
   does, in a cache of any size. */

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif

enum { SIZE = 8, ROUNDS = 20000 };

double track_reference(void)
{
    double a[SIZE][SIZE + 1];
    double seed = 0.5;
    for (int round = 0; round < ROUNDS; ++round) {
        for (int i = 0; i < SIZE; ++i) {
            double sum = 0.0;
            for (int j = 0; j < SIZE; ++j) {
                a[i][j] = i == j ? 0.0 : seed / (1.0 + i + 2.0 * j);
                sum += a[i][j];
            }
            a[i][i] = 1.0 + sum;
            a[i][SIZE] = seed + i;
        }
        for (int k = 0; k < SIZE; ++k) {
            const double pivot = 1.0 / a[k][k];
            for (int i = k + 1; i < SIZE; ++i) {
                const double factor = a[i][k] * pivot;
                for (int j = k; j <= SIZE; ++j)
                    a[i][j] -= factor * a[k][j];
            }
        }
        for (int i = SIZE - 1; i >= 0; --i) {
            for (int j = i + 1; j < SIZE; ++j)
                a[i][SIZE] -= a[i][j] * a[j][SIZE];
            a[i][SIZE] /= a[i][i];
        }
        seed = 0.25 + 0.5 * a[0][SIZE] * a[0][SIZE] / (1.0 + a[0][SIZE] * a[0][SIZE]);
    }
    return seed;
}

/* 1 if the marks below reach callgrind, 0 if valgrind's header was missing. */
int track_can_count(void)
{
#ifdef CALLGRIND_START_INSTRUMENTATION
    return 1;
#else
    return 0;
#endif
}

void track_start(void)
{
#ifdef CALLGRIND_START_INSTRUMENTATION
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
#endif
}

void track_stop(const char *name)
{
#ifdef CALLGRIND_START_INSTRUMENTATION
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
#else
    (void)name;
#endif
}
