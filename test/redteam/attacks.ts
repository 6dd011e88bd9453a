import { agency } from './attacks/agency.ts';
import { consumption } from './attacks/consumption.ts';
import { disclosure } from './attacks/disclosure.ts';
import { injection } from './attacks/injection.ts';
import { misinformation } from './attacks/misinformation.ts';
import { outputHandling } from './attacks/output-handling.ts';
import { poisoning } from './attacks/poisoning.ts';
import { promptLeak } from './attacks/prompt-leak.ts';
import { supplyChain } from './attacks/supply-chain.ts';
import { vectors } from './attacks/vectors.ts';
import type { AttackCategory } from './attempt.ts';

/** The OWASP Top 10 for LLM Applications 2025, in its order: https://genai.owasp.org/llm-top-10/ */
export const attackCategories: readonly AttackCategory[] = [
  injection,
  disclosure,
  supplyChain,
  poisoning,
  outputHandling,
  agency,
  promptLeak,
  vectors,
  misinformation,
  consumption,
];
