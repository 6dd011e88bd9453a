import type { VendorModel } from '../vendor.ts';

function demoChat(name: string, description: string): VendorModel {
  return {
    name,
    description,
    capabilities: ['CHAT', 'STREAMING', 'TOOLS', 'STRUCTURED_OUTPUT'],
    inputModalities: ['TEXT', 'IMAGE'],
    outputModalities: ['TEXT'],
    contextTokens: 1_000_000,
    maxOutputTokens: 1_000_000,
  };
}

/** The models of the demo; the graph id of one is `demo/<name>`, its price is zero. */
export const demoModels: readonly VendorModel[] = [
  demoChat('echo', 'A demo, no AI: answers with the last user message, streamed word by word.'),
  demoChat('slow', 'A demo, no AI: as echo, 50 ms before each word.'),
  demoChat('flaky', 'A demo, no AI: fails on every odd attempt of the same input, echoes on every even one.'),
  demoChat('cut', 'A demo, no AI: streams half of the words, then fails.'),
  demoChat(
    'tools',
    'A demo, no AI: calls the first of its tools once; as echo without tools, and after the result.',
  ),
  demoChat('down', 'A demo, no AI: always fails; for trying fallback.'),
  {
    name: 'embed',
    description: 'A demo, no AI: deterministic unit vectors, close to each other for texts that share words.',
    capabilities: ['EMBEDDINGS'],
    inputModalities: ['TEXT'],
    outputModalities: ['EMBEDDING'],
    contextTokens: 8192,
    maxOutputTokens: null,
  },
];
