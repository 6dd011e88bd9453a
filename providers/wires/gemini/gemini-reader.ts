import { randomUUID } from 'node:crypto';
import type { ProviderKind, ProviderPart } from '../../provider.ts';
import { cutShort, malformed } from '../../translate/completeness.ts';
import { readFinishReason } from '../../translate/finish-reason.ts';
import { addCounts, UsageCounter } from '../../translate/usage.ts';
import type { UsageCounts } from '../../translate/usage-report.ts';
import { type Fields, fields, list, text } from '../shared/fields.ts';
import type { AnswerEnd, AnswerReader, Wire } from '../shared/wire.ts';

/**
 * Reads Gemini's answers, whose stream is a row of whole answers; the finish reason is the terminal marker. An answer
 * that ends with CONTINUATION continues in the answer to the same request with the token that it contains.
 */
class GeminiReader implements AnswerReader {
  readonly #kind: ProviderKind;
  #calls = 0;
  #rawFinish = '';
  #blocked = '';
  /** Of the requests that are over, and of this one, which counts on its own. */
  #before: UsageCounts | null = null;
  #usage = new UsageCounter();
  #continuationToken = '';
  /** Counts come after the finish reason. */
  readonly ended = false;

  constructor(kind: ProviderKind) {
    this.#kind = kind;
  }

  event(event: Fields, into: ProviderPart[]): void {
    this.#usage.add(event.usageMetadata ?? event.usage_metadata ?? event.usage);
    this.#blocked ||= readBlockReason(event);
    const candidate = fields(list(event.candidates)[0]);
    if (candidate === null) return;
    if (candidate.usageMetadata) this.#usage.add(candidate.usageMetadata);
    if (this.#blocked !== '') return;
    for (const part of list(fields(candidate.content)?.parts)) this.#part(fields(part), into);
    this.#rate(candidate, into);
    this.#rawFinish = text(candidate.finishReason) || this.#rawFinish;
    if (this.#rawFinish === 'CONTINUATION') this.#continuationToken = text(candidate.continuationToken);
  }

  whole(answer: Fields, into: ProviderPart[]): void {
    if (answer.candidates === undefined && answer.promptFeedback === undefined) throw malformed();
    this.event(answer, into);
    this.#rawFinish ||= 'FINISH_REASON_UNSPECIFIED';
  }

  end(): AnswerEnd {
    const usage = addCounts(this.#before, this.#usage.counts);
    if (this.#blocked !== '') return { reason: { unified: 'content-filter', raw: this.#blocked }, usage };
    if (this.#rawFinish === '') throw cutShort();
    return { reason: readFinishReason(this.#rawFinish), usage };
  }

  goOn(): Fields | null {
    const continuationToken = this.#continuationToken;
    if (continuationToken === '') return null;
    this.#continuationToken = '';
    this.#rawFinish = '';
    this.#before = addCounts(this.#before, this.#usage.counts);
    this.#usage = new UsageCounter();
    return { continuationToken };
  }

  /** Text, thought, speech or call; what Google runs itself (code, searches) and other files are passed over. */
  #part(part: Fields | null, into: ProviderPart[]): void {
    const received = text(part?.text);
    if (received !== '') into.push({ type: part?.thought === true ? 'reasoning' : 'text', text: received });
    const inline = fields(part?.inlineData);
    if (inline !== null && /^audio\//i.test(text(inline.mimeType)))
      into.push({ type: 'audio', data: text(inline.data) });
    const signature = text(part?.thoughtSignature);
    const call = fields(part?.functionCall);
    if (call === null) {
      if (signature !== '') this.#sign(signature, null, into);
      return;
    }
    const name = text(call.name);
    if (name === '') throw malformed();
    // A signature names its call, which needs an id for that.
    const id = text(call.id) || (signature === '' ? '' : randomUUID());
    const given = call.args;
    const argumentsDelta = typeof given === 'string' ? given : JSON.stringify(given ?? {});
    into.push({
      type: 'tool-call',
      index: this.#calls,
      id,
      name,
      argumentsDelta,
    });
    this.#calls += 1;
    if (signature !== '') this.#sign(signature, id, into);
  }

  #sign(signature: string, toolCallId: string | null, into: ProviderPart[]): void {
    const block = { text: null, signature, redacted: null, toolCallId, provider: this.#kind };
    into.push({ type: 'reasoning-block', block });
  }

  #rate(candidate: Fields, into: ProviderPart[]): void {
    if (candidate.logprobsResult) {
      const tokens = readLogprobs(fields(candidate.logprobsResult));
      if (tokens.length > 0) into.push({ type: 'logprobs', tokens });
    }
    if (candidate.citationMetadata) {
      const { citations, citationSources } = fields(candidate.citationMetadata) ?? {};
      for (const citation of list(citations ?? citationSources)) into.push({ type: 'citation', citation });
    }
    if (candidate.groundingMetadata) {
      const { groundingChunks } = fields(candidate.groundingMetadata) ?? {};
      for (const citation of list(groundingChunks)) into.push({ type: 'citation', citation });
    }
  }
}

/** In the form of chat completions. */
function readLogprobs(result: Fields | null): readonly object[] {
  const top = list(result?.topCandidates);
  return list(result?.chosenCandidates).map((each, at) => ({
    ...toLogprob(fields(each)),
    top_logprobs: list(fields(top[at])?.candidates).map((one) => toLogprob(fields(one))),
  }));
}

function toLogprob(candidate: Fields | null): object {
  const token = text(candidate?.token);
  return { token, logprob: Number(candidate?.logProbability ?? 0), bytes: [...Buffer.from(token)] };
}

function readBlockReason(event: Fields): string {
  const reason = text(fields(event.promptFeedback)?.blockReason);
  return /^BLOCK(?:ED)?_REASON_UNSPECIFIED$/.test(reason) ? '' : reason;
}

/** Gemini's generateContent, at the Gemini API and at Vertex. */
export const geminiWire: Wire = {
  reader: (_, kind) => new GeminiReader(kind),
};
