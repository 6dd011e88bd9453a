import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(8_192);
let used = pool.length;

/** Random hex digits, two for each byte; drawn from a pool, as each draw of its own would cost more than a span. */
function drawHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const hex = pool.toString('hex', used, used + bytes);
  used += bytes;
  // All zeros names nothing, by the specification.
  return /[^0]/.test(hex) ? hex : drawHex(bytes);
}

export const newTraceId = (): string => drawHex(16);
export const newSpanId = (): string => drawHex(8);
