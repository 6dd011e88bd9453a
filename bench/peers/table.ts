import { median } from '../budget.ts';

/** One round of one gateway. */
export interface PeerFigures {
  /** CPU µs of the process and those that it has started. */
  readonly callMicros: number;
  readonly tokenMicros: number;
  readonly callsPerSecond: number;
  /** Median latency at RATE calls per second, less that of calls to the upstream itself in turn with them; ms. */
  readonly addedMs: number;
  /** Proportional set size of the process and those that it has started. */
  readonly mebibytes: number;
}

export interface PeerColumn {
  readonly name: string;
  readonly figures: readonly PeerFigures[];
}

/**
 * A Markdown table with a column for each gateway: the median of its rounds, and in brackets the median of the ratios to the first
 * one in the same round.
 */
export function writeTable(
  columns: readonly PeerColumn[],
  { inFlight, streams, rate }: { readonly inFlight: number; readonly streams: number; readonly rate: number },
): string {
  const rows: readonly (readonly [name: string, figure: keyof PeerFigures, digits: number])[] = [
    [`CPU µs per call, ${inFlight} in flight`, 'callMicros', 0],
    [`calls per second, ${inFlight} in flight`, 'callsPerSecond', 0],
    [`CPU µs per streamed token, ${streams} streams`, 'tokenMicros', 0],
    [`added latency at ${rate} calls per second, p50 ms`, 'addedMs', 2],
    ['memory, MiB', 'mebibytes', 0],
  ];
  const floor = columns[0]?.figures ?? [];
  const cell = ({ figures }: PeerColumn, name: keyof PeerFigures, digits: number) => {
    const value = median(figures.map((each) => each[name])).toFixed(digits);
    if (figures === floor) return value;
    const ratio = median(figures.map((each, round) => each[name] / (floor[round]?.[name] ?? Number.NaN)));
    return `${value} (${ratio.toFixed(ratio < 1 ? 2 : 1)})`;
  };
  return [
    `| | ${columns.map(({ name }) => name).join(' | ')} |`,
    `|---|${'---|'.repeat(columns.length)}`,
    ...rows.map(
      ([name, figure, digits]) =>
        `| ${name} | ${columns.map((column) => cell(column, figure, digits)).join(' | ')} |`,
    ),
  ].join('\n');
}
