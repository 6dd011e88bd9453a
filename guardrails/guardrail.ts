import type { ZodType } from 'zod';
import { GuardrailStage } from '#core/graph-enums.generated.ts';
import type { JsonSchemas } from '#core/json-schema/json-schema.ts';
import type { ModeratedContent, ModerationScores } from '#core/moderation-categories.ts';
import type { TextSpan } from '#core/text/text-span.ts';

export type { GuardrailAction, GuardrailMode, GuardrailStage } from '#core/graph-enums.generated.ts';

/**
 * Where a rule looks, the wider stage before its parts. INPUT is everything that goes to an AI model; TOOL_OUTPUT (results of tools) and RETRIEVED
 * (documents, files of text, search results) are the parts of it that others wrote. OUTPUT is everything that comes back;
 * TOOL_INPUT is the part of it that the AI model wrote as arguments of tools.
 */
export const guardrailStages: readonly GuardrailStage[] = Object.values(GuardrailStage);

/** What a text is within a call or an answer. */
export type TextKind =
  | 'message'
  | 'reasoning'
  | 'refusal'
  | 'name'
  | 'tool-name'
  | 'tool-description'
  | 'tool-parameters'
  | 'tool-arguments'
  | 'tool-result'
  | 'schema'
  | 'stop'
  | 'file'
  | 'filename'
  | 'url'
  | 'id'
  | 'option'
  | 'citation'
  | 'transcript'
  | 'provider-block'
  | 'value';

/** One text of a call or of an answer. A value of JSON is one text, as JSON writes it without spaces. */
export interface GuardedText {
  readonly text: string;
  /** JSON: edits have to leave it JSON. */
  readonly format: 'TEXT' | 'JSON';
  readonly kind: TextKind;
  readonly role: 'system' | 'user' | 'assistant' | 'tool' | null;
  readonly stages: readonly GuardrailStage[];
  /** False: it cannot be changed (a name, a signed value, an address). What requires a change there is blocked. */
  readonly isEditable: boolean;
  /** Where the caller's values stand in a text that the mesh has written, which rules of tenants see nothing else of. Absent: they see all of it. */
  readonly tenantSpans?: readonly TextSpan[];
}

/** An image of a call, which is no text. */
export interface CallImage {
  readonly mediaType: string;
  /** Base64; null: it stands at an address, where another one may be the next time. */
  readonly data: string | null;
  readonly stages: readonly GuardrailStage[];
}

/** What a rule has found at a place of one text. */
export interface Finding {
  /** The number of the text among those that the rule was given. */
  readonly text: number;
  /** UTF-16 offsets in that text; `end` is exclusive and greater than `start`. */
  readonly start: number;
  readonly end: number;
  /** In capitals, as placeholders name it: EMAIL, CREDIT_CARD. Matches /^[A-Z][A-Z_]{0,23}$/. */
  readonly kind: string;
  /** What REDACT writes in its place; absent: the kind in brackets. */
  readonly replacement?: string;
}

/** What a rule states. `reason` is for the client and quotes nothing of the text. */
export type RuleResult =
  /** `failed`: it could not look, and its policy lets texts pass then. */
  | { readonly fired: false; readonly failed?: true }
  | {
      readonly fired: true;
      readonly reason: string;
      /** Empty: it concerns the text as a whole, and edits of it are not possible. */
      readonly findings: readonly Finding[];
      /** The value that takes the place of the whole answer, where the rule can repair it. */
      readonly repaired?: string;
    };

export const nothingFound: RuleResult = Object.freeze({ fired: false });

/**
 * A share of the texts of a look, which several threads make together: offsets in all of them one after the other, `end` exclusive. Shares
 * meet within long texts alone, where parts of `findVisibleAndHidden` do.
 */
export type TextShare = TextSpan;

/** What a rule may know of the call beside the texts that it looks at. */
export interface RuleContext {
  readonly tenantId: string | null;
  /** `endUserId` of the call; null: none. */
  readonly endUserId: string | null;
  /** Whether the end user has consented to a purpose, at the beginning of the call. Without an end user there is no consent. Absent: there is none. */
  readonly hasConsent?: (purpose: string) => boolean | Promise<boolean>;
  /** The regions that texts of the call may be processed in; null: all. */
  readonly allowedRegions: readonly string[] | null;
  /** The texts of the call that the rule may see, for rules that compare an answer with them. Read only when needed. */
  readonly callTexts: () => readonly GuardedText[];
  /** For REMOTE rules that look at an answer: the texts of the call that the rule may see, as they were sent to the AI model. Absent: of the input. */
  readonly sentTexts?: () => readonly GuardedText[];
  /** For REMOTE rules: the images of the call in the stages of the rule. Read only when needed. Absent: there are none. */
  readonly callImages?: () => readonly CallImage[];
  /** Aborted when the call ends, or when the time of the rule is over. */
  readonly signal: AbortSignal;
  /** For rules with `isDivisible`: what to find begins there. Absent: anywhere. */
  readonly share?: TextShare;
  /** Milliseconds of work after which a look that depends on a policy's own patterns rejects with WorkTooLong, to be made again in another thread. Absent: it has no bound here. */
  readonly workMsMax?: number;
  /**
   * Calls an AI model of the caller, for REMOTE rules: recorded, priced and limited as an attempt of the call. Rejects where it
   * has no answer in time, or may not be called. Absent: not possible here.
   */
  readonly callModel?: (question: ModelQuestion) => Promise<string>;
  /** Has an AI model for moderation of the caller score texts, an image or a conversation; otherwise as `callModel`. */
  readonly moderate?: (question: ModerationQuestion) => Promise<ModerationScores>;
}

/** A rule with its options, ready to look. Made once per policy version, shared by all calls, without state. */
export interface PreparedRule {
  /**
   * Looks at the texts of one stage. What throws counts as fired where the action protects (a guardrail fails closed).
   * Takes time linear in the length of the texts, and lets other work of the process get its turn every 10 ms.
   */
  check(texts: readonly GuardedText[], context: RuleContext): RuleResult | Promise<RuleResult>;
  /** True: at the stage INPUT it looks at the call as such, also where that has no text. */
  readonly looksAtCalls?: true;
  /** The processor time of a look at a text, in multiples of that of most LOCAL rules: texts are looked at in another thread when they are so many times shorter. Absent: 1. */
  readonly cost?: number;
  /** True: it calls AI models, by `callModel` or `moderate`. */
  readonly callsModels?: true;
  /**
   * For REMOTE rules. Present where equal texts have equal results for a while, which are then remembered: what else of the context the
   * result depends on, '' for nothing; null: this one is not remembered. Absent: it looks each time.
   */
  readonly rememberBy?: (context: RuleContext) => string | null;
  /**
   * Present where the rule can look at a text that still grows: the offset from which the end of `text` may still become
   * part of a finding (text.length: nothing can). What stands before is final, with what `check` states of it. Never
   * more than 200 characters before the end; less with the call's context, where it shows that nothing can be found. Absent: the rule looks at whole answers.
   */
  readonly holdFrom?: (text: string, context?: RuleContext) => number;
}

/**
 * A kind of guardrail. Deliberately absent: policies, tenants, the database, providers. What a rule needs from outside
 * (HTTP, a thread) it receives in `services`, or of a call (an AI model) in its context.
 */
export interface Rule {
  /** As policies name it. */
  readonly name: string;
  /** One sentence for docs/guardrails.md and the Explorer. */
  readonly summary: string;
  /** Validates the options of a policy; its defaults are the defaults of the rule. */
  readonly options: ZodType;
  /** Where it may be used. */
  readonly stages: readonly GuardrailStage[];
  /** True: findings have places, so that MASK and REDACT are possible. */
  readonly hasSpans: boolean;
  /** LOCAL rules run first, in this process; REMOTE ones (AI models, webhooks) see the texts as those have edited them. */
  readonly reach: 'LOCAL' | 'REMOTE';
  /**
   * What a look depends on, beside the options and its texts: the texts of the call; or services, the caller or consent. Absent: nothing else. LOCAL
   * rules that need no services look at long texts in another thread, where they are prepared with the same options.
   */
  readonly needs?: 'CALL_TEXTS' | 'SERVICES';
  /**
   * True: what it finds at a place depends on the texts around that place alone, and its findings are in their order, so that several threads can look
   * for a share of them each. Results of shares, one after the other, are the result of the whole.
   */
  readonly isDivisible?: true;
  /** Loads the modules that only this rule uses, so that no call does. What throws is thrown again when the rule looks. */
  readonly load?: () => Promise<unknown>;
  /**
   * The options that are secrets. They are write-only: sealed at rest, for the policy, the rule and the URL of `readEndpoint`, and shown nowhere. A rule that has some
   * looks at whole answers.
   */
  readonly secretOptions?: readonly string[];
  /** Of REMOTE rules with secret options, before these are opened: equal texts have equal results for a while, whatever else the context is. */
  readonly isRemembered?: true;
  /** Where its options have texts sent, also of options without their secrets. Absent: they stay in this process, or go to AI models. */
  readonly readEndpoint?: (options: unknown) => RuleEndpoint;
  /** Throws a ZodError over options that it does not know. */
  prepare(options: unknown, services: RuleServices): PreparedRule;
}

/** An address that a rule sends texts to. */
export interface RuleEndpoint {
  readonly url: string;
  /** Where texts are processed there; null: not stated, so that no text of a tenant with regions is sent. */
  readonly region: string | null;
}

/** A rule whose options are validated before it is prepared with them. */
export function defineRule<Options>(
  rule: Omit<Rule, 'options' | 'prepare'> & {
    readonly options: ZodType<Options>;
    readonly prepare: (options: Options, services: RuleServices) => PreparedRule;
  },
): Rule {
  return { ...rule, prepare: (options, services) => rule.prepare(rule.options.parse(options), services) };
}

/** What rules receive from outside. */
export interface RuleServices {
  /** Threads for looks at long texts. Absent: all looks are made in this thread. */
  readonly threads?: { wrap(rule: Rule, options: unknown, prepared: PreparedRule): PreparedRule };
  /** Checks texts with JSON Schemas, in a thread of its own. Absent: not possible here. */
  readonly jsonSchemas?: Pick<JsonSchemas, 'check'>;
  /**
   * Posts JSON to an address that a policy of the mesh names; resolves to the text of an answer with status 200. It follows no redirect, and is bounded in
   * time, bytes and requests at the same time. Rejects where the regions of the call or the rules of egress refuse it. Absent: not possible here.
   */
  readonly post?: (request: RulePost, context: Pick<RuleContext, PostContext>) => Promise<string>;
  /** The same for policies of tenants: what is inside the operator's network must be named to be called. Absent: as here. */
  readonly ofTenants?: RuleServices;
}

type PostContext = 'tenantId' | 'allowedRegions' | 'signal';

/** A request of a rule to an address that its policy names. */
export interface RulePost extends RuleEndpoint {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
  /** Of all of it, a second attempt included. */
  readonly timeoutMs: number;
}

/** A question of a rule to an AI model. */
export interface ModelQuestion extends CalledModel {
  /** Empty: the question has no system message. */
  readonly system: string;
  readonly user: string;
  readonly maxOutputTokens: number;
}

/** What a rule has an AI model for moderation classify. */
export type ModerationQuestion = CalledModel & ModeratedContent;

interface CalledModel {
  /** The AI model or route, as callers of the policy's owner name it. */
  readonly model: string;
  /** How long the answer may take in all, in milliseconds. */
  readonly timeoutMs: number;
}
