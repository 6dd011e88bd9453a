import { expect, vi } from 'vitest';
import type { Caller } from '#core/caller.ts';
import { askForData } from './subgraph.ts';
import type { UsageMesh } from './usage-mesh.ts';

const fields = 'id tenant { id } status until rows bytes parts errorCode error finishedAt';
export const startExport = `mutation ($input: UsageExportInput!) { startUsageExport(input: $input) { ${fields} } }`;
export const readExport = `query ($id: ID!, $number: Int!) { usageExport(id: $id) { ${fields} part(number: $number) } }`;
export const deleteExport = 'mutation ($id: ID!) { deleteUsageExport(id: $id) }';
export const exportRange = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };

interface Export {
  readonly id: string;
  readonly tenant: { readonly id: string } | null;
  readonly status: string;
  readonly rows: number;
  readonly bytes: number;
  readonly parts: number;
  readonly error: string | null;
  readonly part: string | null;
}

/** Exports of usage, as clients start and read them. */
export class UsageExports {
  readonly #openMesh: () => UsageMesh;

  constructor(openMesh: () => UsageMesh) {
    this.#openMesh = openMesh;
  }

  /** Starts one of `exportRange`, where the input has no other range. */
  start = async (caller: Caller, input: object) => {
    type Answer = { readonly startUsageExport: Export };
    const variables = { input: { ...exportRange, ...input } };
    return (await this.#ask<Answer>(caller, startExport, variables)).startUsageExport;
  };

  read = async (caller: Caller, id: string, number = 0) => {
    type Answer = { readonly usageExport: Export | null };
    return (await this.#ask<Answer>(caller, readExport, { id, number })).usageExport;
  };

  /** The whole file, when it is written. */
  download = async (caller: Caller, id: string): Promise<string> => {
    const ended = await vi.waitFor(async () => {
      const found = await this.read(caller, id);
      expect(found?.status).not.toBe('RUNNING');
      return found;
    }, 20_000);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', error: null });
    const texts: string[] = [];
    for (let number = 0; number < (ended?.parts ?? 0); number += 1) {
      texts.push((await this.read(caller, id, number))?.part ?? '');
    }
    const text = texts.join('');
    expect(Buffer.byteLength(text)).toBe(ended?.bytes);
    expect(text.split('\r\n')).toHaveLength((ended?.rows ?? 0) + 2);
    return text;
  };

  #ask<T>(caller: Caller, query: string, variables: Record<string, unknown>): Promise<T> {
    return askForData<T>(this.#openMesh().subgraph, caller, query, variables);
  }
}
