/** A measure at a time. */
export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** The line through samples, by least squares. */
export interface Slope {
  readonly perHour: number;
  /** Half the width of the interval that has the true slope with 95% confidence, if what is left over is noise. */
  readonly confidencePerHour: number;
  /** More than noise: the whole interval is above 0, by more than a thousandth of the mean in the time of the samples. */
  readonly grows: boolean;
}

/** Garbage comes and goes within a window: the least of each one is what stays. Samples of neighbors are alike, the least ones hardly. */
export const windowCount = 12;
/** Student's t for 95%, two-sided, with windowCount - 2 degrees of freedom. */
const quantile = 2.228;

/** The least sample of each of twelve windows of the same length. Throws where one of them has none. */
export function pickLeast(samples: readonly Sample[]): readonly Sample[] {
  const startMs = samples[0]?.atMs ?? 0;
  const windowMs = ((samples.at(-1)?.atMs ?? 0) - startMs) / windowCount;
  return Array.from({ length: windowCount }, (_, window) => {
    const within = samples.filter(
      ({ atMs }) => Math.min(windowCount - 1, Math.floor((atMs - startMs) / windowMs)) === window,
    );
    const [least] = within.toSorted((one, other) => one.value - other.value);
    if (least === undefined) throw new Error('There are too few samples for a slope: measure for longer.');
    return least;
  });
}

/** The slope of twelve samples (https://en.wikipedia.org/wiki/Simple_linear_regression). */
export function fitSlope(samples: readonly Sample[]): Slope {
  if (samples.length !== windowCount) throw new Error(`A slope takes ${windowCount} samples.`);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = samples.map(({ atMs }) => atMs / 3_600_000);
  const [x, y] = [mean(hours), mean(samples.map(({ value }) => value))];
  const spread = hours.reduce((sum, hour) => sum + (hour - x) ** 2, 0);
  const perHour =
    samples.reduce((sum, { value }, at) => sum + ((hours[at] ?? x) - x) * (value - y), 0) / spread;
  const left = samples.reduce(
    (sum, { value }, at) => sum + (value - y - perHour * ((hours[at] ?? x) - x)) ** 2,
    0,
  );
  const confidencePerHour = quantile * Math.sqrt(left / (windowCount - 2) / spread);
  const lasted = (hours.at(-1) ?? x) - (hours[0] ?? x);
  return {
    perHour,
    confidencePerHour,
    grows: (perHour - confidencePerHour) * lasted > Math.abs(y) / 1_000,
  };
}
