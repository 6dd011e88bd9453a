import type { Logger } from 'pino';
import type { Environment, Part } from './config.ts';

/** What a start of the mesh, or of a part of it, is given. */
export interface MeshOptions {
  readonly environment: Environment;
  readonly parts: readonly Part[];
  /** The whole environment, for the providers' own variables (OPENAI_API_KEY …). */
  readonly providerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}
