/** Where a client calls, as which key, and how often it sends a failed call again. */
export interface Connection {
  /** The origin of the mesh. */
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly maxRetries?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the requests of the client. The default is that of the process. */
  readonly fetch?: typeof globalThis.fetch;
}

/** One call, in no dialect. */
export interface FrameworkCall {
  readonly prompt: string;
  /** A PNG in base64. */
  readonly image?: string;
  readonly signal?: AbortSignal;
}

/** An answer, as the framework reports it to its user. */
export interface FrameworkAnswer {
  readonly text: string;
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** What the framework reports of a failed call. */
export interface FrameworkFailure {
  readonly status: number | undefined;
  readonly message: string;
  readonly retryAfter: string | null;
}

/** The only tool of the suite: its argument is an object with a city. */
export type Weather = (city: string) => string;

/** A framework with one of its clients: each member calls the mesh by the framework's public interface. */
export interface Framework {
  readonly name: string;
  readonly dialect: 'openai' | 'anthropic';
  /** Reads the tokens of the input of a stream from its first event, where they may be an estimate. */
  readonly readsInputFirst: boolean;
  /** Sends every call again that is refused with 429, whatever the headers state. */
  readonly repeatsEvery429: boolean;
  complete(connection: Connection, call: FrameworkCall): Promise<FrameworkAnswer>;
  /** Calls `onText` for each part of the text. */
  stream(
    connection: Connection,
    call: FrameworkCall,
    onText?: (text: string) => void,
  ): Promise<FrameworkAnswer>;
  /** Runs the tool until the model answers with a text. */
  runTools(connection: Connection, prompt: string, weather: Weather): Promise<string>;
  /** The value of the schema `{ city: string }`. */
  readObject(connection: Connection, prompt: string): Promise<unknown>;
  /** The reasoning and the text of a call with reasoning on; absent where the client does not read reasoning. */
  reason?(
    connection: Connection,
    prompt: string,
  ): Promise<{ readonly reasoning: string; readonly text: string }>;
  /** Absent where the client has no embeddings. */
  embed?(connection: Connection, texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  readFailure(thrown: unknown): FrameworkFailure;
}
