import { type ErrorCode, errorCatalog, isErrorCode } from '#core/errors.ts';
import { decimalOfNanos } from '#core/money.ts';
import type { AttemptRecord, GuardrailVerdictRecord, InvocationRecord } from '#mongo/invocations.ts';

/** Attempts and verdicts that are described one by one; of more the number is stated. */
const describedMax = 20;

/**
 * What happened in a call, one sentence or more a line: what was requested, the policy that was applied, each provider call, cache,
 * guardrails, usage, how it ended and what to do. Made of the row alone: it holds nothing that a reader of the row may not read,
 * no input, no answer, and of failures the codes without the words.
 */
export function explainInvocation(row: InvocationRecord): string {
  return [
    describeRequest(row),
    describePolicy(row),
    describeCache(row),
    ...describeVerdicts(row.guardrailVerdicts ?? []),
    ...describeAttempts(row),
    describeUsage(row),
    ...describeEnd(row),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

const kinds: Readonly<Record<string, string>> = {
  completion: 'A completion',
  embedding: 'An embedding call',
  guardrail: 'A test of guardrails',
};

function describeRequest(row: InvocationRecord): string {
  const prompt =
    row.promptId === null
      ? ''
      : ` with the prompt ${row.promptId}${row.promptVersionId === null ? '' : ` (version ${row.promptVersionId})`}`;
  const first = row.attempts.find(isOwn)?.modelId ?? row.modelId;
  return `${kinds[row.kind] ?? `A call of the kind ${row.kind}`} with the AI model ${first}${prompt}, requested at ${row.startedAt.toISOString()} by ${describeCaller(row)}.`;
}

function describeCaller({ keyId, appId, subject, tenantId, erased }: InvocationRecord): string {
  if (erased === 'TENANT') return `the tenant ${tenantId}, which was erased`;
  if (keyId !== null)
    return `the API key ${keyId}${appId === null ? '' : ` of the app ${appId}`} of the tenant ${tenantId}`;
  if (subject !== null) return `a person of the tenant ${tenantId}`;
  return erased === 'END_USER'
    ? `a caller of the tenant ${tenantId} who was erased`
    : `a caller of the tenant ${tenantId} without an API key`;
}

function describePolicy({ retention, payloadLogging, payloadUntil, reserved }: InvocationRecord): string {
  const kept =
    retention === 'NONE'
      ? 'The call had no content kept (retention NONE).'
      : payloadLogging === undefined
        ? 'Payloads are not kept: the tenant had the payload rule NONE, or the call is of an older version.'
        : payloadLogging === 'METADATA'
          ? 'Payload rule METADATA: no content is kept.'
          : payloadUntil === undefined
            ? 'Payload rule FULL, and no payload is stored.'
            : `Payload rule FULL: the payload is kept until ${payloadUntil.toISOString()}.`;
  const limits =
    reserved === undefined
      ? ''
      : ` Limits and budgets had room: at most ${reserved.tokens} tokens and ${decimalOfNanos(BigInt(reserved.costNanos))} US dollars were reserved before anything was sent.`;
  return kept + limits;
}

const cacheSentences: Readonly<Record<InvocationRecord['cache'], string>> = {
  MISS: 'Cache: there was no answer to this input, so that a provider was to be called.',
  HIT: 'Cache: the answer to the same input was returned, and no provider was called.',
  SEMANTIC_HIT: 'Cache: the answer to an input of similar meaning was returned, and no provider was called.',
  BYPASS: 'Cache: not used.',
  COALESCED: 'Cache: the call waited for an identical call in progress and returned its answer.',
};

const describeCache = ({ cache }: InvocationRecord): string => cacheSentences[cache] ?? '';

function describeVerdicts(verdicts: readonly GuardrailVerdictRecord[]): readonly string[] {
  if (verdicts.length === 0) return ['Guardrails: no rule found anything.'];
  const lines = verdicts.slice(0, describedMax).map((verdict) => {
    const { rule, policyId, policyVersion, stage, action, shadow, fired, failed, findings } = verdict;
    const source = policyId === null ? 'of the mesh' : `of the policy ${policyId}, version ${policyVersion}`;
    const found = findings.map(({ kind, count }) => `${kind} × ${count}`).join(', ');
    const result = failed
      ? 'could not look'
      : fired
        ? `found ${found === '' ? 'something' : found}`
        : 'passed';
    const effect = shadow ? 'in shadow mode, without effect' : `action ${action}`;
    return `Guardrail ${rule} (${source}) at ${stage}: ${result}; ${effect}.`;
  });
  return [...lines, ...describeRest(verdicts.length, 'verdicts')];
}

const describeRest = (count: number, what: string): readonly string[] =>
  count > describedMax ? [`${count - describedMax} more ${what} are in the row.`] : [];

/** Of the call itself, not of a guardrail that checked it. */
const isOwn = ({ guardrail }: AttemptRecord): boolean => guardrail === undefined;

function describeAttempts({
  attempts,
  progress,
  status,
  modelId,
  cache,
}: InvocationRecord): readonly string[] {
  if (attempts.length === 0) {
    if (status === 'RUNNING') {
      const { attempt } = progress ?? {};
      return attempt == null
        ? [`The AI model ${modelId} is called first.`]
        : [
            `The AI model ${attempt.modelId} has been called since ${attempt.startedAt.toISOString()}; ${attempt.receivedChars} characters of its answer were recorded.`,
          ];
    }
    const isAnswered = cache === 'HIT' || cache === 'SEMANTIC_HIT' || cache === 'COALESCED';
    return isAnswered ? [] : ['No provider was called.'];
  }
  const own = attempts.filter(isOwn);
  const lines = attempts.slice(0, describedMax).map((attempt, index) => {
    const { guardrail, durationMs, outcome } = attempt;
    const purpose = guardrail === undefined ? '' : ` for the guardrail ${guardrail}`;
    return `Provider call ${index + 1}${purpose}: ${attempt.modelId}, ${durationMs} ms, ${outcome}${describeFailure(attempt)}.`;
  });
  const [first] = own;
  const last = own.at(-1);
  const fallback =
    first === undefined || last === undefined || own.length === 1
      ? []
      : first.modelId === last.modelId
        ? [`The AI model ${first.modelId} was tried ${own.length} times.`]
        : [`Fallback: after ${first.modelId}, ${last.modelId} was called last.`];
  return [...lines, ...describeRest(attempts.length, 'provider calls'), ...fallback];
}

/** The code that begins the error of an attempt, and what it means. */
function describeFailure({ error, outcome }: AttemptRecord): string {
  if (outcome !== 'FAILED') return '';
  const code = /^[A-Z_]+(?=:|$)/.exec(error ?? '')?.[0];
  return isErrorCode(code) ? ` with ${code}: ${trimSentence(errorCatalog[code].summary)}` : '';
}

const trimSentence = (text: string): string => text.replace(/\.$/, '');

function describeUsage({ usage, costNanos, unpriced, attempts, status }: InvocationRecord): string {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage;
  const parts = [
    `${inputTokens} input tokens${cachedInputTokens > 0 ? ` (${cachedInputTokens} from the provider's cache)` : ''}`,
    `${outputTokens} output tokens${reasoningTokens > 0 ? ` (${reasoningTokens} for reasoning)` : ''}`,
  ];
  const notes = [
    status === 'RUNNING' ? ' Until now this is an estimate for the case that the process ends.' : '',
    attempts.some(({ usageEstimated }) => usageEstimated === true)
      ? ' Some of it is estimated, because a provider call was cut or reported no usage.'
      : '',
    unpriced === true ? ' The cost is incomplete: an AI model had no price.' : '',
  ];
  return `Usage: ${parts.join(' and ')}, ${decimalOfNanos(costNanos)} US dollars.${notes.join('')}`;
}

function describeEnd(row: InvocationRecord): readonly string[] {
  const { status, latencyMs, timeToFirstTokenMs, orphaned, erased, trace } = row;
  const time = latencyMs === null ? '' : ` after ${latencyMs} ms`;
  const begin = timeToFirstTokenMs === null ? '' : ` The first token came after ${timeToFirstTokenMs} ms.`;
  return [
    ...endSentences[status](row, `${time}.${begin}`),
    orphaned === true
      ? 'The process that ran the call ended before the call did, and another process closed the row: usage and cost may be estimates.'
      : '',
    erased === undefined
      ? ''
      : 'What identifies people was erased from the row; amounts, times and codes are as they were.',
    trace === undefined
      ? ''
      : `Trace ${trace.traceId}: the collector has it if it was sampled, or failed or was slow.`,
  ];
}

type End = (row: InvocationRecord, time: string) => readonly string[];

const endSentences: Readonly<Record<InvocationRecord['status'], End>> = {
  RUNNING: () => [
    'The call is in progress. If its process has ended, another process closes the row within seconds on the same machine, otherwise within 24 hours.',
  ],
  SUCCEEDED: (_row, time) => [`The call succeeded${time}`],
  CANCELLED: (_row, time) => [
    `The call was canceled, or its client disconnected,${time.replace(/^\./, ' before it ended.')}`,
    'What to do: nothing, if this was intended; otherwise look at timeouts of the client and of proxies, or follow the call with startCompletion and resumeCompletion.',
  ],
  FAILED: ({ errorCode, guardrailVerdicts = [] }, time) => {
    if (!isErrorCode(errorCode))
      return [
        `The call failed${time}`,
        'What to do: report the requestId to the operator of this mesh; the row has no code that this version knows.',
      ];
    const blocking = errorCode === 'GUARDRAIL_BLOCKED' ? guardrailVerdicts.filter(isBlocking) : [];
    const rules = [...new Set(blocking.map(({ rule }) => rule))];
    return [
      `The call failed with ${errorCode}${time}`,
      `What it means: ${describeCode(errorCode)}${rules.length === 0 ? '' : ` The rule that refused: ${rules.join(', ')}.`}`,
      `What to do: ${errorCatalog[errorCode].whatToDo}`,
    ];
  },
};

const describeCode = (code: ErrorCode): string => errorCatalog[code].summary;

const isBlocking = ({ fired, failed, shadow, action }: GuardrailVerdictRecord): boolean =>
  (fired || failed) && !shadow && action === 'BLOCK';
