import { badInput } from '#core/input.ts';

/** Versions of one prompt by their numbers, both ends included. */
export interface VersionRange {
  readonly promptId: string;
  readonly from: number;
  readonly to: number;
}

export function versionCursor(number: number): string {
  return Buffer.from(`v${number}`).toString('base64url');
}

/** The number that a cursor of this list stands for. */
export function numberOfCursor(cursor: string, argument: 'after' | 'before'): number {
  const match = /^v([1-9]\d{0,8})$/.exec(
    cursor.length <= 32 ? Buffer.from(cursor, 'base64url').toString() : '',
  );
  return match
    ? Number(match[1])
    : badInput(argument, 'is no cursor of this list: use one that it has answered.');
}
