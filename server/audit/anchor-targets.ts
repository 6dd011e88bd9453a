import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnchorTarget } from '#mongo/audit/anchors.ts';
import type { Environment } from '../config.ts';

/** Before the second try to send an anchor, and before the third. */
const pausesMs = [1_000, 5_000];
const sendMsMax = 10_000;

export interface AnchorTargetOptions {
  readonly environment: Pick<Environment, 'HEDDLE_AUDIT_ANCHOR_FILE' | 'HEDDLE_AUDIT_ANCHOR_URL'>;
  /** Obeys the rules of egress. */
  readonly fetch: typeof globalThis.fetch;
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Where the anchors of the audit log are written. */
export function openAnchorTargets(options: AnchorTargetOptions): readonly AnchorTarget[] {
  const { HEDDLE_AUDIT_ANCHOR_FILE: file, HEDDLE_AUDIT_ANCHOR_URL: url } = options.environment;
  return [
    ...(file === undefined ? [] : [{ name: 'file', write: (line: string) => appendLine(file, line) }]),
    ...(url === undefined ? [] : [{ name: 'url', write: (line: string) => send(url, line, options) }]),
  ];
}

/** Appends the line, where the file does not end with it. Never changes what is there. Durable when it resolves. */
async function appendLine(path: string, line: string): Promise<void> {
  await using file = await open(path, 'a+', 0o600);
  await file.appendFile(await findMissing(file, Buffer.from(`${line}\n`)));
  await file.datasync();
}

/** Of this line what the file does not end with: its rest, where a process was killed while it wrote. Another line that was cut is ended first. */
async function findMissing(file: FileHandle, line: Buffer): Promise<Buffer> {
  const { size } = await file.stat();
  const length = Math.min(size, line.byteLength);
  const end = Buffer.alloc(length);
  await file.read(end, 0, length, size - length);
  if (end.equals(line)) return Buffer.alloc(0);
  const cut = end.subarray(end.lastIndexOf('\n') + 1);
  const isBegun = line.subarray(0, cut.byteLength).equals(cut);
  return isBegun ? line.subarray(cut.byteLength) : Buffer.concat([Buffer.from('\n'), line]);
}

async function send(url: string, line: string, options: AnchorTargetOptions): Promise<void> {
  const { fetch, pause = wait } = options;
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: line,
        signal: AbortSignal.timeout(sendMsMax),
      });
      await response.text();
      if (response.ok) return;
      throw new Error(`The receiver of anchors answered with ${response.status}.`);
    } catch (error) {
      // Any error: the receiver may be away for a moment; the last one is reported.
      const pauseMs = pausesMs[tries];
      if (pauseMs === undefined) throw error;
      await pause(pauseMs);
    }
  }
}
