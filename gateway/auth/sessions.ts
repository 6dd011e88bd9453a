import { type DocumentNode, parse } from 'graphql';
import type { Caller } from '#core/caller.ts';
import { HeddleError, isErrorCode } from '#core/errors.ts';
import type { SubgraphExecutor } from '#transport/executor.ts';
import type { CallerContext } from './caller.ts';

/** A session that was started. */
export interface NewSession {
  /** The text of its cookie. */
  readonly cookie: string;
  readonly expiresAtMs: number;
  readonly lifetimeSeconds: number;
}

/** Starts and ends browser sessions, which the tenants subgraph keeps. */
export interface BrowserSessions {
  /** Rejects with FORBIDDEN for what is no API key, OVERLOADED where the subgraph cannot be reached. */
  start(caller: Caller, context: CallerContext): Promise<NewSession>;
  /** Ends the session of the caller; `everywhere`: all of its key or person. */
  end(caller: Caller, everywhere: boolean, context: CallerContext): Promise<void>;
}

const startDocument = parse('mutation { _startSession }', { noLocation: true });
const endDocument = parse('mutation ($everywhere: Boolean!) { _endSession(everywhere: $everywhere) }', {
  noLocation: true,
});

/** The sessions of the tenants subgraph. */
export function createSessions(tenants: SubgraphExecutor): BrowserSessions {
  const run = async (
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    caller: Caller,
    context: CallerContext,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const result = await tenants.execute({ document, variables, caller, ...context });
    if (Symbol.asyncIterator in result) throw new Error('The tenants subgraph answered with a stream.');
    const [error] = result.errors ?? [];
    if (error !== undefined) {
      const { code } = error.extensions ?? {};
      if (!isErrorCode(code) || code === 'INTERNAL') {
        throw new Error('The tenants subgraph could not keep a session.', { cause: error });
      }
      throw new HeddleError(code, error.message);
    }
    return result.data ?? {};
  };
  return {
    async start(caller, context) {
      const { _startSession } = await run(startDocument, {}, caller, context);
      return _startSession as NewSession;
    },
    async end(caller, everywhere, context) {
      await run(endDocument, { everywhere }, caller, context);
    },
  };
}
