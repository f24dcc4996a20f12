/* A C program that evaluates a network. From this folder:

       approximant fit "exp(-x)*sin(9*x)" --on x=0:2 --tol 1e-10 --out wave
       approximant export wave/model.safetensors wave.h
       cc -std=c99 -O3 -march=native wave.c -o wave-program -lm && ./wave-program
*/
#include "wave.h"
#include <stdio.h>

int main(void)
{
    const double x = 0.5, points[5] = {0.0, 0.5, 1.0, 1.5, 2.5};
    double y, slope, values[5];
    size_t outside, k;

    if (wave_value(&x, &y) != 0 || wave_gradient(&x, &slope) != 0) return 1;
    printf("f(%g) = %.12f, expected %.12f\n", x, y, exp(-x) * sin(9 * x));
    printf("f'(%g) = %.9f, expected %.9f\n", x, slope, exp(-x) * (9 * cos(9 * x) - sin(9 * x)));

    outside = wave_values(5, points, values);
    for (k = 0; k < 5; k++) printf("%g %.12g\n", points[k], values[k]);
    printf("%u of 5 points lie outside the domain\n", (unsigned)outside);
    return 0;
}
