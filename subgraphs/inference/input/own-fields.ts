import { type Egress, openEgress } from '#core/egress.ts';
import { badInput } from '#core/input.ts';
import type { OwnFields, ProviderCall } from '#providers/provider.ts';

const formatName = /^[a-z][a-z0-9_]{0,63}$/;
const toolsMax = 128;
const toolsBytesMax = 1024 * 1024;
const choiceBytesMax = 16 * 1024;
const depthMax = 32;
/** Of what the provider fetches, or the server that it calls. */
const urlFields: ReadonlySet<string> = new Set(['server_url', 'file_url', 'image_url']);
/** JSON Schemas, whose properties may have any name. */
const schemas: ReadonlySet<string> = new Set(['parameters', 'input_schema', 'output_schema']);

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a name can be that of a wire format, or of a kind of provider in lower case. */
export function isFormatName(name: string): boolean {
  return formatName.test(name);
}

function requireFormats(value: unknown, at: string): asserts value is OwnFields {
  if (!isRecord(value)) badInput(at, 'must be an object.');
  for (const [name, fields] of Object.entries(value)) {
    if (!isFormatName(name) || !isRecord(fields)) {
      badInput(at, 'must have an object for each wire format, such as {"messages": {…}}.');
    }
  }
}

/** Throws BAD_USER_INPUT for the URL of a file or a server that is none, or that no provider may be sent to. */
function checkUrls(value: unknown, at: string, egress: Egress, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > depthMax) badInput(at, `may be nested at most ${depthMax} levels deep.`);
  for (const [name, field] of Object.entries(value)) {
    if (!urlFields.has(name)) {
      if (!schemas.has(name)) checkUrls(field, at, egress, depth + 1);
    } else if (typeof field === 'string' && !/^data:/i.test(field)) {
      const url = URL.parse(field);
      if (url === null || !/^https?:$/.test(url.protocol))
        badInput(at, `has a ${name} that is no http(s) URL.`);
      const refusal = egress.refusalOfFileHost(url.hostname);
      if (refusal !== null) badInput(at, `has a ${name} that may not be called: ${refusal}.`);
    }
  }
}

/** Further fields of a part or a tool by wire format. Throws BAD_USER_INPUT for what is none. */
export function parseOwnFields(
  value: unknown,
  at: string,
  egress: Egress = openEgress,
): OwnFields | undefined {
  if (value === undefined || value === null) return undefined;
  requireFormats(value, `${at}.providerOptions`);
  checkUrls(value.responses, `${at}.providerOptions`, egress);
  return value;
}

/** Which tool to call, by wire format. Throws BAD_USER_INPUT for what is none, or is too much. */
export function parseProviderToolChoice(value: unknown): NonNullable<ProviderCall['providerToolChoice']> {
  requireFormats(value, 'providerToolChoice');
  if (Buffer.byteLength(JSON.stringify(value)) > choiceBytesMax) {
    badInput('providerToolChoice', `may have at most ${choiceBytesMax} bytes as JSON.`);
  }
  return value;
}

/** Tools that a provider runs, by wire format. Throws BAD_USER_INPUT for what is none, or is too much. */
export function parseProviderTools(
  value: unknown,
  egress: Egress = openEgress,
): NonNullable<ProviderCall['providerTools']> {
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
  checkUrls(value.responses, 'providerTools', egress);
  return value as NonNullable<ProviderCall['providerTools']>;
}
