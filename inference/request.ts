import type {
  CacheScope,
  CacheUse,
  Capability,
  Modality,
  OnDisconnect,
} from '#core/graph-enums.generated.ts';
import type { TextSpan } from '#core/text/text-span.ts';
import type { ProviderCall } from '#providers/provider.ts';
import type { WatchedCall } from './admission/refused-calls.ts';
import type { StructuredOutput } from './admission/structured-output.ts';
import type { CallLabels } from './call-labels.ts';
import type { UpperBound } from './metering/usage-cost.ts';

/** What of a field's @cache an invocation needs; null where the field has none. */
export interface CachePolicy {
  readonly maxAgeMs: number;
  readonly scope: CacheScope;
}

/** A requested completion: checked, complete, and independent of the model that will answer. */
export interface CompletionRequest {
  /** A model id or a route's alias. */
  readonly model: string;
  /** Without the model and the signal, which each attempt brings. */
  readonly call: Omit<ProviderCall, 'model' | 'signal'>;
  readonly cache: CacheUse;
  /** What the call narrows the scope of @cache to; null: not at all. */
  readonly cacheScope: CacheScope | null;
  readonly onDisconnect: OnDisconnect;
  /** False: once there was content, a stream is not begun anew with another model. */
  readonly allowRestart: boolean;
  readonly idempotencyKey: string | null;
  /** Text of the client that is kept beside the answer; absent: none. */
  readonly attachment?: string;
  readonly labels: CallLabels;
  readonly promptId: string | null;
  readonly promptVersionId: string | null;
  /** What traces name the prompt by; absent: no prompt is run. */
  readonly prompt?: { readonly name: string; readonly number: number };
  /**
   * It runs a prompt of the mesh: names of AI models and routes mean the mesh's alone, and its tenant, whose guardrails look at the values of the
   * variables alone, is not shown the texts. Absent: no.
   */
  readonly ofMesh?: PromptValues;
  /** Present with responseSchema. */
  readonly structured: StructuredOutput | null;
  /** An upper bound of the input's tokens, cheap to compute: ceil(bytes / 3) of its text, plus its files. */
  readonly inputTokensMax: number;
  /** Bytes of its text, with three for each token that vendors put around it; null: it has files as well. */
  readonly inputBytes: number | null;
  /** Capabilities that the model must have, where it states which it has. */
  readonly needs: readonly Capability[];
  /** Modalities that the model must take as input, where it states which it takes. */
  readonly inputs: readonly Modality[];
}

/** Where the values of the variables stand in the messages of a prompt. */
export interface PromptValues {
  readonly system: readonly TextSpan[];
  readonly user: readonly TextSpan[];
}

/** What a field of a mutation may draw, as far as that is known before it runs. */
export interface PlannedCall extends Pick<WatchedCall, 'action' | 'name'> {
  readonly bound: UpperBound;
  readonly totalMs: number;
  /** Continues when its field has been answered, so that it runs beside those after it. */
  readonly isBackground: boolean;
  /** Of the calls with the same text one draws, and answers the others too. */
  readonly sameAs: string | null;
}
