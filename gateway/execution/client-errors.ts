import type { SourceLocation } from 'graphql';
import { type ClientError, errorsMax, withLocations } from '../errors.ts';
import type { ObjectShape } from './shape.ts';

type Path = readonly (string | number)[];

/** What was fetched for an operation, and what the client knows it by. */
interface Fetched {
  readonly shape: ObjectShape;
  readonly data: unknown;
  /** The place of an offset in the client's text. */
  readonly locate: (start: number) => SourceLocation;
}

/** A place of the client's answer; of several aliases of one field each is one. */
interface Place {
  /** Undefined for a leaf. */
  readonly shape: ObjectShape | undefined;
  readonly value: unknown;
  readonly path: Path;
  /** The offset of the field in the client's text; undefined at the root. */
  readonly start: number | undefined;
}

const isIndexed = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === 'object' && value !== null;
const readChild = (value: unknown, step: string | number) => (isIndexed(value) ? value[step] : undefined);

/** Where the client's answer has what stands at the path of the fetched data. */
function findPlaces({ shape, data }: Fetched, path: Path): readonly Place[] {
  let places: readonly Place[] = [{ shape, value: data, path: [], start: undefined }];
  for (const [depth, step] of path.entries()) {
    const next = places.flatMap((place): Place[] => {
      const value = readChild(place.value, step);
      if (typeof step === 'number') return [{ ...place, value, path: [...place.path, step] }];
      const fields = place.shape?.fieldsUnder(step, place.value) ?? [];
      return fields.map(({ key, object, start }) => ({
        shape: object,
        value,
        path: [...place.path, key],
        start,
      }));
    });
    if (next.length === 0) return places.map((place) => withRest(place, path.slice(depth)));
    places = next;
  }
  return places;
}

/** A field that the client did not select, unless its name would be taken for one that it did. */
function withRest(place: Place, rest: Path): Place {
  const isTaken = place.shape?.hasKey(String(rest[0])) === true;
  return isTaken ? place : { ...place, path: [...place.path, ...rest] };
}

/** Errors at paths of the fetched data as errors of the client's answer. */
export function toClientErrors(errors: readonly ClientError[], fetched: Fetched): ClientError[] {
  const found = errors.flatMap((error): ClientError[] => {
    const { path, ...pathless } = error;
    if (path === undefined) return [error];
    return findPlaces(fetched, path).map((place) => {
      const placed = place.path.length === 0 ? pathless : { ...error, path: place.path };
      return withLocations(placed, place.start === undefined ? [] : [fetched.locate(place.start)]);
    });
  });
  return found.slice(0, errorsMax);
}
