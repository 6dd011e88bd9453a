import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { FinishDetails, ProviderCall, ProviderKind, ProviderPart } from '../../provider.ts';
import type { UsageCounts } from '../../translate/usage-report.ts';
import type { EventFraming } from './event-lines.ts';
import type { Fields } from './fields.ts';
import type { PartFilter } from './part-filter.ts';

/** How an answer ended, in its vendor's count. */
export interface AnswerEnd {
  readonly reason: LanguageModelV4FinishReason;
  /** Null where the vendor sent none. */
  readonly usage: UsageCounts | null;
  /** The stop string that ended it, where the vendor returns it. */
  readonly stopSequence?: string;
  /** As FinishDetails has them. */
  readonly made?: Pick<FinishDetails, 'fingerprint' | 'serviceTier'>;
  /** The vendor's message about what went wrong. */
  readonly error?: unknown;
}

/**
 * Reads one answer of a vendor's API. What it does not know it passes over. Errors that an event reports, [DONE] and
 * everything that is the same on all wires are not its business: see AnswerParts.
 */
export interface AnswerReader {
  /** Adds the parts of one event of a streamed answer. */
  event(event: Fields, into: ProviderPart[]): void;
  /** Adds the parts of a whole answer. */
  whole(answer: Fields, into: ProviderPart[]): void;
  /** The terminal marker has come: nothing more is read. Wires that end with the body leave it false. */
  readonly ended: boolean;
  /** Adds the usage of an event that comes after [DONE]; absent on wires that never send usage so late. */
  lateEvent?(event: Fields): void;
  /** No count of the answer's tokens has come yet. */
  readonly lacksUsage?: boolean;
  /** Fields to send with the same request again for the rest of the answer, which is read next; null: this was all. */
  goOn?(): Fields | null;
  /** Adds what is known only at the end. @throws {ProviderFailure} when what came is no complete answer */
  end(into: ProviderPart[]): AnswerEnd;
}

/** An API through which vendors answer. */
export interface Wire {
  reader(call: ProviderCall, kind: ProviderKind): AnswerReader;
  /** How a streamed answer is cut into events; server-sent events where absent. */
  framing?(): EventFraming;
  /** What has to be put right in the answers of this vendor. */
  filter?(call: ProviderCall): PartFilter | null;
}
