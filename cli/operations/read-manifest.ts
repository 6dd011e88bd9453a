import { StartError } from '#server/config.ts';

/** A document of a manifest. */
export interface ManifestDocument {
  readonly id: string;
  readonly body: string;
}

type Raw = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The documents of a manifest: of Apollo (`apollo-persisted-query-manifest`), or a map of ids to texts as Relay and
 * graphql-codegen write it. Throws StartError that names what is wrong.
 */
export function readManifest(text: string): readonly ManifestDocument[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new StartError('the manifest is no valid JSON', { cause });
  }
  if (!isRecord(parsed)) throw new StartError('the manifest must be a JSON object');
  return parsed.format === undefined ? readMap(parsed) : readApollo(parsed);
}

function readApollo({ format, version, operations }: Raw): readonly ManifestDocument[] {
  if (format !== 'apollo-persisted-query-manifest' || version !== 1 || !Array.isArray(operations)) {
    throw new StartError('the manifest must have the format apollo-persisted-query-manifest, version 1');
  }
  return operations.map((operation: unknown, at) => {
    if (isRecord(operation) && typeof operation.id === 'string' && typeof operation.body === 'string') {
      return { id: operation.id, body: operation.body };
    }
    throw new StartError(`operations[${at}] of the manifest must have an id and a body`);
  });
}

function readMap(map: Raw): readonly ManifestDocument[] {
  return Object.entries(map).map(([id, body]) => {
    if (typeof body === 'string') return { id, body };
    throw new StartError(`the document ${JSON.stringify(id.slice(0, 100))} of the manifest must be a text`);
  });
}
