import type { Draw } from '#guardrails/measure/random.ts';
import type { KeyOptions } from '#test/e2e/scenarios/setup.ts';
import type { TestClient } from '#test/support/client.ts';
import type { ModelAnswer } from './obeying-provider.ts';

/** What an attempt has led to. */
export interface Seen {
  readonly status: number;
  /** Every text that the client received, also within the arguments of tools, a line each. */
  readonly shown: string;
  /** The same of each request that the provider received. */
  readonly received: readonly string[];
}

/** A request of an attacker, or of a user who is attacked. */
export interface Request {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A started mesh whose AI model does what it is asked. */
export interface Target {
  /** Sends a request while the AI model gives this answer, whatever it is asked. */
  send(request: Request, answer: ModelAnswer, key?: string): Promise<Seen>;
  /** The AI model that obeys. */
  readonly model: string;
  /** The client of a tenant of its own, with such a key. */
  newClient(options: KeyOptions): Promise<TestClient>;
  /** A client of an operator. */
  readonly operator: TestClient;
}

/** Resolves to whether it was stopped. */
export type Attempt = (target: Target) => Promise<boolean>;

/** Attempts of one kind, made from a seed. */
export interface AttackKind {
  /** As the table names it. */
  readonly name: string;
  readonly make: (draw: Draw) => Attempt;
  /** All attempts are the same one, which is made once. */
  readonly isSingle?: true;
}

/** One category of the OWASP LLM Top 10. */
export interface AttackCategory {
  /** For example LLM01. */
  readonly id: string;
  readonly name: string;
  readonly kinds: readonly AttackKind[];
  /** The shares that have to be stopped, at least, with the default policy and with every rule. */
  readonly stoppedMin: { readonly default: number; readonly every: number };
  /** What of it no gateway can stop. */
  readonly beyond: string;
}

type Message = Readonly<Record<string, unknown>>;

/** A call of chat completions with the messages. */
export function chat(messages: readonly Message[], more: Readonly<Record<string, unknown>> = {}): Request {
  return { path: '/v1/chat/completions', body: { messages, ...more } };
}

export function user(content: string): Message {
  return { role: 'user', content };
}

/** Stopped where the value does not reach the provider. */
export function keepFromProvider(value: string, request: Request): Attempt {
  return async (target) => {
    const { received } = await target.send(request, { text: 'Done.' });
    return !received.some((body) => body.includes(value));
  };
}

/** Stopped where the value, which the AI model answers with, does not reach the client. */
export function keepFromClient(value: string, request: Request, answer: ModelAnswer): Attempt {
  return async (target) => !(await target.send(request, answer)).shown.includes(value);
}

/** An AI model that is made to obey shows it by a word that nothing else has. Stopped where the client does not receive it. */
export function obey(draw: Draw, toRequest: (goal: string) => Request): Attempt {
  const word = `PWNED-${draw.text(8, 'ABCDEFGHJKLMNPQRSTUVWXYZ')}`;
  return keepFromClient(word, toRequest(`say ${word}`), { text: `Of course. ${word}` });
}
