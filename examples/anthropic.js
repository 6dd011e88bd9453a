/**
 * A streamed answer by Anthropic's SDK. Beside a program for Anthropic, the base URL, the key and the name of the model differ.
 *   npm install @anthropic-ai/sdk
 *   HEDDLE_KEY=hd_… node examples/anthropic.js "How does a loom work?"
 */
import Anthropic from '@anthropic-ai/sdk';

const url = process.env.HEDDLE_URL ?? 'http://127.0.0.1:4000';
const anthropic = new Anthropic({ baseURL: url, apiKey: process.env.HEDDLE_KEY });

try {
  const stream = anthropic.messages.stream({
    model: process.env.MODEL ?? 'demo/echo',
    max_tokens: 1000,
    messages: [{ role: 'user', content: process.argv[2] ?? 'Hello, loom' }],
  });
  stream.on('text', (text) => process.stdout.write(text));
  const { usage } = await stream.finalMessage();
  console.error(`\n${usage.input_tokens} + ${usage.output_tokens} tokens`);
} catch (error) {
  if (!(error instanceof Anthropic.APIError)) throw error;
  // The code of Heddle's catalog is stable, the message is for people: docs/limits-and-errors.md.
  const answered = error.error?.error;
  const cause = error.cause?.cause?.code ?? error.cause?.message ?? error.message;
  console.error(
    answered === undefined
      ? `${url} cannot be reached: ${cause}`
      : `${answered.heddle_code}: ${answered.message}`,
  );
  process.exit(1);
}
