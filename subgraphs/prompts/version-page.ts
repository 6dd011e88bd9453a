import { badInput } from '../shared/input.ts';

/** Which versions of one prompt a page wants: numbers below `before`, at most `first` of them, the highest first. */
export interface VersionRange {
  readonly promptId: string;
  /** The highest number there may be. */
  readonly newest: number;
  readonly first: number;
  readonly before: number | null;
}

/** The lowest and the highest number of the page; numbers have no gaps, so they tell what is in it. */
export function numbersOf({ newest, first, before }: VersionRange): {
  readonly from: number;
  readonly to: number;
} {
  const to = before === null ? newest : Math.min(newest, before - 1);
  return { from: Math.max(1, to - first + 1), to };
}

export function versionCursor(number: number): string {
  return Buffer.from(`v${number}`).toString('base64url');
}

/** The number that a cursor of this list stands for. */
export function numberOfCursor(cursor: string): number {
  const match = /^v([1-9]\d{0,8})$/.exec(
    cursor.length <= 32 ? Buffer.from(cursor, 'base64url').toString() : '',
  );
  return match
    ? Number(match[1])
    : badInput('after', 'is no cursor of this list: use one that it has answered.');
}
