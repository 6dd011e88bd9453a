import type { Invoker } from './admission/invoke.ts';
import type { InferenceDeps } from './deps.ts';
import type { Running } from './execution/running.ts';
import type { CompletionReader } from './read.ts';
import type { CachePolicy } from './request.ts';
import type { LostReaders } from './streams/lost-readers.ts';
import type { RowWatch } from './streams/row-watch.ts';

/** The fields whose answers may come from the cache. */
export type CachedField = 'complete' | 'runPrompt' | 'completionStream' | 'promptStream';

/** What the commands of this subgraph work with. */
export interface Inference extends InferenceDeps {
  readonly running: Running;
  readonly invoker: Invoker;
  readonly reader: CompletionReader;
  readonly lostReaders: LostReaders;
  readonly rowWatch: RowWatch;
  /** What the SDL's @cache says of each field; null: nothing. */
  readonly cachePolicies: Readonly<Record<CachedField, CachePolicy | null>>;
}
