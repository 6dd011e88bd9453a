import { parseJson } from '#core/json/exact-json.ts';
import type { FinishReason, ProviderKind } from '../../provider.ts';

/** A tool call as a wire sends it; what is left out is not sent. */
export interface GivenCall {
  readonly id?: string;
  readonly name?: string;
  /** A text of JSON, whose pieces are streamed one by one where there are several; null and absent are sent as such. */
  readonly arguments?: string | readonly string[] | null;
}

export interface GivenAnswer {
  /** The pieces of the text. */
  readonly texts?: readonly string[];
  readonly calls?: readonly GivenCall[];
  /** The vendor's word for the end; the usual one where absent. */
  readonly finish?: string;
}

type Outcome = FinishReason | 'BROKEN' | 'FILTERED';

/** A wire as its vendor's server writes it. */
export interface AnswerWire {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly model: string;
  stream(answer: GivenAnswer): string | Uint8Array<ArrayBuffer>;
  whole(answer: GivenAnswer): string;
  /** Every word of the vendor's documentation for the end of an answer. */
  readonly finishReasons: Readonly<Record<string, Outcome>>;
}

/** A wire that streams server-sent events. */
export interface EventWire extends AnswerWire {
  stream(answer: GivenAnswer): string;
  /** A stream whose text, or all but its beginning, stands in an event at the end; null where the wire has no such event. */
  lateStream(reported: string, whole: string): string | null;
  /** The same for a tool call; null where the wire has no such event. */
  lateCall(call: Required<GivenCall>): string | null;
}

/** The pieces that the arguments of a call are streamed in. */
export const listPieces = (call: GivenCall): readonly (string | null | undefined)[] =>
  typeof call.arguments === 'object' && call.arguments !== null ? call.arguments : [call.arguments as string];

/** The arguments of a call as one text. */
export const joinPieces = (call: GivenCall) =>
  typeof call.arguments === 'object' && call.arguments !== null ? call.arguments.join('') : call.arguments;

/** The text of an answer. */
export const joinTexts = ({ texts = [] }: GivenAnswer) => texts.join('');

/** The arguments as a value, their digits as they are. */
export const parseArguments = (given: string | null | undefined) =>
  given === undefined ? undefined : given === null || given === '' ? null : parseJson(given);
