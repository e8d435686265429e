/* The straight line through points, least squares, as they come: what is left of a clock's
 * readings when their jitter is gone. Pure; the holder owns the struct, which starts as zeros. */
#ifndef DEBATE_MEDIA_FIT_H
#define DEBATE_MEDIA_FIT_H

struct fit {
    double count, mean_x, mean_y, x_x, x_y;
};

static inline void fit_add(struct fit *fit, double x, double y)
{
    fit->count++;
    double x_step = x - fit->mean_x;
    fit->mean_x += x_step / fit->count;
    fit->mean_y += (y - fit->mean_y) / fit->count;
    fit->x_x += x_step * (x - fit->mean_x);
    fit->x_y += x_step * (y - fit->mean_y);
}

/* What comes now lies on another line of the same slope. */
static inline void fit_jump(struct fit *fit)
{
    fit->count = fit->mean_x = fit->mean_y = 0;
}

/* `otherwise` as long as the points lie on one x. */
static inline double fit_slope(const struct fit *fit, double otherwise)
{
    return fit->x_x > 0 ? fit->x_y / fit->x_x : otherwise;
}

static inline double fit_at(const struct fit *fit, double x, double slope)
{
    return fit->mean_y + slope * (x - fit->mean_x);
}

#endif
