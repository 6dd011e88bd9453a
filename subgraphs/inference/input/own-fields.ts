import { badInput } from '#core/input.ts';
import type { OwnFields, ProviderCall } from '#providers/provider.ts';

const formatName = /^[a-z][a-z0-9_]{0,63}$/;
const toolsMax = 128;
const toolsBytesMax = 64 * 1024;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a name can be that of a wire format, or of a kind of provider in lower case. */
export function isFormatName(name: string): boolean {
  return formatName.test(name);
}

/** Further fields of a part or a tool by wire format. Throws BAD_USER_INPUT for what is none. */
export function parseOwnFields(value: unknown, at: string): OwnFields | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) badInput(`${at}.providerOptions`, 'must be an object.');
  for (const [name, fields] of Object.entries(value)) {
    if (!isFormatName(name) || !isRecord(fields)) {
      badInput(
        `${at}.providerOptions`,
        'must have an object for each wire format, such as {"messages": {…}}.',
      );
    }
  }
  return value as OwnFields;
}

/** Tools that a provider runs, by wire format. Throws BAD_USER_INPUT for what is none, or is too much. */
export function parseProviderTools(value: unknown): NonNullable<ProviderCall['providerTools']> {
  if (!isRecord(value)) badInput('providerTools', 'must be an object.');
  for (const [name, tools] of Object.entries(value)) {
    if (!isFormatName(name) || !Array.isArray(tools) || !tools.every(isRecord)) {
      badInput(
        'providerTools',
        'must have a list of objects for each wire format, such as {"messages": [{…}]}.',
      );
    }
    if (tools.length > toolsMax) badInput('providerTools', `may hold at most ${toolsMax} tools.`);
  }
  if (Buffer.byteLength(JSON.stringify(value)) > toolsBytesMax) {
    badInput('providerTools', `may have at most ${toolsBytesMax} bytes as JSON.`);
  }
  return value as NonNullable<ProviderCall['providerTools']>;
}
