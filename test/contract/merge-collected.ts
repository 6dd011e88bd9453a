import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '@heddle/embedded-store';
import { MongoClient } from 'mongodb';
import { type ContractEntry, decodeLine, readContract, writeContract } from './contract-file.ts';
import type { CollectedCommand } from './examples.ts';
import { readIndexes, replayEntry } from './replay.ts';
import { selectExample } from './select-example.ts';

/** How many of the collected commands of one shape an example is chosen from. */
const candidatesMax = 20;
/** Examples of one shape that are added. */
const examplesMax = 3;

const toCommand = (line: string) => decodeLine(line) as CollectedCommand;

/** The collected lines by shape: the longest, which have the most documents to work on. */
function readCandidates(dir: string): ReadonlyMap<string, readonly string[]> {
  const candidates = new Map<string, string[]>();
  for (const name of readdirSync(dir).sort()) {
    for (const line of readFileSync(join(dir, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { shape } = JSON.parse(line) as CollectedCommand;
      const lines = [...(candidates.get(shape) ?? []), line];
      candidates.set(shape, lines.sort((one, other) => other.length - one.length).slice(0, candidatesMax));
    }
  }
  return candidates;
}

/** Commands of one shape by which of their values are null or empty: a store has rules of its own for these. */
function groupByValues(commands: readonly CollectedCommand[]): readonly (readonly CollectedCommand[])[] {
  const groups = new Map<string, CollectedCommand[]>();
  for (const one of commands) {
    const values = JSON.stringify(one.command, (_key, value: unknown) => {
      if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.slice(0, 1);
      return typeof value === 'object' ? value : 'value';
    });
    groups.set(values, [...(groups.get(values) ?? []), one]);
  }
  return [...groups.values()];
}

/** Adds the commands in the files of a folder to the contract; with all of the product's, removes what none sends. */
export async function mergeCollected(
  dir: string,
  { isWhole }: { readonly isWhole: boolean },
): Promise<{ readonly added: number; readonly removed: number; readonly kept: number }> {
  const known = readContract();
  const shapes = new Set(known.map(({ shape }) => shape));
  const candidates = readCandidates(dir);
  const wanted = [...candidates].filter(([shape]) => !shapes.has(shape));
  const made = wanted.filter(([shape]) => shape.startsWith('{"createIndexes"'));
  const indexes = readIndexes([...known, ...made.flatMap(([, lines]) => lines.slice(0, 1).map(toCommand))]);
  const data = mkdtempSync(join(tmpdir(), 'heddle-contract-'));
  try {
    await using store = await openStore({ dir: data });
    await using client = await new MongoClient(store.uri).connect();
    const added: ContractEntry[] = [];
    for (const [shape, lines] of wanted) {
      for (const candidates of groupByValues(lines.map(toCommand)).slice(0, examplesMax)) {
        const { command, given } = await selectExample(client, candidates, indexes);
        added.push({
          shape,
          command,
          given,
          outcome: await replayEntry(client, { command, given }, indexes),
        });
      }
    }
    const kept = known.filter(({ shape }) => !isWhole || candidates.has(shape));
    writeContract([...kept, ...added]);
    return { added: added.length, removed: known.length - kept.length, kept: kept.length };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
