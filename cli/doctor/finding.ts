/** What is looked at, in the order of the report. */
export const areas = [
  'configuration',
  'versions',
  'disk',
  'ports',
  'certificates',
  'store',
  'shared state',
  'clock',
  'providers',
] as const;
export type Area = (typeof areas)[number];

/** OK: as it should be. WARNING: it works now and may not later. FAILED: calls or starts fail. SKIPPED: it was not looked at. */
export type DoctorFindingStatus = 'OK' | 'WARNING' | 'FAILED' | 'SKIPPED';

/** One thing that was looked at. It holds no secret. */
export interface DoctorFinding {
  readonly area: Area;
  readonly status: DoctorFindingStatus;
  /** What was found, in one line. */
  readonly message: string;
  /** What to do; absent: nothing. */
  readonly whatToDo?: string;
}

/** Makes the findings of an area. */
export const createFindings = (area: Area) => ({
  ok: (message: string): DoctorFinding => ({ area, status: 'OK', message }),
  warning: (message: string, whatToDo: string): DoctorFinding => ({
    area,
    status: 'WARNING',
    message,
    whatToDo,
  }),
  failed: (message: string, whatToDo: string): DoctorFinding => ({
    area,
    status: 'FAILED',
    message,
    whatToDo,
  }),
  skipped: (message: string): DoctorFinding => ({ area, status: 'SKIPPED', message }),
});

/** 0: all is well. 1: there are warnings. 2: something failed. */
export function toExitCode(findings: readonly DoctorFinding[]): number {
  if (findings.some(({ status }) => status === 'FAILED')) return 2;
  return findings.some(({ status }) => status === 'WARNING') ? 1 : 0;
}

/** The first line of an error's message, with its code where it has one. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error).split('\n')[0] ?? '';
  const { code } = error as { readonly code?: unknown };
  const [line = ''] = (error.message === '' ? error.name : error.message).split('\n');
  return typeof code === 'string' && !line.includes(code) ? `${line} (${code})` : line;
}
