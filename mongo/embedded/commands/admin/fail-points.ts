import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { CommandFields, toPlainNumber } from '../fields.ts';

/** What a fail point does to the command that it hits. */
export type Failure = {
  closeConnection: boolean;
  errorCode: number | undefined;
  errorLabels: readonly string[] | undefined;
  writeConcernError: Doc | undefined;
  blockMs: number;
};

type FailPoint = {
  timesLeft: number;
  skip: number;
  commands: ReadonlySet<string>;
  appName: string | undefined;
  failure: Failure;
};

/** The server's test command `configureFailPoint`, as far as drivers' own tests need it. */
export class FailPoints {
  #active: FailPoint | undefined;
  #retryableWrite: FailPoint | undefined;

  configure(body: Doc): void {
    const name = body.get('configureFailPoint');
    if (name === 'onPrimaryTransactionalWrite') {
      this.#configureRetryableWrite(body);
      return;
    }
    if (name !== 'failCommand') {
      throw new CommandError('CommandNotSupported', `fail point ${String(name)} does not exist here`);
    }
    const mode = body.get('mode') ?? 'off';
    if (mode === 'off') {
      this.#active = undefined;
      return;
    }
    const data = new CommandFields(
      new CommandFields(body, 'configureFailPoint').document('data') ?? new Map(),
      'data',
    );
    const commands = (data.array('failCommands') ?? []).filter((entry) => typeof entry === 'string');
    const blockMs = data.boolean('blockConnection') ? (data.count('blockTimeMS') ?? 0) : 0;
    this.#active = {
      ...parseMode(mode),
      commands: new Set(commands),
      appName: data.string('appName'),
      failure: {
        closeConnection: data.boolean('closeConnection') ?? false,
        errorCode: data.number('errorCode'),
        errorLabels: data.array('errorLabels')?.filter((label) => typeof label === 'string'),
        writeConcernError: data.document('writeConcernError'),
        blockMs,
      },
    };
  }

  /** The failure that this command meets, which counts as one use of the fail point. */
  hit(command: string, appName: string): Failure | undefined {
    const active = this.#active;
    if (active === undefined || !active.commands.has(command)) return undefined;
    if (active.appName !== undefined && active.appName !== appName) return undefined;
    return useOnce(active);
  }

  /** The failure that this retryable write meets: an error instead of it, or a lost connection after it. */
  hitRetryableWrite(): Failure | undefined {
    return this.#retryableWrite && useOnce(this.#retryableWrite);
  }

  #configureRetryableWrite(body: Doc): void {
    const mode = body.get('mode') ?? 'off';
    this.#retryableWrite = undefined;
    if (mode === 'off') return;
    const data = new CommandFields(
      new CommandFields(body, 'configureFailPoint').document('data') ?? new Map(),
      'data',
    );
    this.#retryableWrite = {
      ...parseMode(mode),
      commands: new Set(),
      appName: undefined,
      failure: {
        closeConnection: data.boolean('closeConnection') ?? true,
        errorCode: data.number('failBeforeCommitExceptionCode'),
        errorLabels: undefined,
        writeConcernError: undefined,
        blockMs: 0,
      },
    };
  }
}

function useOnce(point: FailPoint): Failure | undefined {
  if (point.skip > 0) {
    point.skip--;
    return undefined;
  }
  if (point.timesLeft <= 0) return undefined;
  point.timesLeft--;
  return point.failure;
}

function parseMode(mode: Value): { timesLeft: number; skip: number } {
  if (mode === 'alwaysOn') return { timesLeft: Number.POSITIVE_INFINITY, skip: 0 };
  const times = isDoc(mode) ? mode.get('times') : undefined;
  const skip = isDoc(mode) ? mode.get('skip') : undefined;
  if (times !== undefined) return { timesLeft: toPlainNumber(times), skip: 0 };
  if (skip !== undefined) return { timesLeft: Number.POSITIVE_INFINITY, skip: toPlainNumber(skip) };
  throw new CommandError('BadValue', 'unknown mode of a fail point');
}
