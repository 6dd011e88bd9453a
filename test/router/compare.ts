import type { ExecutionResult } from 'graphql';
import { isErrorCode } from '#core/errors.ts';
import { errorsMax } from '#gateway/errors.ts';

type Path = readonly (string | number)[];

interface ReportedError {
  readonly path: Path;
  readonly code: string;
  readonly text: string;
}

function listReported(result: ExecutionResult): readonly ReportedError[] {
  return (result.errors ?? []).map((error) => {
    const code = error.extensions?.code;
    return { path: error.path ?? [], code: isErrorCode(code) ? code : 'INTERNAL', text: error.message };
  });
}

const isPrefix = (short: Path, long: Path) =>
  short.length <= long.length && short.every((step, index) => long[index] === step);

/** The place at or above the path where the answer is null; undefined when it has a value all the way down. */
function nullAbove(data: unknown, path: Path): Path | undefined {
  let value = data;
  for (let depth = 0; depth <= path.length; depth++) {
    if (value === null || value === undefined) return path.slice(0, depth);
    value = (value as Record<string | number, unknown>)[path[depth] as string | number];
  }
  return undefined;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(keys.map(([key, inner]) => [key, sorted(inner)]));
}

/** True for a field that is not in the answer: the planner fetches once what two types of an interface select. */
function isUnasked(data: unknown, path: Path): boolean {
  let value = data;
  for (const [depth, step] of path.entries()) {
    if (typeof value !== 'object' || value === null) return false;
    if (!(step in value)) return depth > 0;
    value = (value as Record<string | number, unknown>)[step];
  }
  return false;
}

/**
 * What is wrong with the router's answer, measured by the answer of graphql-js over the whole graph. The data must be
 * the same, down to the order of keys where `isOrdered`. An error of one must be told by the other with its code at
 * the same place, or by an error above it (an entity that could not be fetched is told once, not for each of its
 * fields), or both lie below the same place that has become null: the specification leaves open which of several
 * errors there are told (section 6.4.4). Of more errors than the router lists, some are told. Where an entity is
 * gone, which graphql-js alone tells as a null that cannot be, nothing need be told.
 */
export function difference(
  ours: ExecutionResult,
  whole: ExecutionResult,
  { isOrdered, mayBeGone }: { readonly isOrdered: boolean; readonly mayBeGone: boolean },
): string | undefined {
  const toText = (data: unknown) => JSON.stringify(isOrdered ? data : sorted(data));
  const data = toText(ours.data ?? null);
  const wanted = toText(whole.data ?? null);
  if (data !== wanted) return `data ${data}\nnot  ${wanted}`;
  const told = listReported(ours);
  const expected = listReported(whole);
  for (const error of told) {
    if (isUnasked(ours.data, error.path)) continue;
    const hole = nullAbove(ours.data, error.path);
    const isMatched = expected.some(
      ({ path, code }) =>
        (isPrefix(error.path, path) && code === error.code) || (hole !== undefined && isPrefix(hole, path)),
    );
    // What lacks without a word from any subgraph: only where graphql-js finds the same.
    const isUnexplained = error.text.endsWith('but nothing came for it.') && !mayBeGone;
    const isNullFound = expected.some(({ text }) => text.startsWith('Cannot return null'));
    if (!isMatched || (isUnexplained && !isNullFound)) {
      return `an error that nothing explains: ${JSON.stringify(error)}`;
    }
  }
  if (told.length >= errorsMax) return undefined;
  for (const error of expected) {
    const hole = nullAbove(whole.data, error.path) ?? error.path;
    const isMatched = told.some(
      ({ path, code }) => (isPrefix(path, error.path) && code === error.code) || isPrefix(hole, path),
    );
    const isGone = mayBeGone && error.text.startsWith('Cannot return null');
    if (!isMatched && !isGone) return `an error that is not told: ${JSON.stringify(error)}`;
  }
  return undefined;
}
