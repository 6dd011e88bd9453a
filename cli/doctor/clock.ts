import { createFindings, type DoctorFinding } from './finding.ts';

const { ok, warning, failed } = createFindings('clock');

/** Rows of dead processes are closed by clocks that agree within ten seconds; tokens between parts are short-lived too. */
const differenceMsMax = 10_000;
const differenceMsLow = 2_000;

/** A time that another machine stated, and when it was requested and received here. Milliseconds since the epoch. */
export interface StatedTime {
  readonly source: string;
  readonly theirsMs: number;
  readonly sentMs: number;
  readonly receivedMs: number;
  /** The step that it is stated in: 1000 for the header Date. */
  readonly stepMs: number;
}

/** The least difference of the two clocks, in milliseconds; 0 where the time of the call explains the difference. */
export function computeDifferenceMs({ theirsMs, sentMs, receivedMs, stepMs }: StatedTime): number {
  if (theirsMs > receivedMs) return theirsMs - receivedMs;
  return Math.max(0, sentMs - (theirsMs + stepMs));
}

/** Compares the clock of this machine with the time that another one stated. */
export function checkClock(stated: StatedTime): DoctorFinding {
  const { source } = stated;
  const differenceMs = computeDifferenceMs(stated);
  const message = `the clock differs from that of ${source} by ${(differenceMs / 1_000).toFixed(1)} s`;
  const toDo = 'Synchronize the clocks of both machines (NTP).';
  if (differenceMs > differenceMsMax) return failed(message, toDo);
  return differenceMs > differenceMsLow
    ? warning(message, toDo)
    : ok(`the clock agrees with that of ${source}`);
}
