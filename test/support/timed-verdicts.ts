/** Clocks that only measure, differences from the time that it is, and verdicts on it. */
const timed = [
  /\bperformance\.now\(/,
  /\bprocess\.hrtime\b/,
  /\bconsole\.time\w*\(/,
  /(?:\bDate\.now\(\)|new Date\(\)\.getTime\(\)) - [a-z]\w*(?:\.|[;),]|$)/,
  /\bexpect\(Date\.now\(\)/,
  /\)\.to\w+\([^()]*\bDate\.now\(\)/,
];

/** The lines of a test at which a verdict depends on how long something takes. */
export function findTimedVerdicts(source: string): readonly number[] {
  return source
    .split('\n')
    .flatMap((line, at) => (timed.some((pattern) => pattern.test(line)) ? [at + 1] : []));
}
