import { parse } from 'graphql';
import { LRUCache } from 'lru-cache';
import { type Caller, systemCaller } from '#core/caller.ts';
import { createOverloadedError } from '#core/errors.ts';
import type { Bus } from '#state/bus/bus.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import { computeDocumentHash } from './automatic-documents.ts';

/** How long a document is remembered, and how long that there is none. */
const knownForMs = 60_000;
const unknownForMs = 5_000;
/** How much longer a document is used while the subgraph cannot be reached. */
const staleForMs = 600_000;
/** Bytes of what is remembered, with the names of what does not exist. */
const bytesMax = 32 * 1024 * 1024;

const lookup = parse(
  'query ($tenantId: ID, $name: String!) { _trustedDocument(tenantId: $tenantId, name: $name) }',
  {
    noLocation: true,
  },
);

interface Remembered {
  readonly text: string | undefined;
  readonly untilMs: number;
}

/** The request that a lookup belongs to. */
export interface LookupContext {
  readonly caller: Caller;
  readonly requestId: string;
  readonly clientAddress: string | null;
}

/**
 * Requests trusted documents from the tenants subgraph, by the ids of manifests or by their SHA-256, and remembers the
 * answers; a change announced on the bus makes it forget at once. A caller finds those of its tenant and of the mesh.
 */
export class TrustedDocuments implements AsyncDisposable {
  readonly #tenants: SubgraphExecutor;
  readonly #now: () => number;
  #remembered = createMemory();
  readonly #pending = new Map<string, Promise<string | undefined>>();
  #subscription: AsyncDisposable | undefined;

  private constructor(tenants: SubgraphExecutor, now: () => number) {
    this.#tenants = tenants;
    this.#now = now;
  }

  static async open(options: {
    readonly tenants: SubgraphExecutor;
    readonly bus: Bus;
    readonly now: () => number;
  }): Promise<TrustedDocuments> {
    const documents = new TrustedDocuments(options.tenants, options.now);
    documents.#subscription = await options.bus.subscribe('documents.changed', () => {
      // Answers still under way were requested before the change: they are not put into the new memory.
      documents.#remembered = createMemory();
      documents.#pending.clear();
    });
    return documents;
  }

  /** The text; undefined: there is none that the caller may name so. Throws OVERLOADED where that is not known. */
  async find(name: string, context: LookupContext): Promise<string | undefined> {
    const key = `${context.caller.tenantId ?? ''} ${name}`;
    const known = this.#remembered.get(key);
    if (known !== undefined && known.untilMs > this.#now()) return known.text;
    const underWay = this.#pending.get(key);
    if (underWay !== undefined) return underWay;
    const found = this.#request(key, name, context, known);
    this.#pending.set(key, found);
    const forget = () => {
      if (this.#pending.get(key) === found) this.#pending.delete(key);
    };
    found.then(forget, forget);
    return found;
  }

  async #request(
    key: string,
    name: string,
    { caller, requestId, clientAddress }: LookupContext,
    known: Remembered | undefined,
  ): Promise<string | undefined> {
    const memory = this.#remembered;
    let text: string | undefined;
    try {
      const result = await this.#tenants.execute({
        document: lookup,
        variables: { tenantId: caller.tenantId, name },
        caller: systemCaller,
        requestId,
        clientAddress,
      });
      if (Symbol.asyncIterator in result || result.errors !== undefined)
        throw new Error('The lookup failed.');
      text = readText(result.data?._trustedDocument, name);
    } catch (cause) {
      const isStale = memory === this.#remembered && known?.text !== undefined;
      if (isStale && known.untilMs + staleForMs > this.#now()) return known.text;
      throw createOverloadedError('The trusted documents cannot be read now; nothing was begun.', {
        cause,
        notBegun: true,
      });
    }
    memory.set(key, { text, untilMs: this.#now() + (text === undefined ? unknownForMs : knownForMs) });
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subscription?.[Symbol.asyncDispose]();
  }
}

const hashPattern = /^(?:sha256:)?([0-9a-f]{64})$/;

/** The text, which has the hash that the name states. */
function readText(found: unknown, name: string): string | undefined {
  if (typeof found !== 'string') return undefined;
  const sha256 = hashPattern.exec(name)?.[1];
  return sha256 === undefined || computeDocumentHash(found) === sha256 ? found : undefined;
}

function createMemory(): LRUCache<string, Remembered> {
  return new LRUCache({
    maxSize: bytesMax,
    sizeCalculation: ({ text = '' }, key) => 64 + 2 * (text.length + key.length),
  });
}
