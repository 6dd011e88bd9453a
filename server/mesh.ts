import type { Logger } from 'pino';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { type Environment, StartError } from './config.ts';
import type { EncodedWriter } from './workers/remote-writes.ts';
import type { Seat } from './workers/seat.ts';

/** What the process may run: the gateway and the subgraphs. */
export const everyPart = ['gateway', ...subgraphNames] as const;
export type Part = (typeof everyPart)[number];

/** What each worker of a mesh runs; its first process runs the rest. */
export const workerParts: readonly Part[] = ['gateway', 'inference'];

/** Parses `--only gateway,models`; undefined means every part. */
export function parseParts(only: string | undefined): readonly Part[] {
  if (only === undefined) return everyPart;
  const wanted = only
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = wanted.filter((name) => !everyPart.some((part) => part === name));
  if (unknown.length > 0 || wanted.length === 0) {
    throw new StartError(
      `--only ${only}: ${unknown.length > 0 ? `there is no part ${unknown.join(', ')}` : 'names no part'}; the parts are ${everyPart.join(', ')}`,
    );
  }
  return everyPart.filter((part) => wanted.includes(part));
}

/** The options of a start of the mesh, or of a part of it. */
export interface MeshOptions {
  readonly environment: Environment;
  readonly parts: readonly Part[];
  /** The whole environment, for the providers' own variables (OPENAI_API_KEY …). */
  readonly providerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** The place of the process among those of its machine; absent: it is the only one here, or others are reached as on other machines. */
  readonly seat?: Seat | undefined;
}

/** How other processes of this machine reach an embedded store. */
export interface OwnStore {
  /** For drivers. */
  readonly uri: string;
  readonly writes: EncodedWriter;
}

/** An admin key that this start has made: its text, or the file that holds it. */
export type NewAdminKey = { readonly text: string } | { readonly file: string };

/** A running mesh, or the part of one that this process runs. */
export interface Mesh {
  /** The origin of the gateway, e.g. `http://127.0.0.1:4000`; null where another process runs it. */
  readonly url: string | null;
  /** Where each subgraph listens that stands alone. */
  readonly subgraphUrls: Readonly<Partial<Record<SubgraphName, string>>>;
  /** The embedded store of this process; null: another process runs the store. */
  readonly store: OwnStore | null;
  /** Lets a share of the clients that keep connections open connect again, to a process beside this one too. */
  shed(share: number): void;
  /** Shown once: made in this start and kept only as a hash. */
  readonly newAdminKey: NewAdminKey | null;
  /**
   * Refuses readiness and serves on for `drainMs`; then accepts nothing new and lets the calls in progress end within
   * `graceMs`; then ends them as FAILED with OVERLOADED, and everything else. Idempotent.
   */
  close(times: { readonly drainMs: number; readonly graceMs: number }): Promise<void>;
}
