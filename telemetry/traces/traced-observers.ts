import { toVerdictAttributes } from '#core/guardrail-attributes.ts';
import type { InferenceObserver } from '#core/observers/inference-observer.ts';
import type { StoreObserver } from '#core/observers/store-observer.ts';
import { activeSpan, type SpanOptions } from '#core/tracing/span.ts';

const groupWrite = 'groupWrite';
const storeFailed = { code: 'STORE_FAILED' } as const;

interface DescribedCommand {
  readonly name: string;
  readonly ended: SpanOptions;
  readonly endedFailed: SpanOptions & { readonly code: string };
}

/** By commands of the store, of which Heddle sends some twenty. */
const described = new Map<string, DescribedCommand>();

function describeCommand(command: string): DescribedCommand {
  const known = described.get(command);
  if (known !== undefined) return known;
  const attributes = { 'db.system.name': 'mongodb', 'db.operation.name': command };
  const ended = { kind: 'CLIENT', attributes } as const;
  const made = { name: `store ${command}`, ended, endedFailed: { ...ended, ...storeFailed } };
  described.set(command, made);
  return made;
}

/** The observer, with a span for each command of the store that an operation waits for. */
export function traceStore(observer: StoreObserver | undefined): StoreObserver {
  return {
    commandEnded(command, durationMs, failed) {
      observer?.commandEnded(command, durationMs, failed);
      // A group has rows of several operations, each of which has a span for its own.
      if (command === groupWrite) return;
      const span = activeSpan();
      if (span === undefined) return;
      const { name, ended, endedFailed } = describeCommand(command);
      span.childEnded(name, durationMs, failed ? endedFailed : ended);
    },
    eventPublished: (type) => observer?.eventPublished(type),
  };
}

const nothing = { [Symbol.dispose]: () => undefined };

/** The observer, with a span for each verdict of a guardrail and each row of the ledger. */
export function traceInference(observer: InferenceObserver | undefined): InferenceObserver {
  return {
    verdicts(verdicts) {
      observer?.verdicts(verdicts);
      const span = activeSpan();
      if (span === undefined) return;
      for (const verdict of verdicts) {
        span.childEnded(`apply_guardrail ${verdict.rule}`, verdict.durationMs, {
          attributes: () => toVerdictAttributes(verdict),
        });
      }
    },
    rowWritten(kind, durationMs, failed) {
      observer?.rowWritten(kind, durationMs, failed);
      activeSpan()?.childEnded(`ledger ${kind}`, durationMs, failed ? storeFailed : undefined);
    },
    attemptEnded: (attempt) => observer?.attemptEnded(attempt),
    chunkCame: (model, afterMs) => observer?.chunkCame(model, afterMs),
    callEnded: (call) => observer?.callEnded(call),
    circuitChanged: (modelId, providerId, state) => observer?.circuitChanged(modelId, providerId, state),
    payloadDropped: (reason) => observer?.payloadDropped(reason),
    watch: (read) => observer?.watch(read) ?? nothing,
  };
}
