import { toGenAiProviderName } from '#core/observers/gen-ai-providers.ts';
import type { GenAiOperation, ObservedAttempt, ObservedModel } from '#core/observers/inference-observer.ts';
import type { Count, Distribution } from './series/counts.ts';
import {
  type MetricConfig,
  type MetricsRegistry,
  openCounter,
  openHistogram,
  otherValue,
  type Series,
} from './series/series.ts';

/** Seconds, as the conventions advise for durations. */
const durationBuckets = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
/** Tokens, as the conventions advise. */
const tokenBuckets = Array.from({ length: 14 }, (_, power) => 4 ** power);
/** AI models that are distinguished; those of tenants may be any number. */
const modelsMax = 100;
const seriesMax = 500;

const modelLabels = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const;

/** The series of one AI model and operation. */
interface ModelSeries {
  readonly labels: readonly string[];
  readonly firstChunk: Distribution;
  readonly inputTokens: Distribution;
  readonly outputTokens: Distribution;
  readonly usage: readonly (readonly [Count, keyof NonNullable<ObservedAttempt['usage']>])[];
  readonly oldUsage: readonly (readonly [Distribution, 'inputTokens' | 'outputTokens'])[];
}

/**
 * The client metrics of OpenTelemetry's semantic conventions for generative AI (open-telemetry/semantic-conventions-genai, status
 * Development, as of October 2026), by their names in Prometheus. One observation for each provider call. `oldNames` adds those
 * of v1.41 and before, which older dashboards read.
 */
export class GenAiMetrics {
  readonly #duration: Series<Distribution>;
  readonly #oldDuration: Series<Distribution> | undefined;
  readonly #firstChunk: Series<Distribution>;
  readonly #perChunk: Series<Distribution>;
  readonly #tokens: Readonly<Record<'input' | 'output', Series<Distribution>>>;
  readonly #usage: readonly (readonly [Series<Count>, keyof NonNullable<ObservedAttempt['usage']>])[];
  readonly #oldUsage: Series<Distribution> | undefined;
  readonly #named = new Set<string>();
  readonly #series: Readonly<Record<GenAiOperation, WeakMap<ObservedModel, ModelSeries>>> = {
    chat: new WeakMap(),
    embeddings: new WeakMap(),
    moderation: new WeakMap(),
  };
  readonly #chunks = new WeakMap<ObservedModel, Distribution>();

  constructor(registry: MetricsRegistry, { oldNames }: { readonly oldNames: boolean }) {
    const named = (name: string, help: string, labels: readonly string[] = []): MetricConfig<string> => ({
      name: `gen_ai_client_${name}`,
      help,
      labels: [...modelLabels, ...labels],
      seriesMax,
    });
    const seconds = (config: MetricConfig<string>) =>
      openHistogram(registry, { ...config, buckets: durationBuckets });
    const tokens = (config: MetricConfig<string>) =>
      openHistogram(registry, { ...config, buckets: tokenBuckets });
    const counted = (name: string, help: string) =>
      openCounter(registry, named(`inference_usage_${name}_total`, help, ['gen_ai_token_modality']));
    this.#duration = seconds(
      named('inference_duration_seconds', 'Duration of provider calls.', ['error_type']),
    );
    this.#firstChunk = seconds(
      named('inference_time_to_first_chunk_seconds', 'Time to the first part of a streamed answer.'),
    );
    // Observed for each part: without the trace.
    this.#perChunk = openHistogram(registry, {
      ...named('inference_time_per_output_chunk_seconds', 'Time between the parts of a streamed answer.'),
      buckets: durationBuckets,
    });
    this.#tokens = {
      input: tokens(named('inference_operation_input_tokens', 'Input tokens of a provider call.')),
      output: tokens(named('inference_operation_output_tokens', 'Output tokens of a provider call.')),
    };
    this.#usage = [
      [counted('input_tokens', 'Input tokens, those of the cache included.'), 'inputTokens'],
      [counted('output_tokens', 'Output tokens, those of reasoning included.'), 'outputTokens'],
      [
        counted('cache_read_input_tokens', "Input tokens read from the provider's cache."),
        'cachedInputTokens',
      ],
      [
        counted('cache_write_input_tokens', "Input tokens written to the provider's cache."),
        'cacheWriteTokens',
      ],
      [counted('reasoning_output_tokens', 'Output tokens of reasoning.'), 'reasoningTokens'],
    ];
    if (!oldNames) return;
    this.#oldDuration = seconds(
      named('operation_duration_seconds', 'Duration of provider calls, by its name until v1.41.', [
        'error_type',
      ]),
    );
    this.#oldUsage = tokens(
      named('token_usage', 'Tokens of provider calls, by its name until v1.41.', ['gen_ai_token_type']),
    );
  }

  attemptEnded({
    operation,
    model,
    outcome,
    code,
    durationMs,
    timeToFirstChunkMs,
    usage,
    traceId,
  }: ObservedAttempt): void {
    const series = this.#find(operation, model);
    const error = code ?? (outcome === 'CANCELLED' ? 'CANCELLED' : '');
    this.#duration.of(...series.labels, error).observe(durationMs / 1_000, traceId);
    this.#oldDuration?.of(...series.labels, error).observe(durationMs / 1_000, traceId);
    if (timeToFirstChunkMs !== null) series.firstChunk.observe(timeToFirstChunkMs / 1_000, traceId);
    if (usage === null) return;
    series.inputTokens.observe(usage.inputTokens, traceId);
    series.outputTokens.observe(usage.outputTokens, traceId);
    for (const [counter, count] of series.usage) if (usage[count] > 0) counter.inc(usage[count]);
    for (const [histogram, count] of series.oldUsage) histogram.observe(usage[count], traceId);
  }

  chunkCame(model: ObservedModel, afterMs: number): void {
    let series = this.#chunks.get(model);
    if (series === undefined) {
      series = this.#perChunk.of(...this.#find('chat', model).labels);
      this.#chunks.set(model, series);
    }
    series.observe(afterMs / 1_000);
  }

  #find(operation: GenAiOperation, model: ObservedModel): ModelSeries {
    const known = this.#series[operation].get(model);
    if (known !== undefined) return known;
    const { name, provider } = model;
    const labels = [operation, toGenAiProviderName(provider.kind), this.#boundModel(name)];
    const oldUsage = this.#oldUsage;
    const made: ModelSeries = {
      labels,
      firstChunk: this.#firstChunk.of(...labels),
      inputTokens: this.#tokens.input.of(...labels),
      outputTokens: this.#tokens.output.of(...labels),
      // No provider states of what kind its tokens are.
      usage: this.#usage.map(([counter, count]) => [counter.of(...labels, 'unknown'), count]),
      oldUsage:
        oldUsage === undefined
          ? []
          : [
              [oldUsage.of(...labels, 'input'), 'inputTokens'],
              [oldUsage.of(...labels, 'output'), 'outputTokens'],
            ],
    };
    this.#series[operation].set(model, made);
    return made;
  }

  #boundModel(name: string): string {
    if (this.#named.has(name)) return name;
    if (this.#named.size >= modelsMax) return otherValue;
    this.#named.add(name);
    return name;
  }
}
