import type { Doc } from '../bson/values.ts';
import type { SpillSpace } from '../spill/spill-space.ts';
import type { ExpressionVariables } from './scope.ts';
import type { Stream } from './stream.ts';

/** What the engine provides to a pipeline. */
export type PipelineContext = {
  /** NOW and the command's `let`. */
  vars: ExpressionVariables;
  /** Documents of another collection of the same database, for $lookup; the filter may use its indexes. */
  collection(name: string): { scan(filter?: Doc): Stream };
  /** `aggregate: 1`, a pipeline on the database. */
  collectionless?: boolean;
  /** Sessions of this server, for $listLocalSessions. */
  localSessions?(): Iterable<Doc>;
  /** Memory that one stage may take; the server's 100 MB when absent. */
  stageBytesMax?: number;
  /** Where stages put what is beyond that; refused when absent. */
  space?: SpillSpace | undefined;
};

/** What a stage may hold, and where it puts the rest. */
export type StageMemory = { readonly bytesMax: number; readonly space: SpillSpace | undefined };
