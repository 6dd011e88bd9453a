import type { Child } from '../child.ts';
import type { BenchDialect } from '../dialects.ts';

/** A gateway that listens. */
export interface Running extends Child {
  readonly origin: string;
  /** Chat completions, as it takes them. */
  readonly dialect: BenchDialect;
}

/** What a gateway is started with. */
export interface GatewayStart {
  /** Origin of the mock upstream. */
  readonly upstream: string;
  /** An empty folder of its own. */
  readonly dir: string;
  /** Of each stream. */
  readonly tokens: number;
}

export interface Gateway {
  /** With its version. */
  readonly name: string;
  /** What it does for a call, and what it does not. */
  readonly does: string;
  start(options: GatewayStart): Promise<Running>;
}
