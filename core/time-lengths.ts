/** An hour of UTC, in milliseconds. */
export const hourLengthMs = 3_600_000;
