type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

function immutable(): never {
  throw new TypeError('The headers of a response cannot be changed.');
}

/** A response's headers behind the interface of fetch, without the cost of building a Headers object per call. */
export class ResponseHeaders implements Headers {
  readonly #entries = new Map<string, string>();
  readonly #cookies: readonly string[];

  /** `record` has lower-case names, as undici returns them. */
  constructor(record: HeaderRecord) {
    for (const name in record) {
      const value = record[name];
      if (value !== undefined) this.#entries.set(name, typeof value === 'string' ? value : value.join(', '));
    }
    const cookies = record['set-cookie'];
    this.#cookies = cookies === undefined ? [] : typeof cookies === 'string' ? [cookies] : cookies;
  }

  readonly append = immutable;
  readonly delete = immutable;
  readonly set = immutable;
  readonly get = (name: string): string | null => this.#entries.get(name.toLowerCase()) ?? null;
  readonly has = (name: string): boolean => this.#entries.has(name.toLowerCase());
  readonly getSetCookie = (): string[] => [...this.#cookies];
  readonly forEach = (callback: (value: string, name: string, headers: Headers) => void): void => {
    for (const [name, value] of this.#entries) callback(value, name, this);
  };
  readonly keys = () => this.#entries.keys();
  readonly values = () => this.#entries.values();
  readonly entries = () => this.#entries.entries();
  readonly [Symbol.iterator] = () => this.#entries.entries();
}
