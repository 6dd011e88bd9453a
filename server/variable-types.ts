import { z } from 'zod';
import type { SubgraphName } from '#core/subgraph-names.ts';
import { parseLimits } from '#subgraphs/tenants/limits/default-limits.ts';

/** A variable of the environment. */
export interface Variable<T extends z.ZodType = z.ZodType> {
  readonly schema: T;
  /** What docs/configuration.md states of it. */
  readonly description: string;
  /** A secret's value never stands in an error message, and can be read from a file. */
  readonly secret?: true;
}

/** A row of the table of variables. */
export function variable<T extends z.ZodType>(schema: T, description: string, secret?: true): Variable<T> {
  return secret ? { schema, description, secret } : { schema, description };
}

/** A whole number from `min` to `max`; `standard` where the variable is not set. */
export const integer = (min: number, max: number, standard: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(min, `must be ${min} or more`)
    .max(max, `must be ${max} or less`)
    .default(standard);

/** One of the names. */
export const choice = <const T extends readonly [string, ...string[]]>(...names: T) =>
  z.enum(names, `must be one of ${names.join(', ')}`);

/** A port; 0 for any free one. */
export const port = (standard: number) => integer(0, 65_535, standard);

const isUrl = (text: string, protocols: readonly string[]) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

/** Whether a user or password may stand in the text of an address, also of one that is mistyped. */
const mayHoldPassword = (text: string) => text.includes('@') || text.includes('://');

/** Longer values are not repeated in errors. */
const repeatedCharactersMax = 200;

/** Whether an error may repeat the value: nothing that could hold a secret, whatever the variable is meant for. */
export function isRepeatable(name: string, text: string): boolean {
  return text.length <= repeatedCharactersMax && !/_(URL|KEYS)$/.test(name) && !mayHoldPassword(text);
}

/**
 * Whether the address ends where its writer means it to. A password with one of `/ ? # @` that is not percent-encoded ends
 * it early: a part of the password is then taken for a host.
 */
export function hasEncodedPassword(text: string): boolean {
  const [, authority = '', rest = ''] = /^[a-z+]+:\/\/([^/?#]*)([^?]*)/i.exec(text) ?? [];
  return authority.split('@').length <= 2 && !rest.includes('@');
}

/** What an address is refused with that `hasEncodedPassword` returns false for. */
export const unencoded = 'must have / ? # @ : of its password percent-encoded, such as %2F for a slash';

/** A URL of one of the protocols, such as `redis:`. */
export const url = (...protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (text) => isUrl(text, protocols),
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );

/** The origin of pages, without a path: what links begin with. */
export const origin = z
  .string()
  .transform((text) => text.replace(/\/$/, ''))
  .refine(
    (text) => isUrl(text, ['https:', 'http:']) && new URL(text).origin === text,
    'must be an origin such as https://heddle.example.com, without a path',
  );

/** Whether `parse` takes the text. */
export const isValid = (parse: (text: string) => unknown) => (text: string) => {
  try {
    return parse(text) !== undefined;
  } catch {
    // Any error: the parsers of keys and ranges refuse a text by throwing.
    return false;
  }
};

/** Limits as HEDDLE_KEY_LIMITS has them. */
export const limits = (standard: string) =>
  z
    .string()
    .default(standard)
    .refine(
      isValid((text) => parseLimits(text, 'limits')),
      'must be limits such as CONCURRENCY=20,REQUESTS/MINUTE=600,COST/DAY=10, or none',
    );

/** The text of a key, refused where it cannot be read. */
export const meshKey = (read: (text: string) => unknown) =>
  z.string().superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is wrong' });
    }
  });

const hasUser = (text: string) => {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
};

/** The port a subgraph listens on when it stands alone, and where a gateway looks for it by default. */
const subgraphPorts: Readonly<Record<SubgraphName, number>> = {
  models: 4001,
  prompts: 4002,
  tenants: 4003,
  usage: 4004,
  inference: 4005,
};

/** Where a gateway reaches the subgraph. */
export const subgraphUrl = (name: SubgraphName) =>
  variable(
    z
      .string()
      .refine(
        (text) => text.split(',').every((address) => isUrl(address.trim(), ['http:', 'https:'])),
        'must be URLs that begin with http:// or https://, separated by commas',
      )
      .refine(
        (text) => text.split(',').every((address) => !hasUser(address.trim())),
        'must not hold a user or password: parts know each other by keys and certificates',
      )
      .default(`http://127.0.0.1:${subgraphPorts[name]}/graphql`),
    `Where a gateway without its own \`${name}\` reaches that subgraph; several processes, separated by commas.`,
  );

/** The port of the subgraph. */
export const subgraphPort = (name: SubgraphName) =>
  variable(port(subgraphPorts[name]), `Port of the \`${name}\` subgraph when it stands alone.`);

/** The texts of a list that is separated by commas. */
export const networksIn = (text: string): readonly string[] =>
  text
    .split(',')
    .map((network) => network.trim())
    .filter((network) => network !== '');
