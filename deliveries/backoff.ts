const firstMs = 5_000;
const longestMs = 3_600_000;

/** How long a delivery is tried after its event was found, before it is a dead letter. */
export const deliveryMsMax = 24 * 3_600_000;
/** A webhook whose receiver has taken nothing for so long is reported, and then disabled. */
export const reportedAfterMs = 3_600_000;
export const disabledAfterMs = 3 * 24 * 3_600_000;

/**
 * How long to wait after so many failures in a row: 5 seconds, then twice as long each time, one hour at most, of which the later half is
 * random so that receivers that come back are not called by everyone at once. Never less than the receiver has requested.
 */
export function computeDelayMs(failures: number, retryAfterMs: number | null, random: () => number): number {
  const whole = Math.min(firstMs * 2 ** Math.min(Math.max(0, failures - 1), 20), longestMs);
  return Math.max(retryAfterMs ?? 0, whole / 2 + (whole / 2) * random());
}
