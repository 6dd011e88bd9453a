import { describe, expect, it } from 'vitest';
import { createRandom } from '#test/support/random.ts';
import { fitSlope, pickLeast, type Sample, windowCount } from './slope.ts';

const hourMs = 3_600_000;
/** One sample for each window, over an hour. */
const sampleEach = (value: (hour: number, at: number) => number): readonly Sample[] =>
  Array.from({ length: windowCount }, (_, at) => {
    const hour = at / (windowCount - 1);
    return { atMs: 5_000 + hour * hourMs, value: value(hour, at) };
  });
/** Noise whose slope is none: it is the same read from both ends. */
const noise = (at: number) => [3, -2, 4, -1, -3, -1][Math.min(at, 11 - at)] ?? 0;

describe('the slope of a soak', () => {
  it('is that of a line, without doubt where nothing is beside it', () => {
    const { perHour, confidencePerHour, grows } = fitSlope(sampleEach((hour) => 100 + 12 * hour));
    expect(perHour).toBeCloseTo(12, 9);
    expect(confidencePerHour).toBeCloseTo(0, 6);
    expect(grows).toBe(true);
  });

  it('is what least squares give of known numbers, with their 95% interval', () => {
    // The standard error of these is 2.6018, computed elsewhere; t for 95% and 10 degrees of freedom is 2.2281.
    const { perHour, confidencePerHour } = fitSlope(sampleEach((hour, at) => 100 + 5 * hour + noise(at)));
    expect(perHour).toBeCloseTo(5, 9);
    expect(confidencePerHour).toBeCloseTo(2.6018 * 2.2281, 2);
  });

  it.each([
    ['a slope within its noise', (hour: number, at: number) => 100 + 2 * hour + 3 * noise(at), false],
    ['a slope beyond its noise', (hour: number, at: number) => 100 + 40 * hour + noise(at), true],
    ['what falls', (hour: number, at: number) => 100 - 40 * hour + noise(at), false],
    ['what stays', () => 78, false],
    ['what grows by less than a thousandth', (hour: number) => 100 + 0.05 * hour, false],
    ['what grows by two thousandths', (hour: number) => 100 + 0.2 * hour, true],
  ])('of %s is found so', (_name, value, grows) => {
    expect(fitSlope(sampleEach(value)).grows).toBe(grows);
  });

  it('is of the least sample of each window: what is collected in between does not count', () => {
    const random = createRandom(1);
    const count = 480;
    const samples = Array.from({ length: count }, (_, at) => ({
      atMs: (at * hourMs) / (count - 1),
      value: 100 + (at % 40 === 17 ? 0 : 50 * random.next()),
    }));
    const least = pickLeast(samples);
    expect(least.map(({ value }) => value)).toEqual(Array(windowCount).fill(100));
  });

  it('takes samples in every window', () => {
    expect(() => pickLeast([{ atMs: 0, value: 1 }])).toThrow('too few samples');
    expect(() => fitSlope([{ atMs: 0, value: 1 }])).toThrow('takes 12 samples');
  });
});
