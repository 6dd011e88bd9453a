import type { KeyRange } from '../../storage/reader.ts';

/** A range of index keys for the eye: hexadecimal, from (inclusive) to (exclusive). */
export function keyText({ low, high }: KeyRange): string {
  return `[${hex(low)}, ${hex(high)})`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
