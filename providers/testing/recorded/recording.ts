import type { ProviderCall, ProviderKind, ProviderUsage } from '../../provider.ts';

/** An answer as its vendor sends it. */
export interface Recorded {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  readonly call?: Partial<ProviderCall>;
  readonly body: string;
  /** What we count where the AI SDK counts something else. */
  readonly usage?: ProviderUsage;
}

/** The arguments of the tool, and the schema of structured answers. */
export const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
/** The tool that answers call. */
export const tools = [{ name: 'get_weather', parameters: schema }];
/** A call that requests a structured answer beside the tool. */
export const structured = { responseSchema: schema, tools };

/** Answers of a model by name. */
export function record(
  kind: ProviderKind,
  model: string,
  bodies: Readonly<Record<string, string>>,
): Recorded[] {
  return Object.entries(bodies).map(([name, body]) => ({ name, kind, model, body }));
}

/** The same answers to a call with the tool. */
export function withTools(all: readonly Recorded[]): Recorded[] {
  return all.map((each) => ({ ...each, call: { tools } }));
}
