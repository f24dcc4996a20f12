/* The training step of the table in C, with every size known to the compiler: the limit.

   Compiled by training.py with -O3 -march=native -ffast-math and on its command line
     REAL        float or double
     BATCH       rows of a step
     W0 .. W4    numbers of neurons of each layer; those beyond the last layer are 0
     ACTIVATION  of the hidden layers: relu, sigmoid or hyperbolic; one linear output
     METHOD      sgd, rmsprop, adam or nadam
     HALF        1 for half squares, 2 for squares
   Samples lie side by side, [neuron][sample], so that inner loops run over samples; for a single
   row they run over neurons. The loss is the mean over the rows. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define WIDEST MAX(MAX(W0, W1), MAX(MAX(W2, W3), W4))
#define WEIGHTS (W0 * W1 + W1 * W2 + W2 * W3 + W3 * W4)
#define PARAMETERS (WEIGHTS + W1 + W2 + W3 + W4)

typedef REAL Rows[WIDEST][BATCH];

static REAL theta[PARAMETERS], gradient[PARAMETERS], m[PARAMETERS], v[PARAMETERS];
static Rows a0, a1, a2, a3, a4, d1, d2, d3, d4;
static REAL target[BATCH];
static double power1 = 1, power2 = 1, momentum = 1, total = 0;
static int64_t t = 0;

INLINE REAL e(REAL x) { return sizeof(REAL) == 4 ? (REAL)expf((float)x) : (REAL)exp((double)x); }
INLINE REAL relu(REAL z) { return z > 0 ? z : 0; }
INLINE REAL relu_slope(REAL a) { return a > 0 ? 1 : 0; }
INLINE REAL sigmoid(REAL z) { return 1 / (1 + e(-z)); }
INLINE REAL sigmoid_slope(REAL a) { return a * (1 - a); }
INLINE REAL hyperbolic(REAL z) { return 1 - 2 / (1 + e(2 * z)); }
INLINE REAL hyperbolic_slope(REAL a) { return 1 - a * a; }
#define JOIN(name) name##_slope
#define SLOPE_OF(name) JOIN(name)

/* Z = W^T A + B and A = f(Z); W is [input][output]. */
INLINE void forward(int in, int out, const REAL *w, const REAL *b, Rows a, Rows z, int last) {
#if BATCH == 1
    REAL sum[WIDEST];
    for (int o = 0; o < out; o++) sum[o] = b[o];
    for (int i = 0; i < in; i++)
        for (int o = 0; o < out; o++) sum[o] += w[i * out + o] * a[i][0];
    for (int o = 0; o < out; o++) z[o][0] = last ? sum[o] : ACTIVATION(sum[o]);
#else
    for (int o = 0; o < out; o++) {
        REAL sum[BATCH];
        for (int s = 0; s < BATCH; s++) sum[s] = b[o];
        for (int i = 0; i < in; i++)
            for (int s = 0; s < BATCH; s++) sum[s] += w[i * out + o] * a[i][s];
        for (int s = 0; s < BATCH; s++) z[o][s] = last ? sum[s] : ACTIVATION(sum[s]);
    }
#endif
}

/* dW = A dZ^T, dB = dZ; then, unless this is the first layer, dZ = (W dZ) * f'(Z) below. */
INLINE void backward(int in, int out, const REAL *w, REAL *gw, REAL *gb, Rows a, Rows dz, Rows da,
                     int first) {
    for (int i = 0; i < in; i++)
        for (int o = 0; o < out; o++) {
            REAL sum = 0;
            for (int s = 0; s < BATCH; s++) sum += a[i][s] * dz[o][s];
            gw[i * out + o] = sum;
        }
    for (int o = 0; o < out; o++) {
        REAL sum = 0;
        for (int s = 0; s < BATCH; s++) sum += dz[o][s];
        gb[o] = sum;
    }
    if (first) return;
#if BATCH == 1
    for (int i = 0; i < in; i++) {
        REAL sum = 0;
        for (int o = 0; o < out; o++) sum += w[i * out + o] * dz[o][0];
        da[i][0] = sum * SLOPE_OF(ACTIVATION)(a[i][0]);
    }
#else
    for (int i = 0; i < in; i++) {
        REAL sum[BATCH];
        for (int s = 0; s < BATCH; s++) sum[s] = 0;
        for (int o = 0; o < out; o++)
            for (int s = 0; s < BATCH; s++) sum[s] += w[i * out + o] * dz[o][s];
        for (int s = 0; s < BATCH; s++) da[i][s] = sum[s] * SLOPE_OF(ACTIVATION)(a[i][s]);
    }
#endif
}

INLINE void sgd(REAL rate) {
    for (int k = 0; k < PARAMETERS; k++) theta[k] -= rate * gradient[k];
}

INLINE void rmsprop(REAL rate) {
    for (int k = 0; k < PARAMETERS; k++) {
        v[k] = (REAL)0.9 * v[k] + (REAL)0.1 * gradient[k] * gradient[k];
        theta[k] -= rate * gradient[k] / (REAL)sqrt(v[k] + (REAL)1e-7);
    }
}

INLINE void adam(REAL rate) {
    power1 *= 0.9, power2 *= 0.999;
    REAL step = rate / (1 - power1), correction = 1 / (1 - power2);
    for (int k = 0; k < PARAMETERS; k++) {
        m[k] += (REAL)0.1 * (gradient[k] - m[k]);
        v[k] += (REAL)0.001 * (gradient[k] * gradient[k] - v[k]);
        theta[k] -= step * m[k] / ((REAL)sqrt(correction * v[k]) + (REAL)1e-8);
    }
}

INLINE void nadam(REAL rate) {
    double now = 0.9 * (1 - 0.5 * pow(0.96, ++t)), next = 0.9 * (1 - 0.5 * pow(0.96, t + 1));
    momentum *= now, power2 *= 0.999;
    REAL along = rate * next / (1 - momentum * next), fresh = rate * (1 - now) / (1 - momentum);
    REAL correction = 1 / (1 - power2);
    for (int k = 0; k < PARAMETERS; k++) {
        m[k] += (REAL)0.1 * (gradient[k] - m[k]);
        v[k] += (REAL)0.001 * (gradient[k] * gradient[k] - v[k]);
        theta[k] -= (along * m[k] + fresh * gradient[k])
                    / ((REAL)sqrt(correction * v[k]) + (REAL)1e-7);
    }
}

/* Where weights and biases of a layer stand: all weights come first. */
#define AT(k) ((k > 1) * W0 * W1 + (k > 2) * W1 * W2 + (k > 3) * W2 * W3)
#define BIAS(k) (WEIGHTS + (k > 1) * W1 + (k > 2) * W2 + (k > 3) * W3)
#define FORWARD(k, in, out, a, z, last) \
    if (out) forward(in, out, theta + AT(k), theta + BIAS(k), a, z, last)
#define BACKWARD(k, in, out, a, dz, da)                                                      \
    if (out) backward(in, out, theta + AT(k), gradient + AT(k), gradient + BIAS(k), a, dz, da, \
                      k == 1)

/* Take one step on rows order[0 .. BATCH - 1] of a table of inputs and one target. */
INLINE double step(const REAL *rows, const int32_t *order, REAL rate) {
    for (int s = 0; s < BATCH; s++) {
        const REAL *row = rows + (int64_t)order[s] * (W0 + 1);
        for (int i = 0; i < W0; i++) a0[i][s] = row[i];
        target[s] = row[W0];
    }
    FORWARD(1, W0, W1, a0, a1, !W2);
    FORWARD(2, W1, W2, a1, a2, !W3);
    FORWARD(3, W2, W3, a2, a3, !W4);
    FORWARD(4, W3, W4, a3, a4, 1);
    REAL (*out)[BATCH] = W4 ? a4 : W3 ? a3 : a2, (*dz)[BATCH] = W4 ? d4 : W3 ? d3 : d2;
    REAL loss = 0, error = 0;
    for (int s = 0; s < BATCH; s++) {
        REAL r = out[0][s] - target[s];
        loss += r * r;
        error += r > 0 ? r : -r;
        dz[0][s] = r * ((REAL)HALF / BATCH);
    }
    BACKWARD(4, W3, W4, a3, d4, d3);
    BACKWARD(3, W2, W3, a2, d3, d2);
    BACKWARD(2, W1, W2, a1, d2, d1);
    BACKWARD(1, W0, W1, a0, d1, d1);
    METHOD(rate);
    total += error;
    return loss * (HALF / 2.0) / BATCH;
}

/* Go once through n rows; returns the mean loss. The weights are those of `weights`. */
double epoch(const REAL *rows, const int32_t *order, int64_t n, double rate) {
    double loss = 0;
    for (int64_t first = 0; first + BATCH <= n; first += BATCH)
        loss += step(rows, order + first, (REAL)rate);
    return loss / (double)(n / BATCH);
}

void start(const REAL *weights) {
    memcpy(theta, weights, sizeof theta);
    memset(m, 0, sizeof m);
    memset(v, 0, sizeof v);
    power1 = power2 = momentum = 1, t = 0;
}
