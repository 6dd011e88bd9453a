import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';

type Unified = LanguageModelV4FinishReason['unified'];

/** What vendors write, in lower case with underscores: servers of the chat wire pass on those of the models behind them. */
const vendorReasons: Readonly<Record<Exclude<Unified, 'other' | 'interrupted'>, string>> = {
  stop: 'stop end_turn stop_sequence stop_sequences eos eos_token complete completed pause_turn end normal done',
  length:
    'length max_tokens max_output_tokens model_length max_length max_new_tokens continuation ' +
    'model_context_window_exceeded context_window_exceeded context_length_exceeded error_limit',
  'tool-calls': 'tool_calls tool_call tool_use function_call function_calls',
  'content-filter':
    'content_filter content_filtered content_filter_flag sensitive safety refusal recitation blocklist ' +
    'prohibited_content spii image_safety image_prohibited_content image_recitation model_armor ' +
    'guardrail_intervened error_toxic',
  error:
    'error error_finish network_error server_error internal_error internal_server_error api_error failed failure ' +
    'abort aborted cancel cancelled canceled user_cancel interrupted timeout timed_out overloaded ' +
    'insufficient_system_resource malformed_function_call malformed_tool_call malformed_tool_use ' +
    'malformed_model_output malformed_response unexpected_tool_call too_many_tool_calls missing_thought_signature ' +
    'in_progress queued incomplete',
};

const unifiedReasons = new Map<string, Unified>(
  Object.entries(vendorReasons).flatMap(([unified, words]) =>
    words.split(' ').map((word) => [word, unified as Unified] as const),
  ),
);

/** Words that state more than the reason that they are read as. */
export const detailedReasons: ReadonlySet<string> = new Set([
  ...['stop_sequence', 'pause_turn', 'model_context_window_exceeded', 'compaction'],
]);

/** Words that some servers write into the field while there is no reason yet. */
const noReason = /^\s*(?:null|none|nil|undefined)?\s*$/i;

/** The finish reason that a field holds; empty where it holds none yet. */
export function finishReasonIn(value: unknown): string {
  return typeof value !== 'string' || noReason.test(value) ? '' : value;
}

/**
 * Why an answer ended, by its vendor's word for it. Words that mean that the answer broke are errors; one that is not known
 * states nothing.
 */
export function readFinishReason(raw: string): LanguageModelV4FinishReason {
  const word = raw
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
  // Google's chat wire: "function_call_filter: MALFORMED_FUNCTION_CALL".
  const unified =
    unifiedReasons.get(word) ?? unifiedReasons.get(word.slice(word.lastIndexOf(':') + 1).replace(/^_/, ''));
  return { unified: unified ?? (/(?:^|_)error$/.test(word) ? 'error' : 'other'), raw };
}
