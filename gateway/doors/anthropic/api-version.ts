import type { Exchange } from '../../http/exchange.ts';
import { type BodyFields, WrongField } from '../body-fields.ts';

/** What a version of Anthropic's API refuses. */
export interface ApiVersion {
  /** The version, where it is another than the one that providers are called with otherwise. */
  readonly name: string | undefined;
  /** Throws WrongField for fields of the body that this version does not have. */
  checkBody(fields: BodyFields): void;
  /** Throws WrongField for a text of the user that this version does not take. */
  checkText(block: BodyFields, at: string): void;
}

/** From this version on some fields are refused, also with their defaults. */
const stricter = '2026-10-21';
const removed = ['temperature', 'top_p', 'top_k'];

const first = '2023-06-01';
const lenient: ApiVersion = { name: undefined, checkBody: () => undefined, checkText: () => undefined };

const strict: Omit<ApiVersion, 'name'> = {
  checkBody(fields) {
    for (const name of removed) {
      if (fields[name] !== undefined) {
        throw new WrongField(name, `is not supported by anthropic-version ${stricter} and later.`);
      }
    }
  },
  checkText({ citations }, at) {
    if (Array.isArray(citations) && citations.length > 0) {
      throw new WrongField(
        `${at}.citations`,
        `must be empty in a message of the user by anthropic-version ${stricter} and later.`,
      );
    }
  },
};

/** The rules of the version in the header `anthropic-version`: any is taken, and none is the first. */
export function readApiVersion({ request: { headers } }: Exchange): ApiVersion {
  const version = String(headers['anthropic-version'] ?? '');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version) || version === first) return lenient;
  return { ...(version >= stricter ? strict : lenient), name: version };
}
