import { expect } from 'vitest';

/** One request of an identity provider, with what it expects. A name in braces stands for an id that an earlier answer had. */
export interface ScimStep {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/scim/v2`. */
  readonly path: string;
  readonly body?: object;
  readonly status: number;
  /** What the body of the answer has. */
  readonly answer?: object;
  /** The name under which the id of the answer is remembered. */
  readonly keeps?: string;
}

/** What an identity provider sends in the life of two users and a group, part by part. */
export interface ScimTraffic {
  readonly connect: readonly ScimStep[];
  /** Ends with the users `ada` and `grace`. */
  readonly createUsers: readonly ScimStep[];
  /** Ends with both users in the group `staff`. */
  readonly createGroup: readonly ScimStep[];
  readonly changeUser: readonly ScimStep[];
  readonly renameGroup: readonly ScimStep[];
  /** Takes `grace` out of the group. */
  readonly unassign: readonly ScimStep[];
  readonly disable: readonly ScimStep[];
  readonly enable: readonly ScimStep[];
  readonly deleteGroup: readonly ScimStep[];
  readonly leave: readonly ScimStep[];
}

/** The subjects of the users at the issuer: what the provider sends as their `externalId`. */
export const subjects = { ada: '7f9c1a52-ada', grace: '00ugrace5d7' } as const;

/** Plays steps with a bearer token, and keeps the ids that answers have. */
export class ScimPlayer {
  readonly ids = new Map<string, string>();
  readonly #url: () => string;
  readonly #key: string;
  readonly #userAgent: string;

  constructor(url: () => string, key: string, userAgent: string) {
    this.#url = url;
    this.#key = key;
    this.#userAgent = userAgent;
  }

  async play(steps: readonly ScimStep[]): Promise<void> {
    for (const step of steps) await this.#playOne(step);
  }

  async #playOne({ method, path, body, status, answer, keeps }: ScimStep): Promise<void> {
    const response = await fetch(`${this.#url()}/scim/v2${this.#fill(path)}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        'user-agent': this.#userAgent,
        accept: 'application/scim+json',
        ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
      },
      ...(body === undefined ? {} : { body: this.#fill(JSON.stringify(body)) }),
    });
    const text = await response.text();
    expect(`${method} ${path} ${response.status} ${response.status === status ? '' : text}`).toBe(
      `${method} ${path} ${status} `,
    );
    const value = text === '' ? undefined : JSON.parse(text);
    if (value !== undefined) expect(response.headers.get('content-type')).toContain('application/scim+json');
    if (answer !== undefined) expect(value).toMatchObject(JSON.parse(this.#fill(JSON.stringify(answer))));
    if (keeps !== undefined) this.ids.set(keeps, value.id);
  }

  #fill(text: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => this.ids.get(name) ?? whole);
  }
}
